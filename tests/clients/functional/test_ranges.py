# SPDX-License-Identifier: Apache-2.0
"""Range on GetObject and HeadObject: RFC 7233 with one range, as S3 documents it."""

import pytest

from clients import s3
from lib import rawhttp

pytestmark = pytest.mark.functional

BODY = bytes(range(256)) * 4
# One body lives in the catalog, the other in a file of its own.
BODIES = {"small": BODY, "large": BODY * 100}


@pytest.fixture(params=BODIES)
def body(request, client, bucket):
    s3.put(client, bucket, "k", body=BODIES[request.param])
    return BODIES[request.param]


def get(server, bucket, spec, method="GET"):
    return rawhttp.request(server, method, f"/{bucket}/k", [("Range", spec)])


@pytest.mark.parametrize("spec, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=0-9", 0, 9), ("bytes=500-599", 500, 599),
    ("bytes=1000-", 1000, -1),
    ("bytes=0-", 0, -1), ("bytes=-1", -1, -1), ("bytes=-100", -100, -1),
    ("bytes=1000-99999999", 1000, -1), ("bytes=1-18446744073709551615", 1, -1),
    ("bytes=-99999999", 0, -1)])
def test_range_gives_those_bytes(server, bucket, body, spec, first, last):
    first, last = first % len(body), last % len(body)
    answer = get(server, bucket, spec)
    assert (answer.status, answer.get("Content-Range"), answer.get("Content-Length")) == (
        206, f"bytes {first}-{last}/{len(body)}", str(last - first + 1))
    assert answer.body == body[first:last + 1]


def test_every_border_of_a_small_object(client, bucket):
    s3.put(client, bucket, "k", body=b"0123456789")
    for first in range(10):
        for last in range(first, 12):
            got = s3.read(client, bucket, "k", Range=f"bytes={first}-{last}")
            assert got == b"0123456789"[first:last + 1]


def test_last_byte_alone(server, bucket, body):
    answer = get(server, bucket, f"bytes={len(body) - 1}-{len(body) - 1}")
    assert (answer.status, answer.body) == (206, body[-1:])


@pytest.mark.parametrize("spec", ["bytes={size}-", "bytes={size}-{size}", "bytes=999999999-",
                                  "bytes=99999999999999999-99999999999999999", "bytes=-0"])
def test_range_that_touches_nothing(server, bucket, body, spec):
    spec = spec.format(size=len(body))
    answer = get(server, bucket, spec)
    assert (answer.status, answer.code) == (416, "InvalidRange")
    assert answer.get("Content-Range") in (None, f"bytes */{len(body)}")
    assert answer.xml.findtext("ActualObjectSize") == str(len(body))
    assert answer.xml.findtext("RangeRequested") == spec


@pytest.mark.parametrize("spec", ["bytes=0-0", "bytes=0-"])
def test_range_of_an_empty_object(server, client, bucket, spec):
    s3.put(client, bucket, "k", body=b"")
    answer = get(server, bucket, spec)
    assert (answer.status, answer.code) == (416, "InvalidRange")


def test_last_bytes_of_an_empty_object(server, client, bucket):
    """RFC 7233 calls it satisfiable, S3 does not; a 206 could not say which bytes it has."""
    s3.put(client, bucket, "k", body=b"")
    answer = get(server, bucket, "bytes=-5")
    assert (answer.status, answer.body) == (200, b"") or answer.code == "InvalidRange"


@pytest.mark.parametrize("spec", ["bytes=9-3", "bytes=a-b", "bytes=", "bytes=-", "bytes=--5",
                                  "bytes=1-2-3", "octets=0-1", "0-1", "bytes 0-1", "bytes=+1-2"])
def test_malformed_range_is_ignored(server, bucket, body, spec):
    answer = get(server, bucket, spec)
    assert (answer.status, answer.get("Content-Range")) == (200, None)
    assert answer.body == body


def test_several_ranges_give_the_whole_object(server, bucket, body):
    """S3 serves no multipart/byteranges."""
    answer = get(server, bucket, "bytes=0-1,5-6")
    assert (answer.status, answer.body) == (200, body)


def test_head_of_a_range(server, bucket, body):
    answer = get(server, bucket, "bytes=10-19", "HEAD")
    assert (answer.status, answer.get("Content-Range"), answer.get("Content-Length")) == (
        206, f"bytes 10-19/{len(body)}", "10")


def test_head_of_a_range_beyond_the_end(server, bucket, body):
    assert get(server, bucket, "bytes=999999999-", "HEAD").status == 416


def test_etag_of_a_range_is_that_of_the_object(client, bucket, body):
    whole, part = (client.get_object(Bucket=bucket, Key="k", **how)["ETag"]
                   for how in ({}, {"Range": "bytes=1-2"}))
    assert whole == part


def test_range_on_put_changes_nothing(server, client, bucket):
    s3.put(client, bucket, "k", body=b"old")
    answer = rawhttp.request(server, "PUT", f"/{bucket}/k", [("Range", "bytes=0-1")], b"new")
    assert answer.status == 200
    assert s3.read(client, bucket, "k") == b"new"
