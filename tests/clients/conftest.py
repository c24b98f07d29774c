# SPDX-License-Identifier: Apache-2.0
"""What the client tests share: a boto3 client, a bucket of one's own, a big file."""

import contextlib
import hashlib
import random
import sys

import pytest

from clients import access, s3
from lib import coffer

# The Python client as it stands in this tree, and what its own tests are made of.
sys.path[:0] = [str(access.PYTHON_CLIENT / "src"), str(access.PYTHON_CLIENT / "tests")]

# Seven parts of 10 MiB and a bit: over 64 MiB, and no multiple of anything that clients use.
BIG_SIZE = 70 * 1024 * 1024 + 12345


class BigFile:
    """A file of incompressible bytes, the same in every run."""

    def __init__(self, path):
        self.path = path
        self.data = random.Random(2).randbytes(BIG_SIZE)
        self.sha256 = hashlib.sha256(self.data).hexdigest()
        path.write_bytes(self.data)

    def equals(self, path):
        """Whether the file there has the same bytes."""
        return path.stat().st_size == BIG_SIZE and path.read_bytes() == self.data


@pytest.fixture(scope="session")
def big_file(tmp_path_factory):
    return BigFile(tmp_path_factory.mktemp("big") / "big.bin")


@pytest.fixture(scope="session")
def client(server):
    return s3.client(server)


def _empty(client, bucket):
    for upload in client.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
        client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"],
                                      UploadId=upload["UploadId"])
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            client.delete_object(Bucket=bucket, Key=entry["Key"])
    client.delete_bucket(Bucket=bucket)


@pytest.fixture
def bucket(client, bucket_name):
    """A new bucket. A server that is not ours gets it cleaned away as far as it lets us."""
    client.create_bucket(Bucket=bucket_name)
    yield bucket_name
    if coffer.is_external():
        with contextlib.suppress(Exception):
            _empty(client, bucket_name)


@pytest.fixture
def rest(server):
    """Access to the shared server by the REST dialect; tests keep apart by its prefix."""
    return access.of(server)
