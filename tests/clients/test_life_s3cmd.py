# SPDX-License-Identifier: Apache-2.0
"""s3cmd, as Debian packages it: lists with version 1 and compares MD5 sums."""

import re

import pytest

from clients import files, keys, s3, tools

pytestmark = pytest.mark.client


class S3cmd:
    def __init__(self, server, home):
        self.program = tools.debian("s3cmd")
        self.config = home / "s3cfg"
        self.config.write_text(
            f"[default]\naccess_key = {server.access_key}\nsecret_key = {server.secret_key}\n"
            f"host_base = {server.netloc}\nhost_bucket = {server.netloc}\nuse_https = False\n"
            f"bucket_location = {server.region}\nsignature_v2 = False\nmax_retries = 1\n"
            "multipart_chunk_size_mb = 8\n")
        self.env = tools.environment(home)

    def __call__(self, *args):
        return tools.run([self.program, "--config", self.config, "--no-progress", *args],
                         env=self.env).decode()


@pytest.fixture
def s3cmd(server, tmp_path):
    return S3cmd(server, tmp_path)


def test_whole_life(s3cmd, bucket_name, big_file, tmp_path):
    at, down = f"s3://{bucket_name}", tmp_path / "down"
    s3cmd("mb", at)
    assert at in s3cmd("ls")
    s3cmd("put", big_file.path, f"{at}/dir/big file.bin")

    assert re.search(rf"{len(big_file.data)} +{at}/dir/big file\.bin", s3cmd("ls", "-r", at))
    assert f"DIR  {at}/dir/" in s3cmd("ls", at)
    info = s3cmd("info", f"{at}/dir/big file.bin")
    assert f"File size: {len(big_file.data)}" in info
    assert str(len(big_file.data)) in s3cmd("du", at)

    s3cmd("get", f"{at}/dir/big file.bin", down)
    assert big_file.equals(down)
    # A range: s3cmd asks for the rest of a file of which it has the beginning.
    down.write_bytes(big_file.data[:30_000_000])
    s3cmd("get", "--continue", f"{at}/dir/big file.bin", down)
    assert big_file.equals(down)

    s3cmd("cp", f"{at}/dir/big file.bin", f"{at}/copied")
    s3cmd("mv", f"{at}/copied", f"{at}/moved")
    s3cmd("del", f"{at}/dir/big file.bin")
    s3cmd("get", "--force", f"{at}/moved", down)
    assert big_file.equals(down)

    s3cmd("del", "--recursive", "--force", at)
    assert s3cmd("ls", "-r", at) == ""
    s3cmd("rb", at)
    assert at not in s3cmd("ls")


def test_info_of_a_bucket(s3cmd, bucket):
    assert f"s3://{bucket}/ (bucket)" in s3cmd("info", f"s3://{bucket}")


def test_metadata_is_modified_in_place(s3cmd, client, bucket, tmp_path):
    (tmp_path / "f").write_bytes(b"content")
    s3cmd("put", "--add-header=x-amz-meta-a: 1", tmp_path / "f", f"s3://{bucket}/k")
    s3cmd("modify", "--add-header=Cache-Control: max-age=9", f"s3://{bucket}/k")
    got = client.get_object(Bucket=bucket, Key="k")
    assert (got["Body"].read(), got["Metadata"]["a"], got["CacheControl"]) == (
        b"content", "1", "max-age=9")


def test_abandoned_upload_is_listed_and_aborted(s3cmd, client, bucket):
    upload = s3.begin(client, bucket, "abandoned")
    assert upload in s3cmd("multipart", f"s3://{bucket}")
    s3cmd("abortmp", f"s3://{bucket}/abandoned", upload)
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)


def test_sync_of_awkward_names(s3cmd, client, bucket, tmp_path):
    # s3cmd itself replaces control characters, and takes names of blanks for no names.
    names = files.names(lambda k: k.strip() and k not in keys.NOT_XML + keys.LINES
                        + keys.CONTROL_IN_XML)
    files.plant(tmp_path / "up", names)
    s3cmd("sync", f"{tmp_path}/up/", f"s3://{bucket}/")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == sorted(names, key=str.encode)
    (tmp_path / "down").mkdir()
    s3cmd("sync", f"s3://{bucket}/", f"{tmp_path}/down/")
    assert files.found(tmp_path / "down") == {n: files.content(n) for n in names}
    s3cmd("del", "--recursive", "--force", f"s3://{bucket}/")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []
