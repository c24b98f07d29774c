# SPDX-License-Identifier: Apache-2.0
"""The AWS CLI, as Debian packages it."""

import json
import urllib.request

import pytest

from clients import files, s3, tools

pytestmark = pytest.mark.client


class Aws:
    """The aws program with settings of its own."""

    def __init__(self, server, home):
        self.program = tools.debian("aws")
        self.server = server
        config = home / "aws-config"
        config.write_text(
            "[default]\ns3 =\n  addressing_style = path\n  signature_version = s3v4\n"
            "  multipart_threshold = 16MB\n  multipart_chunksize = 8MB\n")
        self.env = tools.environment(home, **tools.credentials(server),
                                     AWS_CONFIG_FILE=str(config), AWS_PAGER="",
                                     AWS_MAX_ATTEMPTS="1")

    def __call__(self, *args, **how):
        return tools.run([self.program, "--endpoint-url", self.server.endpoint, *args],
                         env=self.env, **how)

    def json(self, *args):
        return json.loads(self("s3api", *args, "--output", "json") or b"{}")


@pytest.fixture
def aws(server, tmp_path):
    return Aws(server, tmp_path)


def test_whole_life(aws, bucket_name, big_file, tmp_path):
    at, down = f"s3://{bucket_name}", tmp_path / "down"
    aws("s3", "mb", at)
    assert bucket_name in aws("s3", "ls").decode()
    aws("s3", "cp", "--only-show-errors", big_file.path, f"{at}/dir/big file.bin")

    assert f"{len(big_file.data)} dir/big file.bin" in aws("s3", "ls", "--recursive", at).decode()
    assert "PRE dir/" in aws("s3", "ls", at).decode()
    head = aws.json("head-object", "--bucket", bucket_name, "--key", "dir/big file.bin")
    assert head["ContentLength"] == len(big_file.data)

    aws("s3", "cp", "--only-show-errors", f"{at}/dir/big file.bin", down)
    assert big_file.equals(down)
    aws.json("get-object", "--bucket", bucket_name, "--key", "dir/big file.bin", "--range",
             "bytes=9999990-20000009", down)
    assert down.read_bytes() == big_file.data[9999990:20000010]

    aws("s3", "cp", "--only-show-errors", f"{at}/dir/big file.bin", f"{at}/copied in parts")
    aws("s3", "mv", "--only-show-errors", f"{at}/copied in parts", f"{at}/moved")
    aws("s3", "rm", "--only-show-errors", f"{at}/dir/big file.bin")
    assert [o["Key"] for o in aws.json("list-objects-v2", "--bucket", bucket_name)["Contents"]] \
        == ["moved"]
    aws("s3", "cp", "--only-show-errors", f"{at}/moved", down)
    assert big_file.equals(down)

    aws("s3", "rm", "--only-show-errors", "--recursive", at)
    aws("s3", "rb", at)
    assert bucket_name not in aws("s3", "ls").decode()


def test_standard_input_and_output(aws, bucket, big_file):
    aws("s3", "cp", "--only-show-errors", "-", f"s3://{bucket}/piped", stdin=big_file.data)
    assert aws("s3", "cp", f"s3://{bucket}/piped", "-") == big_file.data


def test_sync_of_awkward_names(aws, client, bucket, tmp_path):
    """Up and down again: nothing is lost, renamed or sent twice."""
    names = files.names()
    files.plant(tmp_path / "up", names)
    aws("s3", "sync", "--only-show-errors", tmp_path / "up", f"s3://{bucket}")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == sorted(names, key=str.encode)
    assert aws("s3", "sync", tmp_path / "up", f"s3://{bucket}") == b""
    aws("s3", "sync", "--only-show-errors", f"s3://{bucket}", tmp_path / "down")
    assert files.found(tmp_path / "down") == {n: files.content(n) for n in names}
    (tmp_path / "nothing").mkdir()
    aws("s3", "sync", "--only-show-errors", "--delete", tmp_path / "nothing", f"s3://{bucket}")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []


def test_awkward_keys_one_by_one(aws, client, bucket, tmp_path):
    """Keys that no file can have; a few, for each takes a second of the CLI's start."""
    for key in ("a//b", "../x", ".", " ", "a/", "a\nb", "\x01"):
        (tmp_path / "f").write_bytes(files.content(key))
        aws.json("put-object", "--bucket", bucket, "--key", key, "--body", tmp_path / "f")
        assert s3.read(client, bucket, key) == files.content(key)


def test_presigned_url(aws, client, bucket):
    s3.put(client, bucket, "a b", body=b"presigned")
    url = aws("s3", "presign", f"s3://{bucket}/a b").decode().strip()
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.read() == b"presigned"
