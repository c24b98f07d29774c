# SPDX-License-Identifier: Apache-2.0
"""Checksums: as headers, as trailers in every payload mode, kept, given back, of multiparts."""

import base64

import pytest

from clients import s3
from lib import checksums, rawhttp, sigv4

pytestmark = pytest.mark.functional

BODY = b"what the checksum is of " * 11
END = b"the last part"
ALGORITHM = pytest.mark.parametrize("algorithm", checksums.ALGORITHMS)
# A composite checksum needs one per part; CRC-64/NVME has the full-object form only.
COMPOSITE = pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
FULL = pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])


def field(algorithm):
    return f"x-amz-checksum-{algorithm.lower()}"


def given(algorithm, body):
    return (field(algorithm), checksums.b64(algorithm, body))


def put(server, bucket, *headers, body=BODY, key="k"):
    return rawhttp.request(server, "PUT", f"/{bucket}/{key}", list(headers), body)


def told(server, bucket, method="HEAD", key="k"):
    """The checksum headers of an object, when they are asked for."""
    answer = rawhttp.request(server, method, f"/{bucket}/{key}",
                             [("x-amz-checksum-mode", "ENABLED")])
    assert answer.status == 200, answer.body
    return {n.lower(): v for n, v in answer.headers if n.lower().startswith("x-amz-checksum-")}


# In headers

@ALGORITHM
def test_checksum_is_kept_and_given_back(server, bucket, algorithm):
    name, value = given(algorithm, BODY)
    answer = put(server, bucket, (name, value))
    assert (answer.status, answer.get(name)) == (200, value)
    for method in ("GET", "HEAD"):
        assert told(server, bucket, method) == {name: value,
                                                "x-amz-checksum-type": "FULL_OBJECT"}


@ALGORITHM
def test_checksum_is_not_told_unasked(server, bucket, algorithm):
    put(server, bucket, given(algorithm, BODY))
    assert rawhttp.request(server, "GET", f"/{bucket}/k").get(field(algorithm)) is None


@ALGORITHM
def test_checksum_of_other_bytes(server, client, bucket, algorithm):
    s3.put(client, bucket, "k", body=b"old")
    answer = put(server, bucket, given(algorithm, b"other"))
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert s3.read(client, bucket, "k") == b"old"


@ALGORITHM
@pytest.mark.parametrize("value", ["x", "AAA=", "****", base64.b64encode(b"x" * 40).decode()])
def test_checksum_that_is_none(server, client, bucket, algorithm, value):
    answer = put(server, bucket, (field(algorithm), value))
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []


