# SPDX-License-Identifier: Apache-2.0
"""The signer against botocore's, and against the worked examples of the documentation."""

import datetime
import hashlib
from unittest import mock

import pytest

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from lib import rawhttp, sigv4

HOST = "examplebucket.s3.amazonaws.com"
DATE = "20130524T000000Z"
KEYS = sigv4.Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


class Frozen(datetime.datetime):
    """The time of the documentation's examples, for botocore."""

    @classmethod
    def utcnow(cls):
        return cls(2013, 5, 24)

    @classmethod
    def now(cls, tz=None):
        return cls(2013, 5, 24, tzinfo=tz)


def botocore_keys():
    return botocore.credentials.Credentials(KEYS.access_key, KEYS.secret_key)


def botocore_request(method, target, headers, body=b""):
    request = botocore.awsrequest.AWSRequest(method, f"http://{HOST}{target}", data=body)
    for name, value in headers:
        request.headers[name] = value
    return request


def botocore_authorization(method, target, headers, body):
    request = botocore_request(method, target, headers, body)
    with mock.patch("botocore.auth.datetime.datetime", Frozen):
        botocore.auth.S3SigV4Auth(botocore_keys(), "s3", "us-east-1").add_auth(request)
    return request.headers["Authorization"]


@pytest.mark.parametrize("method, target, headers, body", [
    ("GET", "/", [], b""),
    ("GET", "/?lifecycle", [], b""),
    ("GET", "/?max-keys=2&prefix=J", [], b""),
    ("GET", "/?prefix=b&prefix=a&delimiter=%2F", [], b""),
    ("PUT", "/test%24file.text", [("x-amz-storage-class", "REDUCED_REDUNDANCY")], b"Welcome"),
    ("PUT", "/a//b/../c%20d%2B", [("x-amz-meta-x", "one  two   three")], b"x"),
    ("PUT", "/%F0%9F%97%9D", [("Content-Type", "text/plain"), ("x-amz-meta-B", "2")], b"\xff" * 99),
    ("DELETE", "/k?versionId=a%2Bb", [], b""),
])
def test_header_auth_is_what_botocore_signs(method, target, headers, body):
    fields, _ = sigv4.header_auth(KEYS, method, target, headers, body, host=HOST, amz_date=DATE)
    expected = botocore_authorization(method, target, headers, body)
    assert dict(fields)["Authorization"].replace(", ", ",") == expected.replace(", ", ",")


@pytest.mark.parametrize("method, target", [
    ("GET", "/test.txt"), ("PUT", "/a%20b?partNumber=1&uploadId=x%2Fy"), ("HEAD", "/%E2%82%AC")])
def test_presigned_target_has_the_signature_that_botocore_makes(method, target):
    request = botocore_request(method, target, [])
    with mock.patch("botocore.auth.datetime.datetime", Frozen):
        botocore.auth.S3SigV4QueryAuth(
            botocore_keys(), "s3", "us-east-1", expires=86400).add_auth(request)
    made = sigv4.presign(KEYS, method, target, host=HOST, expires_s=86400, amz_date=DATE)
    assert made.rpartition("=")[2] == request.url.rpartition("=")[2]


def test_documented_get_with_range():
    _, made = sigv4.header_auth(KEYS, "GET", "/test.txt", [("Range", "bytes=0-9")], host=HOST,
                                amz_date=DATE)
    assert made.signature == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"


def test_documented_presigned_get():
    made = sigv4.presign(KEYS, "GET", "/test.txt", host=HOST, expires_s=86400, amz_date=DATE)
    assert made.endswith(
        "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def documented_upload(mode, trailers=()):
    """The PutObject of 65 KiB of "a" in the documentation, up to its header order."""
    body = b"a" * 66560
    fields = [("x-amz-storage-class", "REDUCED_REDUNDANCY"), ("Content-Encoding", "aws-chunked"),
              ("x-amz-decoded-content-length", "66560")]
    if trailers:
        fields = [("Content-Encoding", "aws-chunked"), ("x-amz-decoded-content-length", "66560"),
                  ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                  ("x-amz-trailer", trailers[0][0])]
    else:
        fields.append(("Content-Length", "66824"))
    _, seed = sigv4.header_auth(KEYS, "PUT", "/examplebucket/chunkObject.txt", fields,
                                host="s3.amazonaws.com", payload_hash=mode, amz_date=DATE)
    return seed, sigv4.pieces(body, 65536)


def test_documented_signed_chunks():
    seed, (first, second) = documented_upload(sigv4.STREAMING_SIGNED)
    chunks = sigv4.Chunks(KEYS, seed)
    assert [seed.signature, chunks.signature(first), chunks.signature(second),
            chunks.signature(b"")] == [
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"]


def test_documented_signed_trailer():
    trailer = ("x-amz-checksum-crc32c", "sOO8/Q==")
    seed, (first, second) = documented_upload(sigv4.STREAMING_SIGNED_TRAILER, [trailer])
    chunks = sigv4.Chunks(KEYS, seed)
    assert [seed.signature, chunks.signature(first), chunks.signature(second),
            chunks.signature(b""), chunks.trailer_signature([trailer])] == [
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"]


def test_signed_framing():
    fields, framed, seed = sigv4.streaming(KEYS, "PUT", "/b/k", b"hello world", host=HOST,
                                           chunk_size=6, amz_date=DATE)
    chunks = sigv4.Chunks(KEYS, seed)
    s = [chunks.signature(p) for p in (b"hello ", b"world", b"")]
    assert dict(fields)["x-amz-decoded-content-length"] == "11"
    assert framed == (f"6;chunk-signature={s[0]}\r\nhello \r\n5;chunk-signature={s[1]}\r\nworld\r\n"
                      f"0;chunk-signature={s[2]}\r\n\r\n").encode()


def test_unsigned_framing_with_trailer():
    fields, framed, _ = sigv4.streaming(
        KEYS, "PUT", "/b/k", b"hello", host=HOST, mode=sigv4.STREAMING_UNSIGNED_TRAILER,
        trailers=[("x-amz-checksum-crc32", "NhCmhg==")], amz_date=DATE)
    assert dict(fields)["x-amz-trailer"] == "x-amz-checksum-crc32"
    assert framed == b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"


def test_secret_does_not_reach_what_is_sent():
    fields, framed, _ = sigv4.streaming(KEYS, "PUT", "/b/k", b"x", host=HOST, amz_date=DATE)
    sent = rawhttp.head("PUT", "/b/k", fields) + framed
    assert KEYS.secret_key.encode() not in sent


def test_payload_hash_is_that_of_the_body():
    fields, _ = sigv4.header_auth(KEYS, "PUT", "/k", body=b"abc", host=HOST, amz_date=DATE)
    assert dict(fields)["x-amz-content-sha256"] == hashlib.sha256(b"abc").hexdigest()
