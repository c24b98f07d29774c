# SPDX-License-Identifier: Apache-2.0
"""Two dialects, one set of objects: what one writes the other reads, lists and deletes."""

import datetime
import hashlib
import urllib.parse

import pytest

from clients import keys, s3
from lib import checksums, rawhttp, rest, sigv4

pytestmark = pytest.mark.functional

AWKWARD = pytest.mark.parametrize("key", keys.ALL, ids=keys.name)
# Around the limit under which bodies live in the catalog.
SIZES = [0, 1, 16383, 16384, 16385, 1048576]


def content(size):
    return (hashlib.sha256(str(size).encode()).digest() * (size // 32 + 1))[:size]


class S3:
    """The same bucket through the other door."""

    def __init__(self, server, bucket):
        self.server = server
        self.bucket = bucket

    def ask(self, method, key, headers=(), body=b""):
        return rawhttp.request(self.server, method, sigv4.target(self.bucket, key), headers, body)

    def keys(self):
        listed = rawhttp.request(self.server, "GET", sigv4.target(
            self.bucket, query=[("list-type", "2"), ("encoding-type", "url")])).xml
        return [urllib.parse.unquote_plus(e.text) for e in listed.iter("Key")]


@pytest.fixture
def other(server, empty):
    return S3(server, empty.bucket)


@AWKWARD
def test_key_written_by_s3_and_read_by_rest(empty, other, key):
    assert other.ask("PUT", key, body=b"by s3").status == 200
    assert empty.read(key) == b"by s3"
    assert empty.page()["keys"] == [key]
    assert empty.delete(key).status == 204
    assert other.ask("HEAD", key).status == 404
    assert other.keys() == []


@AWKWARD
def test_key_written_by_rest_and_read_by_s3(empty, other, key):
    empty.put(key, b"by rest")
    assert other.ask("GET", key).body == b"by rest"
    assert other.keys() == [key]
    assert other.ask("DELETE", key).status == 204
    rest.refused(empty.get(key), 404, f"Object {key} not found")
    assert empty.page()["keys"] == []


def test_both_list_in_the_same_order(empty, other):
    for i, key in enumerate(keys.ALL):
        if i % 2:
            empty.put(key)
        else:
            other.ask("PUT", key, body=b"x")
    assert empty.keys() == other.keys() == sorted(set(keys.ALL), key=str.encode)


@pytest.mark.parametrize("size", SIZES)
def test_sizes(empty, other, size):
    body = content(size)
    other.ask("PUT", "s3", body=body)
    empty.put("rest", body)
    for key in ("s3", "rest"):
        for answer in (empty.get(key), other.ask("GET", key)):
            assert (answer.status, answer.body) == (200, body)
            assert (answer.get("ETag"), answer.get("Content-Length")) == (
                checksums.etag(body), str(size))


@pytest.mark.parametrize("kind", ["text/plain", "text/html; charset=utf-8", "image/png", "x-odd/y"])
def test_content_types(empty, other, kind):
    other.ask("PUT", "s3", [("Content-Type", kind)], b"x")
    empty.put("rest", b"x", [("Content-Type", kind)])
    for key in ("s3", "rest"):
        assert empty.get(key, [("Accept", "a/b")]).get("Content-Type") == kind
        assert other.ask("GET", key).get("Content-Type") == kind


def test_each_dialect_has_its_own_default_type(empty, other):
    """Nothing was stored, so each answers what its own users know."""
    other.ask("PUT", "s3", body=b"x")
    empty.put("rest")
    for key in ("s3", "rest"):
        assert empty.get(key).get("Content-Type") == "application/octet-stream"
        assert empty.get(key, [("Accept", "a/b")]).get("Content-Type") == "a/b"
        assert other.ask("GET", key).get("Content-Type") == "binary/octet-stream"


def test_a_content_encoding_goes_with_the_bytes(empty, other):
    """Silent in the contract: without it the reader could not know what he has got."""
    fields = [("Content-Encoding", "gzip"), ("Content-Type", "text/plain")]
    other.ask("PUT", "k", fields, b"\x1f\x8b")
    got = empty.get("k")
    assert (got.get("Content-Encoding"), got.body) == ("gzip", b"\x1f\x8b")


def test_each_replaces_the_others_object_whole(empty, other):
    other.ask("PUT", "k", [("x-amz-meta-of", "s3"), ("Content-Type", "text/s3"),
                           ("Cache-Control", "no-store")], b"by s3")
    empty.put("k", b"by rest")
    answer = other.ask("GET", "k")
    assert (answer.body, answer.get("x-amz-meta-of"), answer.get("Cache-Control")) == (
        b"by rest", None, None)
    other.ask("PUT", "k", body=b"by s3 again")
    assert empty.read("k") == b"by s3 again"


def test_times_agree(empty, other):
    told = empty.put("k")
    made = datetime.datetime.fromisoformat(told["created_at"].replace("Z", "+00:00"))
    answers = [empty.get("k"), other.ask("GET", "k")]
    assert answers[0].get("Last-Modified") == answers[1].get("Last-Modified")
    listed = rawhttp.request(other.server, "GET", f"/{other.bucket}?list-type=2").xml
    assert listed.findtext("Contents/LastModified")[:19] == made.isoformat()[:19]


def test_conditions_hold_across(empty, other):
    empty.put("k", b"body")
    etag = other.ask("HEAD", "k").get("ETag")
    assert empty.get("k", [("If-None-Match", etag)]).status == 304
    other.ask("PUT", "k", body=b"changed")
    rest.refused(empty.get("k", [("If-Match", etag)]), 412)


def test_an_object_in_parts(empty, other, client):
    parts = [b"1" * s3.PART, b"2" * s3.PART, b"3"]
    whole = b"".join(parts)
    made = s3.put_parts(client, empty.bucket, "parts", parts, ContentType="x/parts")
    got = empty.get("parts")
    assert (got.status, got.body) == (200, whole)
    assert (got.get("ETag"), got.get("Content-Length"), got.get("Content-Type")) == (
        made["ETag"], str(len(whole)), "x/parts")
    first, last = s3.PART - 10, 2 * s3.PART + 1
    part = empty.get("parts", [("Range", f"bytes={first}-{last}")])
    assert (part.status, part.body) == (206, whole[first:last + 1])
    assert empty.page()["keys"] == ["parts"]
    assert empty.delete("parts").status == 204
    assert other.keys() == []


def test_an_upload_under_way_is_no_object(empty, client):
    upload = s3.begin(client, empty.bucket, "k")
    s3.upload_part(client, empty.bucket, "k", upload, 1, b"1")
    assert empty.page()["keys"] == []
    rest.refused(empty.get("k"), 404, "Object k not found")
    client.abort_multipart_upload(Bucket=empty.bucket, Key="k", UploadId=upload)


def test_a_bucket_that_was_deleted_under_a_token(empty, other, client):
    """Silent in the contract: every answer is a clean refusal, and nothing comes to life by it."""
    client.delete_bucket(Bucket=empty.bucket)
    for method, path in (("PUT", "/objects/k"), ("GET", "/objects/k"), ("DELETE", "/objects/k"),
                         ("GET", "/objects")):
        answer = empty.ask(method, path)
        assert 400 <= answer.status < 500
        rest.refused(answer, answer.status)
    assert empty.ask("HEAD", "/objects/k").status in (403, 404)
    client.create_bucket(Bucket=empty.bucket)
    assert empty.page()["keys"] == []
    empty.put("k", b"body")
    assert other.ask("GET", "k").body == b"body"