@ALGORITHM
@pytest.mark.parametrize("size", [0, 1, 16385, 300_000])
def test_checksum_of_every_size(server, bucket, algorithm, size):
    body = (BODY * (size // len(BODY) + 1))[:size]
    assert put(server, bucket, given(algorithm, body), body=body).status == 200
    assert told(server, bucket)[field(algorithm)] == checksums.b64(algorithm, body)


def test_two_checksums_are_refused(server, bucket):
    answer = put(server, bucket, given("CRC32", BODY), given("SHA256", BODY))
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_unknown_checksum_is_refused(server, bucket):
    answer = put(server, bucket, ("x-amz-checksum-adler32", "AAAAAA=="))
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_sdk_algorithm_that_is_none(server, bucket):
    answer = put(server, bucket, ("x-amz-sdk-checksum-algorithm", "ADLER32"))
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_sdk_algorithm_other_than_the_checksum(server, bucket):
    answer = put(server, bucket, ("x-amz-sdk-checksum-algorithm", "SHA1"), given("CRC32", BODY))
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_without_a_checksum_there_is_crc64nvme(server, bucket):
    put(server, bucket)
    assert told(server, bucket) == {"x-amz-checksum-crc64nvme": checksums.b64("CRC64NVME", BODY),
                                    "x-amz-checksum-type": "FULL_OBJECT"}


def test_checksum_and_content_md5_are_both_checked(server, bucket):
    right, wrong = (("Content-MD5", checksums.md5_b64(b)) for b in (BODY, b"other"))
    assert put(server, bucket, given("CRC32", BODY), right).status == 200
    assert put(server, bucket, given("CRC32", BODY), wrong).code == "BadDigest"
    assert put(server, bucket, given("CRC32", b"other"), right).code == "BadDigest"


def test_overwriting_replaces_the_checksum(server, bucket):
    put(server, bucket, given("SHA256", b"old"), body=b"old")
    put(server, bucket, given("CRC32", BODY))
    assert told(server, bucket) == {field("CRC32"): checksums.b64("CRC32", BODY),
                                    "x-amz-checksum-type": "FULL_OBJECT"}


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_boto3_computes_and_verifies(client, bucket, algorithm):
    made = client.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm=algorithm)
    got = client.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == BODY
    name = f"Checksum{algorithm}"
    assert made[name] == got[name] == checksums.b64(algorithm, BODY)


# In trailers

MODES = pytest.mark.parametrize("mode", [sigv4.STREAMING_SIGNED_TRAILER,
                                         sigv4.STREAMING_UNSIGNED_TRAILER])


@MODES
@ALGORITHM
def test_trailer_is_kept(server, bucket, mode, algorithm):
    answer = rawhttp.stream(server, "PUT", f"/{bucket}/k", BODY, mode=mode,
                            trailers=[given(algorithm, BODY)])
    assert answer.status == 200, answer.body
    assert rawhttp.request(server, "GET", f"/{bucket}/k").body == BODY
    assert told(server, bucket)[field(algorithm)] == checksums.b64(algorithm, BODY)


@MODES
@ALGORITHM
def test_trailer_of_other_bytes(server, client, bucket, mode, algorithm):
    s3.put(client, bucket, "k", body=b"old")
    answer = rawhttp.stream(server, "PUT", f"/{bucket}/k", BODY, mode=mode,
                            trailers=[given(algorithm, b"other")])
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert s3.read(client, bucket, "k") == b"old"


@MODES
@pytest.mark.parametrize("size, chunk", [(0, 8192), (1, 8192), (8192, 8192), (300_000, 8192),
                                         (300_000, 65536), (70_000, 100_000)])
def test_trailer_after_chunks_of_many_sizes(server, bucket, mode, size, chunk):
    body = (BODY * (size // len(BODY) + 1))[:size]
    answer = rawhttp.stream(server, "PUT", f"/{bucket}/k", body, mode=mode, chunk_size=chunk,
                            trailers=[given("CRC32", body)])
    assert answer.status == 200, answer.body
    assert rawhttp.request(server, "GET", f"/{bucket}/k").body == body


@pytest.mark.parametrize("size, chunk", [(0, 8192), (1, 8192), (300_000, 8192), (300_000, 65536)])
def test_signed_chunks_without_trailer(server, bucket, size, chunk):
    body = (BODY * (size // len(BODY) + 1))[:size]
    answer = rawhttp.stream(server, "PUT", f"/{bucket}/k", body, chunk_size=chunk)
    assert answer.status == 200, answer.body
    got = rawhttp.request(server, "GET", f"/{bucket}/k")
    assert (got.body, got.get("ETag")) == (body, checksums.etag(body))


@MODES
def test_trailer_of_a_part(server, client, bucket, mode):
    upload = s3.begin(client, bucket, "k", ChecksumAlgorithm="CRC32")
    target = sigv4.target(bucket, "k", [("partNumber", "1"), ("uploadId", upload)])
    answer = rawhttp.stream(server, "PUT", target, BODY, mode=mode,
                            trailers=[given("CRC32", BODY)])
    assert (answer.status, answer.get(field("CRC32"))) == (200, checksums.b64("CRC32", BODY))


# Multipart

def upload_parts(server, bucket, upload, algorithm, bodies):
    """Uploads parts with their checksums; returns the elements of the Complete document."""
    elements = []
    for number, body in enumerate(bodies, 1):
        target = sigv4.target(bucket, "k", [("partNumber", number), ("uploadId", upload)])
        name, value = given(algorithm, body)
        answer = rawhttp.request(server, "PUT", target, [(name, value)], body)
        assert (answer.status, answer.get(name)) == (200, value), answer.body
        elements.append((number, answer.get("ETag"), value))
    return elements


def begin(server, bucket, *headers):
    answer = rawhttp.request(server, "POST", f"/{bucket}/k?uploads", list(headers))
    assert answer.status == 200, answer.body
    return answer.xml.findtext("UploadId"), answer


def complete(server, bucket, upload, algorithm, elements, *headers, with_parts=True):
    tag = f"Checksum{algorithm}"
    parts = "".join(
        f"<Part><PartNumber>{n}</PartNumber><ETag>{e}</ETag>"
        + (f"<{tag}>{c}</{tag}>" if with_parts else "") + "</Part>" for n, e, c in elements)
    target = sigv4.target(bucket, "k", [("uploadId", upload)])
    return rawhttp.request(
        server, "POST", target, list(headers),
        f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode())


def bodies_for(algorithm):
    # The slow ones, computed here byte by byte, get a single short part.
    return [END] if algorithm in ("CRC32C", "CRC64NVME") else [b"1" * s3.PART, END]


@COMPOSITE
def test_composite_checksum(server, bucket, algorithm):
    bodies = bodies_for(algorithm)
    upload, begun = begin(server, bucket, ("x-amz-checksum-algorithm", algorithm))
    assert (begun.get("x-amz-checksum-algorithm"), begun.get("x-amz-checksum-type")) == (
        algorithm, "COMPOSITE")
    elements = upload_parts(server, bucket, upload, algorithm, bodies)
    done = complete(server, bucket, upload, algorithm, elements)
    expected = checksums.composite(algorithm, bodies)
    assert done.status == 200, done.body
    assert (done.xml.findtext(f"Checksum{algorithm}"), done.xml.findtext("ChecksumType")) == (
        expected, "COMPOSITE")
    assert told(server, bucket) == {field(algorithm): expected, "x-amz-checksum-type": "COMPOSITE"}


@FULL
def test_full_object_checksum(server, bucket, algorithm):
    bodies = bodies_for(algorithm)
    upload, begun = begin(server, bucket, ("x-amz-checksum-algorithm", algorithm),
                          ("x-amz-checksum-type", "FULL_OBJECT"))
    assert begun.get("x-amz-checksum-type") == "FULL_OBJECT"
    elements = upload_parts(server, bucket, upload, algorithm, bodies)
    done = complete(server, bucket, upload, algorithm, elements)
    expected = checksums.b64(algorithm, b"".join(bodies))
    assert done.status == 200, done.body
    assert (done.xml.findtext(f"Checksum{algorithm}"), done.xml.findtext("ChecksumType")) == (
        expected, "FULL_OBJECT")
    assert told(server, bucket) == {field(algorithm): expected,
                                    "x-amz-checksum-type": "FULL_OBJECT"}


def test_full_object_checksum_over_three_parts(server, bucket):
    """Parts' checksums combine to that of the whole, without the bytes being read again."""
    bodies = [b"1" * s3.PART, b"2" * (s3.PART + 1), END]
    upload, _ = begin(server, bucket, ("x-amz-checksum-algorithm", "CRC32"),
                      ("x-amz-checksum-type", "FULL_OBJECT"))
    done = complete(server, bucket, upload, "CRC32",
                    upload_parts(server, bucket, upload, "CRC32", bodies))
    assert done.xml.findtext("ChecksumCRC32") == checksums.b64("CRC32", b"".join(bodies))


def test_full_object_crc64nvme_over_two_parts(server, bucket):
    bodies = [b"1" * s3.PART, END]
    upload, begun = begin(server, bucket, ("x-amz-checksum-algorithm", "CRC64NVME"))
    assert begun.get("x-amz-checksum-type") == "FULL_OBJECT"
    done = complete(server, bucket, upload, "CRC64NVME",
                    upload_parts(server, bucket, upload, "CRC64NVME", bodies))
    assert done.xml.findtext("ChecksumCRC64NVME") == checksums.b64("CRC64NVME", b"".join(bodies))


@FULL
@pytest.mark.parametrize("is_right", [True, False])
def test_full_object_checksum_given_at_complete(server, client, bucket, algorithm, is_right):
    upload, _ = begin(server, bucket, ("x-amz-checksum-algorithm", algorithm),
                      ("x-amz-checksum-type", "FULL_OBJECT"))
    elements = upload_parts(server, bucket, upload, algorithm, [END])
    claim = given(algorithm, END if is_right else b"other")
    done = complete(server, bucket, upload, algorithm, elements, claim,
                    ("x-amz-checksum-type", "FULL_OBJECT"))
    assert (done.status, done.code) == ((200, None) if is_right else (400, "BadDigest"))
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == (["k"] if is_right else [])


@pytest.mark.parametrize("algorithm", ["SHA1", "SHA256"])
def test_full_object_needs_a_crc(server, bucket, algorithm):
    answer = rawhttp.request(server, "POST", f"/{bucket}/k?uploads",
                             [("x-amz-checksum-algorithm", algorithm),
                              ("x-amz-checksum-type", "FULL_OBJECT")])
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_crc64nvme_has_no_composite_form(server, bucket):
    answer = rawhttp.request(server, "POST", f"/{bucket}/k?uploads",
                             [("x-amz-checksum-algorithm", "CRC64NVME"),
                              ("x-amz-checksum-type", "COMPOSITE")])
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_unknown_algorithm_of_an_upload(server, bucket):
    answer = rawhttp.request(server, "POST", f"/{bucket}/k?uploads",
                             [("x-amz-checksum-algorithm", "ADLER32")])
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_upload_without_algorithm_gets_crc64nvme_of_the_whole(server, client, bucket):
    s3.put_parts(client, bucket, "k", [END])
    found = told(server, bucket)
    # boto3 may have chosen an algorithm by itself.
    assert (found.pop("x-amz-checksum-type"), list(found.values())) in [
        ("FULL_OBJECT", [checksums.b64("CRC64NVME", END)]),
        ("COMPOSITE", [checksums.composite("CRC32", [END])]),
        ("FULL_OBJECT", [checksums.b64("CRC32", END)])]


@COMPOSITE
def test_composite_needs_the_checksum_of_each_part(server, bucket, algorithm):
    upload, _ = begin(server, bucket, ("x-amz-checksum-algorithm", algorithm))
    elements = upload_parts(server, bucket, upload, algorithm, [END])
    done = complete(server, bucket, upload, algorithm, elements, with_parts=False)
    assert (done.status, done.code) == (400, "InvalidRequest")


@COMPOSITE
def test_wrong_checksum_of_a_part_at_complete(server, client, bucket, algorithm):
    upload, _ = begin(server, bucket, ("x-amz-checksum-algorithm", algorithm))
    (number, etag, _), = upload_parts(server, bucket, upload, algorithm, [END])
    done = complete(server, bucket, upload, algorithm,
                    [(number, etag, checksums.b64(algorithm, b"other"))])
    assert (done.status, done.code) == (400, "InvalidPart")
    assert s3.keys(client.list_objects_v2(Bucket=bucket)) == []


@ALGORITHM
def test_wrong_checksum_of_a_part(server, client, bucket, algorithm):
    upload, _ = begin(server, bucket, ("x-amz-checksum-algorithm", algorithm))
    target = sigv4.target(bucket, "k", [("partNumber", "1"), ("uploadId", upload)])
    answer = rawhttp.request(server, "PUT", target, [given(algorithm, b"other")], BODY)
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert "Parts" not in client.list_parts(Bucket=bucket, Key="k", UploadId=upload)


def test_part_with_another_algorithm_than_its_upload(server, bucket):
    upload, _ = begin(server, bucket, ("x-amz-checksum-algorithm", "SHA256"))
    target = sigv4.target(bucket, "k", [("partNumber", "1"), ("uploadId", upload)])
    answer = rawhttp.request(server, "PUT", target, [given("CRC32", BODY)], BODY)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


@COMPOSITE
def test_list_parts_tells_the_checksums(server, bucket, algorithm):
    upload, _ = begin(server, bucket, ("x-amz-checksum-algorithm", algorithm))
    upload_parts(server, bucket, upload, algorithm, [END])
    listed = rawhttp.request(server, "GET", sigv4.target(bucket, "k", [("uploadId", upload)])).xml
    assert [listed.findtext(n) for n in (
        "ChecksumAlgorithm", "ChecksumType", f"Part/Checksum{algorithm}")] == [
        algorithm, "COMPOSITE", checksums.b64(algorithm, END)]


def test_list_uploads_tells_the_algorithm(server, bucket):
    begin(server, bucket, ("x-amz-checksum-algorithm", "SHA1"))
    listed = rawhttp.request(server, "GET", f"/{bucket}?uploads").xml.find("Upload")
    assert (listed.findtext("ChecksumAlgorithm"), listed.findtext("ChecksumType")) == (
        "SHA1", "COMPOSITE")


@COMPOSITE
def test_copied_part_gets_a_checksum(server, client, bucket, algorithm):
    s3.put(client, bucket, "source", body=BODY)
    upload, _ = begin(server, bucket, ("x-amz-checksum-algorithm", algorithm))
    target = sigv4.target(bucket, "k", [("partNumber", "1"), ("uploadId", upload)])
    made = rawhttp.request(server, "PUT", target,
                           [("x-amz-copy-source", f"/{bucket}/source")]).xml
    assert made.findtext(f"Checksum{algorithm}") == checksums.b64(algorithm, BODY)
