# SPDX-License-Identifier: Apache-2.0
"""Every awkward key through every operation that names a key."""

import urllib.parse
import urllib.request

import pytest

from clients import keys, s3
from lib import rawhttp

pytestmark = pytest.mark.functional

AWKWARD = pytest.mark.parametrize("key", keys.ALL, ids=keys.name)


@AWKWARD
def test_key_lives(client, bucket, key):
    """Put, head, get, list both ways, copy from and to it, delete: it, and only it."""
    body = key.encode()
    client.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"n": "1"})
    client.put_object(Bucket=bucket, Key="zebra", Body=b"zebra")
    assert client.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(body)
    assert s3.read(client, bucket, key) == body
    expected = sorted({key, "zebra"}, key=str.encode)
    for listing in (client.list_objects, client.list_objects_v2):
        assert s3.keys(listing(Bucket=bucket)) == expected
        assert s3.keys(listing(Bucket=bucket, Prefix=key)) == [key]
    client.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    client.delete_object(Bucket=bucket, Key=key)
    with s3.refused("404", 404):
        client.head_object(Bucket=bucket, Key=key)
    client.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": "copy"})
    assert s3.read(client, bucket, key) == body
    assert s3.read(client, bucket, "zebra") == b"zebra"


@AWKWARD
def test_key_of_a_multipart_upload(client, bucket, key):
    """Every answer on the way is well-formed XML, or boto3 could not go on."""
    upload = s3.begin(client, bucket, key)
    part = s3.upload_part(client, bucket, key, upload, 1, b"part")
    listed = client.list_multipart_uploads(Bucket=bucket, EncodingType="url")["Uploads"]
    assert [urllib.parse.unquote_plus(u["Key"]) for u in listed] == [key]
    assert len(client.list_parts(Bucket=bucket, Key=key, UploadId=upload)["Parts"]) == 1
    s3.complete(client, bucket, key, upload, [part])
    assert s3.read(client, bucket, key) == b"part"


@pytest.mark.parametrize("key", keys.IN_XML, ids=keys.name)
def test_key_in_listings_of_uploads_and_parts(client, bucket, key):
    """Without encoding-type: what XML can hold comes back exactly, carriage returns too."""
    upload = s3.begin(client, bucket, key)
    assert client.list_multipart_uploads(Bucket=bucket)["Uploads"][0]["Key"] == key
    assert client.list_parts(Bucket=bucket, Key=key, UploadId=upload)["Key"] == key
    client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)


@pytest.mark.parametrize("key", keys.IN_XML, ids=keys.name)
def test_key_in_delete_objects(client, bucket, key):
    s3.put(client, bucket, key, "zebra")
    answer = client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
    assert answer.get("Errors", []) == []
    # XML folds carriage returns, unless they are written as references.
    assert [d["Key"] for d in answer["Deleted"]] == [key]
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == ["zebra"]


@AWKWARD
def test_key_in_a_presigned_url(server, client, bucket, key):
    s3.put(client, bucket, key, body=b"presigned")
    url = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key})
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.read() == b"presigned"


def test_all_keys_side_by_side_are_listed_in_byte_order(client, bucket):
    names = sorted(set(keys.ALL), key=str.encode)
    for key in names:
        s3.put(client, bucket, key, body=key.encode())
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 7})
    assert [key for page in pages for key in s3.keys(page)] == names
    pages = client.get_paginator("list_objects").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 7})
    assert [key for page in pages for key in s3.keys(page)] == names
    for key in names:
        assert s3.read(client, bucket, key) == key.encode()


def test_plain_listing_of_xml_keys_needs_no_encoding(server, client, bucket):
    """Without encoding-type the answer is still well-formed and tells these keys exactly."""
    names = sorted(set(keys.IN_XML) - set(keys.LINES), key=str.encode)
    for key in names:
        s3.put(client, bucket, key)
    answer = rawhttp.request(server, "GET", f"/{bucket}?list-type=2")
    assert [e.text for e in answer.xml.findall("Contents/Key")] == names
