# SPDX-License-Identifier: Apache-2.0
"""GetObjectAttributes."""

import hashlib

import pytest

from clients import s3
from lib import checksums, rawhttp, sigv4

pytestmark = pytest.mark.functional

ALL = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
BODY = b"body of attributes"
PARTS = [b"1" * s3.PART, b"2" * s3.PART, b"3"]


def attributes(client, bucket, *names, **how):
    return client.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=list(names), **how)


def raw(server, bucket, *names, headers=()):
    fields = [("x-amz-object-attributes", ",".join(names))] if names else []
    return rawhttp.request(server, "GET", f"/{bucket}/k?attributes", [*fields, *headers])


@pytest.fixture
def plain(client, server, bucket):
    answer = rawhttp.request(server, "PUT", f"/{bucket}/k",
                             [("x-amz-checksum-sha1", checksums.b64("SHA1", BODY))], BODY)
    assert answer.status == 200
    return bucket


@pytest.fixture
def parted(client, bucket):
    upload = s3.begin(client, bucket, "k", ChecksumAlgorithm="SHA256")
    parts = []
    for number, body in enumerate(PARTS, 1):
        made = client.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number,
                                  Body=body, ChecksumAlgorithm="SHA256")
        parts.append({"PartNumber": number, "ETag": made["ETag"],
                      "ChecksumSHA256": made["ChecksumSHA256"]})
    s3.complete(client, bucket, "k", upload, parts)
    return bucket


def test_of_a_plain_object(client, plain):
    got = attributes(client, plain, *ALL)
    assert (got["ETag"], got["ObjectSize"], got["StorageClass"], "ObjectParts" in got) == (
        hashlib.md5(BODY).hexdigest(), len(BODY), "STANDARD", False)
    assert got["Checksum"]["ChecksumSHA1"] == checksums.b64("SHA1", BODY)
    assert s3.header(got, "last-modified")


@pytest.mark.parametrize("name", ["ETag", "Checksum", "StorageClass", "ObjectSize"])
def test_only_what_was_asked(server, plain, name):
    assert [e.tag for e in raw(server, plain, name).xml] == [name]


def test_names_in_several_fields(server, plain):
    answer = raw(server, plain, "ETag", headers=[("x-amz-object-attributes", "ObjectSize")])
    assert sorted(e.tag for e in answer.xml) == ["ETag", "ObjectSize"]


def test_of_a_multipart_object(client, parted):
    got = attributes(client, parted, *ALL)
    assert (got["ETag"], got["ObjectSize"]) == (
        checksums.multipart_etag(PARTS).strip('"'), sum(map(len, PARTS)))
    # HeadObject tells it with the number of parts behind; here they have a place of their own.
    composite, _, count = checksums.composite("SHA256", PARTS).partition("-")
    assert (got["Checksum"]["ChecksumSHA256"], count) == (composite, "3")
    parts = got["ObjectParts"]
    assert parts["TotalPartsCount"] == 3
    assert [(p["PartNumber"], p["Size"], p["ChecksumSHA256"]) for p in parts["Parts"]] == [
        (n, len(b), checksums.b64("SHA256", b)) for n, b in enumerate(PARTS, 1)]


def test_parts_in_pages(client, parted):
    first = attributes(client, parted, "ObjectParts", MaxParts=2)["ObjectParts"]
    assert ([p["PartNumber"] for p in first["Parts"]], first["IsTruncated"], first["MaxParts"],
            first["NextPartNumberMarker"]) == ([1, 2], True, 2, 2)
    rest = attributes(client, parted, "ObjectParts", PartNumberMarker=2)["ObjectParts"]
    assert ([p["PartNumber"] for p in rest["Parts"]], rest["IsTruncated"]) == ([3], False)


def test_storage_class_as_given(client, bucket):
    client.put_object(Bucket=bucket, Key="k", StorageClass="STANDARD_IA")
    assert attributes(client, bucket, "StorageClass")["StorageClass"] == "STANDARD_IA"


def test_without_names(server, plain):
    answer = raw(server, plain)
    assert answer.status == 400
    assert answer.code in ("InvalidArgument", "InvalidRequest")


def test_unknown_name(server, plain):
    answer = raw(server, plain, "ETag", "Colour")
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_missing_key(client, bucket):
    with s3.refused("NoSuchKey", 404):
        attributes(client, bucket, "ETag")


def test_missing_bucket(client, bucket_name):
    with s3.refused("NoSuchBucket", 404):
        attributes(client, bucket_name, "ETag")


def test_a_query_named_attributes_is_no_key(server, plain):
    """`attributes` is a subresource: with it in the query no body of the object is sent."""
    assert raw(server, plain, "ETag").xml.tag == "GetObjectAttributesResponse" \
        or raw(server, plain, "ETag").xml.tag == "GetObjectAttributesOutput"
    assert rawhttp.request(server, "GET", sigv4.target(plain, "k")).body == BODY
