# SPDX-License-Identifier: Apache-2.0
"""PutObject, GetObject, HeadObject, DeleteObject: bytes, headers, metadata."""

import base64
import datetime
import hashlib

import pytest

from clients import s3
from lib import checksums, rawhttp, sigv4

pytestmark = pytest.mark.functional

# Around the limit under which bodies live in the catalog, around pipes and pages, and empty.
SIZES = [0, 1, 4095, 16383, 16384, 16385, 65536, 262144, 262145, 1048577]


def content(size):
    return (hashlib.sha256(str(size).encode()).digest() * (size // 32 + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
def test_body_comes_back(client, bucket, size):
    body = content(size)
    made = client.put_object(Bucket=bucket, Key="k", Body=body)
    got = client.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == body
    assert (got["ContentLength"], got["ETag"], made["ETag"]) == (
        size, checksums.etag(body), checksums.etag(body))


@pytest.mark.parametrize("size", [0, 100, 100_000])
def test_head_says_what_get_says(server, bucket, client, size):
    client.put_object(Bucket=bucket, Key="k", Body=content(size), ContentType="text/x",
                      Metadata={"a": "b"})
    answers = [rawhttp.request(server, method, f"/{bucket}/k") for method in ("GET", "HEAD")]
    varying = ("date", "x-amz-request-id", "x-amz-id-2", "connection", "keep-alive")
    get, head = (sorted((n.lower(), v) for n, v in a.headers if n.lower() not in varying)
                 for a in answers)
    assert get == head
    assert ("content-length", str(size)) in head


def test_overwrite_replaces_body_and_metadata(client, bucket):
    client.put_object(Bucket=bucket, Key="k", Body=b"old", Metadata={"was": "there"})
    client.put_object(Bucket=bucket, Key="k", Body=b"newer")
    got = client.get_object(Bucket=bucket, Key="k")
    assert (got["Body"].read(), got["Metadata"]) == (b"newer", {})


@pytest.mark.parametrize("sizes", [(10, 100_000), (100_000, 10), (100_000, 200_000), (10, 0)])
def test_overwrite_across_sizes(client, bucket, sizes):
    for size in sizes:
        s3.put(client, bucket, "k", body=content(size))
    assert s3.read(client, bucket, "k") == content(sizes[-1])


def test_last_modified_is_now(client, bucket):
    s3.put(client, bucket, "k")
    age = (datetime.datetime.now(datetime.timezone.utc)
           - client.head_object(Bucket=bucket, Key="k")["LastModified"])
    assert abs(age) < datetime.timedelta(minutes=2)


def test_listing_and_head_tell_the_same_second(client, bucket):
    s3.put(client, bucket, "k")
    listed = client.list_objects_v2(Bucket=bucket)["Contents"][0]["LastModified"]
    headed = client.head_object(Bucket=bucket, Key="k")["LastModified"]
    assert listed.replace(microsecond=0) == headed


def test_ranges_are_announced(client, bucket):
    s3.put(client, bucket, "k")
    assert client.head_object(Bucket=bucket, Key="k")["AcceptRanges"] == "bytes"


def test_default_content_type(server, client, bucket):
    rawhttp.request(server, "PUT", f"/{bucket}/k", body=b"x")
    assert client.head_object(Bucket=bucket, Key="k")["ContentType"] == "binary/octet-stream"


@pytest.mark.parametrize("name, value", [
    ("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "max-age=3600, public"),
    ("Content-Disposition", 'attachment; filename="a b.txt"'), ("Content-Encoding", "gzip"),
    ("Content-Language", "de-CH, en"), ("Expires", "Thu, 01 Dec 2033 16:00:00 GMT")])
def test_content_header_comes_back_as_given(server, bucket, name, value):
    rawhttp.request(server, "PUT", f"/{bucket}/k", [(name, value)], b"x")
    for method in ("GET", "HEAD"):
        assert rawhttp.request(server, method, f"/{bucket}/k").get(name) == value


def test_expires_that_is_no_date_comes_back_as_given(server, bucket):
    rawhttp.request(server, "PUT", f"/{bucket}/k", [("Expires", "tomorrow")], b"x")
    assert rawhttp.request(server, "HEAD", f"/{bucket}/k").get("Expires") == "tomorrow"


@pytest.mark.parametrize("sent, kept", [("aws-chunked", None), ("gzip,aws-chunked", "gzip"),
                                        ("aws-chunked, br", "br")])
def test_aws_chunked_is_no_content_encoding(server, bucket, sent, kept):
    """S3 removes its own transport coding from what it stores, and nothing else."""
    fields, seed = sigv4.header_auth(
        server.credentials, "PUT", f"/{bucket}/k",
        [("Content-Encoding", sent), ("x-amz-decoded-content-length", "5")],
        host=server.netloc, payload_hash=sigv4.STREAMING_SIGNED)
    chunks = sigv4.Chunks(server.credentials, seed)
    framed = chunks.chunk(b"hello") + chunks.end()
    fields.append(("Content-Length", str(len(framed))))
    put = rawhttp.exchange(server, rawhttp.head("PUT", f"/{bucket}/k", fields) + framed, "PUT")
    assert put.status == 200, put.body
    got = rawhttp.request(server, "GET", f"/{bucket}/k")
    assert (got.get("Content-Encoding"), got.body) == (kept, b"hello")


def test_metadata_comes_back(client, bucket):
    given = {"one": "1", "with-dash": "a b  c", "empty-ish": "-", "long": "v" * 1500}
    client.put_object(Bucket=bucket, Key="k", Metadata=given)
    assert client.head_object(Bucket=bucket, Key="k")["Metadata"] == given


def test_empty_metadata_stays(server, client, bucket):
    client.put_object(Bucket=bucket, Key="k", Metadata={"a": "was"})
    client.put_object(Bucket=bucket, Key="k", Metadata={"a": "", "b": "c"})
    assert client.get_object(Bucket=bucket, Key="k")["Metadata"] == {"a": "", "b": "c"}
    assert rawhttp.request(server, "HEAD", f"/{bucket}/k").get("x-amz-meta-a") == ""


def test_metadata_names_become_lower_case(server, bucket):
    rawhttp.request(server, "PUT", f"/{bucket}/k", [("X-Amz-Meta-MiXed", "VaLue")], b"x")
    names = [n for n, v in rawhttp.request(server, "HEAD", f"/{bucket}/k").headers if v == "VaLue"]
    assert names == ["x-amz-meta-mixed"]


def test_metadata_over_2_kb_is_too_large(client, bucket):
    with s3.refused("MetadataTooLarge", 400):
        client.put_object(Bucket=bucket, Key="k", Metadata={"a": "x" * 1100, "b": "y" * 1100})
    with s3.refused("404", 404):
        client.head_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize("stored", ["STANDARD_IA", "REDUCED_REDUNDANCY", "INTELLIGENT_TIERING"])
def test_storage_class_is_told_as_given(client, bucket, stored):
    client.put_object(Bucket=bucket, Key="k", StorageClass=stored)
    assert client.head_object(Bucket=bucket, Key="k")["StorageClass"] == stored
    assert client.list_objects_v2(Bucket=bucket)["Contents"][0]["StorageClass"] == stored


def test_standard_storage_class_is_told_in_listings_only(server, client, bucket):
    s3.put(client, bucket, "k")
    assert rawhttp.request(server, "HEAD", f"/{bucket}/k").get("x-amz-storage-class") is None
    assert client.list_objects_v2(Bucket=bucket)["Contents"][0]["StorageClass"] == "STANDARD"


def test_unknown_storage_class(client, bucket):
    with s3.refused("InvalidStorageClass", 400):
        client.put_object(Bucket=bucket, Key="k", StorageClass="CHEAP")


@pytest.mark.parametrize("parameter, header, value", [
    ("ResponseCacheControl", "cache-control", "no-cache"),
    ("ResponseContentDisposition", "content-disposition", 'attachment; filename="x y"'),
    ("ResponseContentEncoding", "content-encoding", "x-none"),
    ("ResponseContentLanguage", "content-language", "fr"),
    ("ResponseContentType", "content-type", "application/x-test"),
    ("ResponseExpires", "expires", "Thu, 01 Dec 2033 16:00:00 GMT")])
def test_response_override(client, bucket, parameter, header, value):
    client.put_object(Bucket=bucket, Key="k", Body=b"body", ContentType="text/plain",
                      CacheControl="max-age=1")
    got = client.get_object(Bucket=bucket, Key="k", **{parameter: value})
    assert (s3.header(got, header), got["Body"].read()) == (value, b"body")


def test_response_override_on_head(server, client, bucket):
    s3.put(client, bucket, "k")
    target = sigv4.target(bucket, "k", [("response-content-type", "x/y")])
    assert rawhttp.request(server, "HEAD", target).get("Content-Type") == "x/y"


def test_response_override_does_not_stay(client, bucket):
    client.put_object(Bucket=bucket, Key="k", ContentType="text/plain")
    client.get_object(Bucket=bucket, Key="k", ResponseContentType="x/y")
    assert client.head_object(Bucket=bucket, Key="k")["ContentType"] == "text/plain"


def test_content_md5_that_fits(server, bucket):
    fields = [("Content-MD5", checksums.md5_b64(b"body"))]
    assert rawhttp.request(server, "PUT", f"/{bucket}/k", fields, b"body").status == 200


def test_content_md5_of_other_bytes(server, client, bucket):
    s3.put(client, bucket, "k", body=b"old")
    fields = [("Content-MD5", checksums.md5_b64(b"other"))]
    answer = rawhttp.request(server, "PUT", f"/{bucket}/k", fields, b"body")
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert s3.read(client, bucket, "k") == b"old"


@pytest.mark.parametrize("value", ["", "x", "AAAA", base64.b64encode(b"x" * 15).decode(),
                                   base64.b64encode(b"x" * 17).decode(), "d41d8cd98f00b204"])
def test_content_md5_that_is_none(server, bucket, value):
    answer = rawhttp.request(server, "PUT", f"/{bucket}/k", [("Content-MD5", value)], b"body")
    assert (answer.status, answer.code) == (400, "InvalidDigest")


def test_sha256_of_other_bytes(server, client, bucket):
    s3.put(client, bucket, "k", body=b"old")
    answer = rawhttp.request(server, "PUT", f"/{bucket}/k", body=b"body",
                             payload_hash=hashlib.sha256(b"other").hexdigest())
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert s3.read(client, bucket, "k") == b"old"


def test_unsigned_payload(server, client, bucket):
    answer = rawhttp.request(server, "PUT", f"/{bucket}/k", body=b"body",
                             payload_hash=sigv4.UNSIGNED_PAYLOAD)
    assert answer.status == 200
    assert s3.read(client, bucket, "k") == b"body"


def test_put_without_any_length(server, bucket):
    fields, _ = sigv4.header_auth(server.credentials, "PUT", f"/{bucket}/k", host=server.netloc)
    answer = rawhttp.exchange(server, rawhttp.head("PUT", f"/{bucket}/k", fields), "PUT")
    assert (answer.status, answer.code) == (411, "MissingContentLength")


def test_put_over_5_gib_is_refused_before_the_body(server, bucket):
    fields, _ = sigv4.header_auth(server.credentials, "PUT", f"/{bucket}/k", host=server.netloc,
                                  payload_hash=sigv4.UNSIGNED_PAYLOAD)
    fields += [("Content-Length", str(5 * 1024 ** 3 + 1)), ("Expect", "100-continue")]
    answer = rawhttp.exchange(server, rawhttp.head("PUT", f"/{bucket}/k", fields), "PUT")
    assert (answer.status, answer.code, answer.interim) == (400, "EntityTooLarge", [])


@pytest.mark.parametrize("operation", ["get_object", "delete_object", "put_object"])
def test_missing_bucket(client, bucket_name, operation):
    with s3.refused("NoSuchBucket", 404):
        getattr(client, operation)(Bucket=bucket_name, Key="k")


def test_get_of_missing_key(client, bucket):
    with s3.refused("NoSuchKey", 404):
        client.get_object(Bucket=bucket, Key="k")


def test_error_names_the_key(server, bucket):
    answer = rawhttp.request(server, "GET", f"/{bucket}/no%20%26such")
    assert answer.xml.findtext("Key") == "no &such"


def test_head_of_missing_key_has_no_body(server, bucket):
    with rawhttp.Connection(server) as connection:
        for _ in range(2):
            fields, _ = sigv4.header_auth(server.credentials, "HEAD", f"/{bucket}/k",
                                          host=server.netloc)
            connection.send(rawhttp.head("HEAD", f"/{bucket}/k", fields))
            assert connection.receive("HEAD").status == 404


def test_delete_removes_it(client, bucket):
    s3.put(client, bucket, "k")
    assert s3.status(client.delete_object(Bucket=bucket, Key="k")) == 204
    with s3.refused("NoSuchKey", 404):
        client.get_object(Bucket=bucket, Key="k")


def test_delete_of_missing_key_is_done_already(client, bucket):
    assert s3.status(client.delete_object(Bucket=bucket, Key="k")) == 204


def test_delete_has_no_content_length(server, bucket):
    answer = rawhttp.request(server, "DELETE", f"/{bucket}/k")
    assert (answer.status, answer.get("Content-Length")) == (204, None)


@pytest.mark.parametrize("key", ["k" * 1025, "\u20ac" * 342])
@pytest.mark.parametrize("operation", ["put_object", "get_object"])
def test_key_over_1024_bytes(client, bucket, key, operation):
    with s3.refused("KeyTooLongError", 400):
        getattr(client, operation)(Bucket=bucket, Key=key)


@pytest.mark.parametrize("name, value", [("x-id", "PutObject"), ("unknown", "1"),
                                         ("unknown", None)])
def test_unknown_parameter_is_ignored(server, bucket, name, value):
    """SDKs add some of their own; they are signed like any other."""
    target = sigv4.target(bucket, "k", [(name, value)])
    assert rawhttp.request(server, "PUT", target, body=b"body").status == 200
    assert rawhttp.request(server, "GET", target).body == b"body"


def test_many_requests_on_one_connection(server, bucket):
    with rawhttp.Connection(server) as connection:
        for i in range(20):
            target, body = f"/{bucket}/k{i}", content(i * 1000)
            fields, _ = sigv4.header_auth(server.credentials, "PUT", target, body=body,
                                          host=server.netloc)
            fields.append(("Content-Length", str(len(body))))
            connection.send(rawhttp.head("PUT", target, fields) + body)
            assert connection.receive("PUT").status == 200
            fields, _ = sigv4.header_auth(server.credentials, "GET", target, host=server.netloc)
            connection.send(rawhttp.head("GET", target, fields))
            assert connection.receive().body == body


def test_pipelined_requests_are_answered_in_order(server, client, bucket):
    bodies = [content(size) for size in (5, 50_000, 0, 17_000)]
    for i, body in enumerate(bodies):
        s3.put(client, bucket, f"k{i}", body=body)
    sent = b""
    for i in range(len(bodies)):
        fields, _ = sigv4.header_auth(server.credentials, "GET", f"/{bucket}/k{i}",
                                      host=server.netloc)
        sent += rawhttp.head("GET", f"/{bucket}/k{i}", fields)
    with rawhttp.Connection(server) as connection:
        connection.send(sent)
        assert [connection.receive().body for _ in bodies] == bodies


def test_expect_100_continue_is_answered_before_the_body(server, bucket):
    body = content(100_000)
    fields, _ = sigv4.header_auth(server.credentials, "PUT", f"/{bucket}/k", body=body,
                                  host=server.netloc)
    fields += [("Content-Length", str(len(body))), ("Expect", "100-continue")]
    with rawhttp.Connection(server) as connection:
        connection.send(rawhttp.head("PUT", f"/{bucket}/k", fields))
        assert connection.receive_interim().status == 100
        connection.send(body)
        assert connection.receive("PUT").status == 200
    assert rawhttp.request(server, "GET", f"/{bucket}/k").body == body


def test_refusal_comes_before_100_continue(server, bucket_name):
    fields, _ = sigv4.header_auth(server.credentials, "PUT", f"/{bucket_name}/k",
                                  host=server.netloc, payload_hash=sigv4.UNSIGNED_PAYLOAD)
    fields += [("Content-Length", "1000000"), ("Expect", "100-continue")]
    answer = rawhttp.exchange(server, rawhttp.head("PUT", f"/{bucket_name}/k", fields), "PUT")
    assert (answer.status, answer.code, answer.interim) == (404, "NoSuchBucket", [])


def test_chunked_transfer_without_content_length(server, client, bucket):
    """HTTP's own chunking needs the length of the payload from x-amz-decoded-content-length."""
    body = content(300_000)
    fields, framed, _ = sigv4.streaming(
        server.credentials, "PUT", f"/{bucket}/k", body, host=server.netloc,
        mode=sigv4.STREAMING_UNSIGNED_TRAILER,
        trailers=[("x-amz-checksum-crc32", checksums.b64("CRC32", body))])
    fields.append(("Transfer-Encoding", "chunked"))
    wire = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in sigv4.pieces(framed, 7777))
    answer = rawhttp.exchange(
        server, rawhttp.head("PUT", f"/{bucket}/k", fields) + wire + b"0\r\n\r\n", "PUT")
    assert answer.status == 200, answer.body
    assert s3.read(client, bucket, "k") == body
