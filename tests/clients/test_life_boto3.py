# SPDX-License-Identifier: Apache-2.0
"""boto3's managed transfers: a file's whole life, in parts and in parallel."""

import boto3
import boto3.s3.transfer
import pytest

from clients import s3

pytestmark = pytest.mark.client

IN_PARTS = boto3.s3.transfer.TransferConfig(multipart_threshold=16 * s3.MIB,
                                            multipart_chunksize=8 * s3.MIB, max_concurrency=4)


def test_whole_life(client, bucket_name, big_file, tmp_path):
    client.create_bucket(Bucket=bucket_name)
    client.upload_file(str(big_file.path), bucket_name, "dir/big file.bin", Config=IN_PARTS,
                       ExtraArgs={"Metadata": {"sha256": big_file.sha256},
                                  "ContentType": "application/x-big"})

    listed, = client.list_objects_v2(Bucket=bucket_name, Prefix="dir/")["Contents"]
    assert (listed["Key"], listed["Size"]) == ("dir/big file.bin", len(big_file.data))
    head = client.head_object(Bucket=bucket_name, Key="dir/big file.bin")
    assert (head["ContentLength"], head["ContentType"], head["Metadata"]) == (
        len(big_file.data), "application/x-big", {"sha256": big_file.sha256})
    assert head["ETag"].endswith('-9"')

    whole, part = tmp_path / "whole", (20 * s3.MIB - 5, 30 * s3.MIB + 5)
    client.download_file(bucket_name, "dir/big file.bin", str(whole), Config=IN_PARTS)
    assert big_file.equals(whole)
    got = s3.read(client, bucket_name, "dir/big file.bin", Range=f"bytes={part[0]}-{part[1]}")
    assert got == big_file.data[part[0]:part[1] + 1]

    source = {"Bucket": bucket_name, "Key": "dir/big file.bin"}
    client.copy(source, bucket_name, "copied in parts", Config=IN_PARTS)
    client.copy_object(Bucket=bucket_name, Key="copied whole", CopySource=source)
    client.delete_object(**source)
    for key in ("copied in parts", "copied whole"):
        assert s3.read(client, bucket_name, key) == big_file.data
    assert client.head_object(Bucket=bucket_name, Key="copied whole")["Metadata"] == {
        "sha256": big_file.sha256}

    client.delete_objects(Bucket=bucket_name, Delete={"Objects": [
        {"Key": "copied in parts"}, {"Key": "copied whole"}]})
    assert s3.keys(client.list_objects_v2(Bucket=bucket_name)) == []
    client.delete_bucket(Bucket=bucket_name)


def test_streams_of_unknown_length(client, bucket, big_file):
    """upload_fileobj reads from something that has no length and cannot seek."""
    class Pipe:
        def __init__(self):
            self.at = 0

        def read(self, size=-1):
            start, self.at = self.at, self.at + (size if size >= 0 else len(big_file.data))
            return big_file.data[start:self.at]

    client.upload_fileobj(Pipe(), bucket, "k", Config=IN_PARTS)
    assert s3.read(client, bucket, "k") == big_file.data


def test_resource_interface(server, bucket, client):
    resource = boto3.resource(
        "s3", endpoint_url=server.endpoint, aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key, region_name=server.region)
    made = resource.Bucket(bucket)
    for i in range(5):
        made.put_object(Key=f"k/{i}", Body=b"x")
    assert [o.key for o in made.objects.filter(Prefix="k/")] == [f"k/{i}" for i in range(5)]
    made.objects.all().delete()
    assert list(made.objects.all()) == []
    assert made.creation_date is not None


def test_waiters(client, bucket):
    client.get_waiter("bucket_exists").wait(Bucket=bucket)
    s3.put(client, bucket, "k")
    client.get_waiter("object_exists").wait(Bucket=bucket, Key="k")
    client.delete_object(Bucket=bucket, Key="k")
    client.get_waiter("object_not_exists").wait(Bucket=bucket, Key="k")
