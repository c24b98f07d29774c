# SPDX-License-Identifier: Apache-2.0
"""CopyObject: sources, conditions, what is copied and what is not."""

import datetime
import email.utils

import pytest

from clients import s3
from lib import checksums, rawhttp

pytestmark = pytest.mark.functional

HOUR = datetime.timedelta(hours=1)
BODY = b"source body"


@pytest.fixture(params=[11, 300_000], ids=["small", "large"])
def body(request):
    return (BODY * (request.param // len(BODY) + 1))[:request.param]


@pytest.fixture
def source(client, bucket, body):
    client.put_object(Bucket=bucket, Key="source", Body=body, ContentType="text/x-source",
                      CacheControl="max-age=7", Metadata={"a": "1"})
    return {"Bucket": bucket, "Key": "source"}


def copy(client, source, key="copy", **how):
    bucket = how.pop("Bucket", source["Bucket"])
    return client.copy_object(Bucket=bucket, Key=key, CopySource=source, **how)


def test_copy_has_the_bytes_and_the_metadata(client, source, body):
    copy(client, source)
    got = client.get_object(Bucket=source["Bucket"], Key="copy")
    assert (got["Body"].read(), got["ContentType"], got["CacheControl"], got["Metadata"]) == (
        body, "text/x-source", "max-age=7", {"a": "1"})


def test_answer_has_etag_and_date_of_the_copy(client, source, body):
    made = copy(client, source)["CopyObjectResult"]
    headed = client.head_object(Bucket=source["Bucket"], Key="copy")
    assert made["ETag"] == headed["ETag"] == checksums.etag(body)
    assert made["LastModified"].replace(microsecond=0) == headed["LastModified"]


def test_copy_into_another_bucket(client, source, body, bucket_name):
    other = bucket_name + "-other"
    client.create_bucket(Bucket=other)
    copy(client, source, Bucket=other)
    assert s3.read(client, other, "copy") == body


def test_copy_outlives_its_source(client, source, body):
    copy(client, source)
    client.delete_object(**source)
    assert s3.read(client, source["Bucket"], "copy") == body


def test_source_outlives_its_copy(client, source, body):
    copy(client, source)
    client.delete_object(Bucket=source["Bucket"], Key="copy")
    assert s3.read(client, **{"bucket": source["Bucket"], "key": "source"}) == body


def test_overwritten_source_leaves_the_copy(client, source, body):
    copy(client, source)
    s3.put(client, source["Bucket"], "source", body=b"other")
    assert s3.read(client, source["Bucket"], "copy") == body


def test_copy_over_an_existing_object(client, source, body):
    s3.put(client, source["Bucket"], "copy", body=b"old" * 50_000)
    copy(client, source)
    assert s3.read(client, source["Bucket"], "copy") == body


def test_directive_copy_ignores_given_metadata(client, source):
    copy(client, source, MetadataDirective="COPY", Metadata={"b": "2"}, ContentType="text/new")
    headed = client.head_object(Bucket=source["Bucket"], Key="copy")
    assert (headed["Metadata"], headed["ContentType"]) == ({"a": "1"}, "text/x-source")


def test_directive_replace_takes_only_given_metadata(client, source, body):
    copy(client, source, MetadataDirective="REPLACE", Metadata={"b": "2"}, ContentType="text/new")
    got = client.get_object(Bucket=source["Bucket"], Key="copy")
    assert (got["Metadata"], got["ContentType"], got.get("CacheControl")) == (
        {"b": "2"}, "text/new", None)
    assert got["Body"].read() == body


def test_unknown_directive(client, source):
    with s3.refused("InvalidArgument", 400):
        copy(client, source, MetadataDirective="MOVE")


def test_copy_onto_itself_that_changes_nothing(client, source):
    with s3.refused("InvalidRequest", 400):
        copy(client, source, "source")


def test_copy_onto_itself_that_replaces_metadata(client, source, body):
    copy(client, source, "source", MetadataDirective="REPLACE", Metadata={"b": "2"})
    got = client.get_object(**source)
    assert (got["Metadata"], got["Body"].read()) == ({"b": "2"}, body)


def test_copy_onto_itself_that_changes_the_storage_class(client, source, body):
    copy(client, source, "source", StorageClass="STANDARD_IA")
    got = client.get_object(**source)
    assert (got["StorageClass"], got["Metadata"], got["Body"].read()) == (
        "STANDARD_IA", {"a": "1"}, body)


def test_storage_class_is_not_copied(client, bucket):
    client.put_object(Bucket=bucket, Key="source", StorageClass="STANDARD_IA")
    copy(client, {"Bucket": bucket, "Key": "source"})
    assert client.head_object(Bucket=bucket, Key="copy").get("StorageClass") is None


@pytest.mark.parametrize("condition, value, is_copied", [
    ("IfMatch", "same", True), ("IfMatch", "other", False),
    ("IfNoneMatch", "same", False), ("IfNoneMatch", "other", True),
    ("IfModifiedSince", -HOUR, True), ("IfModifiedSince", 0 * HOUR, False),
    ("IfUnmodifiedSince", -HOUR, False), ("IfUnmodifiedSince", 0 * HOUR, True)])
def test_condition_on_the_source(client, bucket, condition, value, is_copied):
    s3.put(client, bucket, "source", body=BODY)
    if isinstance(value, str):
        value = checksums.etag(BODY if value == "same" else b"other")
    else:
        value += client.head_object(Bucket=bucket, Key="source")["LastModified"]
    source = {"Bucket": bucket, "Key": "source"}
    if is_copied:
        copy(client, source, **{f"CopySource{condition}": value})
        assert s3.read(client, bucket, "copy") == BODY
    else:
        with s3.refused("PreconditionFailed", 412):
            copy(client, source, **{f"CopySource{condition}": value})
        with s3.refused("404", 404):
            client.head_object(Bucket=bucket, Key="copy")


def raw_copy(server, bucket, source, **conditions):
    fields = [("x-amz-copy-source", source)]
    fields += [(f"x-amz-copy-source-{n.replace('_', '-')}", v) for n, v in conditions.items()]
    return rawhttp.request(server, "PUT", f"/{bucket}/copy", fields)


@pytest.fixture
def hour_ago(client, bucket):
    s3.put(client, bucket, "source", body=BODY)
    modified = client.head_object(Bucket=bucket, Key="source")["LastModified"]
    return email.utils.format_datetime((modified - HOUR).astimezone(datetime.timezone.utc), True)


def test_if_match_true_outweighs_if_unmodified_since_false(server, bucket, hour_ago):
    answer = raw_copy(server, bucket, f"/{bucket}/source", if_match=checksums.etag(BODY),
                      if_unmodified_since=hour_ago)
    assert answer.status == 200, answer.body


def test_if_none_match_false_outweighs_if_modified_since_true(server, bucket, hour_ago):
    answer = raw_copy(server, bucket, f"/{bucket}/source", if_none_match=checksums.etag(BODY),
                      if_modified_since=hour_ago)
    assert (answer.status, answer.code) == (412, "PreconditionFailed")


@pytest.mark.parametrize("form", [
    "{bucket}/a%20%2Bb", "/{bucket}/a%20%2Bb", "{bucket}%2Fa%20%2Bb", "%2F{bucket}%2Fa%20%2Bb",
    "/{bucket}/a%20%2Bb?versionId=null"])
def test_forms_of_the_source(server, client, bucket, form):
    s3.put(client, bucket, "a +b", body=BODY)
    answer = raw_copy(server, bucket, form.format(bucket=bucket))
    assert answer.status == 200, answer.body
    assert s3.read(client, bucket, "copy") == BODY


@pytest.mark.parametrize("form", ["", "/", "nothing", "{bucket}", "{bucket}/", "/{bucket}/"])
def test_source_that_names_no_object(server, client, bucket, form):
    answer = raw_copy(server, bucket, form.format(bucket=bucket))
    assert (answer.status, answer.code) == (400, "InvalidArgument")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []


@pytest.mark.parametrize("how", [{}, {"ChecksumAlgorithm": "SHA256"}], ids=["shared", "read"])
class TestMissing:
    """Whether the source is looked up by who shares its data, or by who reads it for a checksum."""

    def test_source_key(self, client, bucket, how):
        with s3.refused("NoSuchKey", 404) as told:
            copy(client, {"Bucket": bucket, "Key": "missing"}, **how)
        assert told["Key"] == "missing"

    def test_source_bucket(self, client, bucket, bucket_name, how):
        with s3.refused("NoSuchBucket", 404) as told:
            copy(client, {"Bucket": bucket_name + "-missing", "Key": "k"}, Bucket=bucket, **how)
        assert told["BucketName"] == bucket_name + "-missing"

    def test_target_bucket(self, client, source, bucket_name, how):
        with s3.refused("NoSuchBucket", 404) as told:
            copy(client, source, Bucket=bucket_name + "-missing", **how)
        assert told["BucketName"] == bucket_name + "-missing"


def test_copy_of_an_empty_object(client, bucket):
    s3.put(client, bucket, "source", body=b"")
    copy(client, {"Bucket": bucket, "Key": "source"})
    assert s3.read(client, bucket, "copy") == b""


def test_copy_of_a_multipart_object(client, bucket):
    bodies = [b"1" * s3.PART, b"2" * 100]
    s3.put_parts(client, bucket, "source", bodies)
    made = copy(client, {"Bucket": bucket, "Key": "source"})["CopyObjectResult"]
    client.delete_object(Bucket=bucket, Key="source")
    got = client.get_object(Bucket=bucket, Key="copy")
    assert (got["Body"].read(), got["ETag"]) == (b"".join(bodies), made["ETag"])


def test_checksum_is_copied(server, client, bucket):
    checksum = checksums.b64("SHA256", BODY)
    rawhttp.request(server, "PUT", f"/{bucket}/source", [("x-amz-checksum-sha256", checksum)],
                    BODY)
    copy(client, {"Bucket": bucket, "Key": "source"})
    headed = rawhttp.request(server, "HEAD", f"/{bucket}/copy",
                             [("x-amz-checksum-mode", "ENABLED")])
    assert headed.get("x-amz-checksum-sha256") == checksum


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1"])
def test_copy_with_another_checksum(client, source, body, algorithm):
    made = copy(client, source, ChecksumAlgorithm=algorithm)["CopyObjectResult"]
    assert made[f"Checksum{algorithm}"] == checksums.b64(algorithm, body)
