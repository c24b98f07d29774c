# SPDX-License-Identifier: Apache-2.0
"""rclone, as Debian packages it: metadata of its own, MD5 sums, directories."""

import json

import pytest

from clients import files, s3, tools

pytestmark = pytest.mark.client


class Rclone:
    def __init__(self, server, home):
        self.program = tools.debian("rclone")
        config = home / "rclone.conf"
        config.write_text(
            f"[c]\ntype = s3\nprovider = Other\nendpoint = {server.endpoint}\n"
            f"access_key_id = {server.access_key}\nsecret_access_key = {server.secret_key}\n"
            f"region = {server.region}\nforce_path_style = true\nchunk_size = 8Mi\n"
            "upload_cutoff = 16Mi\nlist_url_encode = true\n")
        # Without the last, rclone takes two names for one when they look the same.
        self.env = tools.environment(home, RCLONE_CONFIG=str(config), RCLONE_LOW_LEVEL_RETRIES="1",
                                     RCLONE_RETRIES="1", RCLONE_NO_UNICODE_NORMALIZATION="true")

    def __call__(self, *args, **how):
        return tools.run([self.program, *args], env=self.env, **how)


@pytest.fixture
def rclone(server, tmp_path):
    return Rclone(server, tmp_path)


def test_whole_life(rclone, bucket_name, big_file, tmp_path):
    at, down = f"c:{bucket_name}", tmp_path / "down"
    rclone("mkdir", at)
    assert bucket_name in rclone("lsd", "c:").decode()
    rclone("copyto", big_file.path, f"{at}/dir/big file.bin")

    listed, = json.loads(rclone("lsjson", "--recursive", "--files-only", "--hash", at))
    assert (listed["Path"], listed["Size"]) == ("dir/big file.bin", len(big_file.data))
    # The MD5 of a multipart object, and the time of the file, are in metadata of rclone's own.
    assert listed["Hashes"]["md5"] == rclone("md5sum", big_file.path).decode().split()[0]
    size = json.loads(rclone("size", "--json", at))
    assert (size["count"], size["bytes"]) == (1, len(big_file.data))

    rclone("copyto", f"{at}/dir/big file.bin", down)
    assert big_file.equals(down)
    assert int(down.stat().st_mtime) == int(big_file.path.stat().st_mtime)
    part = rclone("cat", "--offset", "9999990", "--count", "10000020", f"{at}/dir/big file.bin")
    assert part == big_file.data[9999990:20000010]

    rclone("copyto", f"{at}/dir/big file.bin", f"{at}/copied")
    rclone("moveto", f"{at}/copied", f"{at}/moved")
    rclone("deletefile", f"{at}/dir/big file.bin")
    rclone("copyto", f"{at}/moved", down)
    assert big_file.equals(down)

    rclone("delete", at)
    rclone("rmdir", at)
    assert bucket_name not in rclone("lsd", "c:").decode()


def test_stream_of_unknown_length(rclone, bucket, big_file):
    rclone("rcat", f"c:{bucket}/piped", stdin=big_file.data)
    assert rclone("cat", f"c:{bucket}/piped") == big_file.data


def test_purge_removes_the_bucket(rclone, client, bucket):
    s3.put(client, bucket, "a", "b/c", "b/d")
    rclone("purge", f"c:{bucket}")
    with s3.refused("404", 404):
        client.head_bucket(Bucket=bucket)


def test_sync_of_awkward_names(rclone, client, bucket, tmp_path):
    names = files.names()
    files.plant(tmp_path / "up", names)
    rclone("sync", tmp_path / "up", f"c:{bucket}")
    rclone("check", "--download", tmp_path / "up", f"c:{bucket}")
    assert len(s3.keys(client.list_objects_v2(Bucket=bucket))) == len(names)
    rclone("sync", f"c:{bucket}", tmp_path / "down")
    assert files.found(tmp_path / "down") == {n: files.content(n) for n in names}
    # A second run finds nothing to do: sizes, times and sums all came back.
    assert rclone("sync", "--dry-run", tmp_path / "up", f"c:{bucket}") == b""
    rclone("delete", f"c:{bucket}")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []


def test_keys_of_others_come_down(rclone, client, bucket, tmp_path):
    """What another client stored under plain names, rclone finds there."""
    names = ["a b", "c+d", "e%20f", "g&h", "\u20ac/\U0001f5dd", "i#j", "k?l"]
    for name in names:
        s3.put(client, bucket, name, body=files.content(name))
    rclone("copy", f"c:{bucket}", tmp_path / "down")
    assert files.found(tmp_path / "down") == {n: files.content(n) for n in names}
