# SPDX-License-Identifier: Apache-2.0
"""MinIO's Python SDK lives its whole life; run by an interpreter that has it.

What to do it with stands in the environment; the first thing that is not as it should be raises.
"""

import io
import json
import os
import pathlib
import tempfile
import urllib.request

import minio
from minio.commonconfig import ComposeSource, CopySource
from minio.deleteobjects import DeleteObject
from minio.error import S3Error

PART = 8 * 1024 * 1024
KEY = "dir/big file.bin"


def connect():
    return minio.Minio(endpoint=os.environ["LIFE_HOST"], access_key=os.environ["LIFE_ACCESS_KEY"],
                       secret_key=os.environ["LIFE_SECRET_KEY"], secure=False)


class Life:
    def __init__(self):
        self.client = connect()
        self.bucket = os.environ["LIFE_BUCKET"]
        self.big = pathlib.Path(os.environ["LIFE_FILE"]).read_bytes()

    def call(self, name, *args, **how):
        """Older and newer releases both take these by name."""
        names = ("bucket_name", "object_name")
        return getattr(self.client, name)(**dict(zip(names, (self.bucket, *args))), **how)

    def get(self, key, **how):
        answer = self.call("get_object", key, **how)
        try:
            return answer.read()
        finally:
            answer.close()
            answer.release_conn()

    def keys(self, **how):
        listed = self.call("list_objects", recursive=True, **how)
        return [entry.object_name for entry in listed]

    def whole(self):
        self.call("make_bucket")
        assert self.call("bucket_exists")
        self.call("fput_object", KEY, file_path=os.environ["LIFE_FILE"], part_size=PART,
                  content_type="application/x-big", metadata={"Origin": "life"})
        assert self.keys(prefix="dir/") == [KEY]
        assert self.keys(prefix="dir/", use_api_v1=True) == [KEY]
        stat = self.call("stat_object", KEY)
        assert (stat.size, stat.content_type) == (len(self.big), "application/x-big")
        assert stat.metadata["x-amz-meta-origin"] == "life"

    def fetch(self):
        with tempfile.TemporaryDirectory() as where:
            self.call("fget_object", KEY, file_path=os.path.join(where, "down"))
            assert pathlib.Path(where, "down").read_bytes() == self.big
        assert self.get(KEY, offset=PART - 5, length=2 * PART) == self.big[PART - 5:3 * PART - 5]

    def copies(self):
        source = {"bucket_name": self.bucket, "object_name": KEY}
        self.call("copy_object", "copied", source=CopySource(**source))
        assert self.get("copied") == self.big
        self.call("compose_object", "composed",
                  sources=[ComposeSource(**source, offset=0, length=PART),
                           ComposeSource(**source)])
        assert self.get("composed") == self.big[:PART] + self.big

    def streams(self):
        self.call("put_object", "streamed", data=io.BytesIO(self.big), length=-1, part_size=PART)
        assert self.get("streamed") == self.big
        url = self.call("presigned_get_object", "streamed")
        with urllib.request.urlopen(url, timeout=60) as answer:
            assert answer.read() == self.big

    def mistakes(self):
        try:
            self.get("missing")
        except S3Error as error:
            assert error.code == "NoSuchKey", error
        else:
            raise AssertionError("a missing key was got")

    def remove(self):
        self.call("remove_object", KEY)
        left = [DeleteObject(key) for key in self.keys()]
        errors = list(self.call("remove_objects", delete_object_list=left))
        assert not errors, errors
        assert self.keys() == []

    def awkward(self):
        keys = json.loads(pathlib.Path(os.environ["LIFE_KEYS"]).read_text())
        for key in keys:
            self.call("put_object", key, data=io.BytesIO(key.encode()), length=len(key.encode()))
        assert self.keys() == sorted(keys, key=str.encode)
        for key in keys:
            assert self.get(key) == key.encode(), key
            self.call("remove_object", key)
        assert self.keys() == []
        self.call("remove_bucket")


def main():
    life = Life()
    for step in (life.whole, life.fetch, life.copies, life.streams, life.mistakes, life.remove,
                 life.awkward):
        step()
        print(step.__name__, flush=True)


main()
