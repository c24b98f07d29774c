# SPDX-License-Identifier: Apache-2.0
"""Multipart uploads: their life, their listings, copies as parts, and every way to go wrong."""

import concurrent.futures
import uuid

import botocore.exceptions
import pytest

from clients import s3
from lib import checksums, rawhttp, sigv4

pytestmark = pytest.mark.functional

ONE, TWO, END = b"1" * s3.PART, b"2" * s3.PART, b"the end"


@pytest.fixture
def upload(client, bucket):
    return s3.begin(client, bucket, "k")


def part(client, bucket, upload, number, body, key="k"):
    return s3.upload_part(client, bucket, key, upload, number, body)


def complete(client, bucket, upload, parts, **how):
    return s3.complete(client, bucket, "k", upload, parts, **how)


def stored(client, bucket):
    return s3.keys(client.list_objects_v2(Bucket=bucket))


# Life

def test_parts_become_one_object(client, bucket):
    made = s3.put_parts(client, bucket, "k", [ONE, TWO, END])
    assert made["ETag"] == checksums.multipart_etag([ONE, TWO, END])
    got = client.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == ONE + TWO + END
    assert (got["ETag"], got["ContentLength"]) == (made["ETag"], len(ONE + TWO + END))


def test_answers_name_bucket_key_and_location(client, bucket):
    begun = client.create_multipart_upload(Bucket=bucket, Key="k")
    done = complete(client, bucket, begun["UploadId"],
                    [part(client, bucket, begun["UploadId"], 1, END)])
    assert (begun["Bucket"], begun["Key"], done["Bucket"], done["Key"]) == (
        bucket, "k", bucket, "k")
    assert done["Location"].endswith(f"{bucket}/k")


def test_part_etag_is_its_md5(client, bucket, upload):
    assert part(client, bucket, upload, 1, END)["ETag"] == checksums.etag(END)


@pytest.mark.parametrize("body", [b"", b"x", b"y" * 100_000])
def test_single_part_of_any_size(client, bucket, body):
    s3.put_parts(client, bucket, "k", [body])
    assert s3.read(client, bucket, "k") == body


def test_nothing_is_seen_before_complete(client, bucket, upload):
    part(client, bucket, upload, 1, END)
    assert stored(client, bucket) == []
    with s3.refused("NoSuchKey", 404):
        client.get_object(Bucket=bucket, Key="k")


def test_object_is_replaced_at_complete_only(client, bucket, upload):
    s3.put(client, bucket, "k", body=b"old")
    made = part(client, bucket, upload, 1, END)
    assert s3.read(client, bucket, "k") == b"old"
    complete(client, bucket, upload, [made])
    assert s3.read(client, bucket, "k") == END


def test_headers_of_create_are_those_of_the_object(client, bucket):
    upload = s3.begin(client, bucket, "k", ContentType="text/x", CacheControl="no-store",
                      ContentDisposition="inline", ContentLanguage="en", ContentEncoding="br",
                      Metadata={"a": "1"}, StorageClass="STANDARD_IA")
    complete(client, bucket, upload, [part(client, bucket, upload, 1, END)])
    got = client.head_object(Bucket=bucket, Key="k")
    assert [got[n] for n in ("ContentType", "CacheControl", "ContentDisposition",
                             "ContentLanguage", "ContentEncoding", "Metadata", "StorageClass")] == [
        "text/x", "no-store", "inline", "en", "br", {"a": "1"}, "STANDARD_IA"]


def test_parts_in_any_order_of_arrival(client, bucket, upload):
    parts = {n: part(client, bucket, upload, n, body)
             for n, body in ((3, END), (1, ONE), (2, TWO))}
    complete(client, bucket, upload, [parts[n] for n in (1, 2, 3)])
    assert s3.read(client, bucket, "k") == ONE + TWO + END


def test_part_numbers_may_have_gaps(client, bucket, upload):
    parts = [part(client, bucket, upload, n, body) for n, body in ((7, ONE), (10000, END))]
    complete(client, bucket, upload, parts)
    assert s3.read(client, bucket, "k") == ONE + END


def test_last_upload_of_a_part_counts(client, bucket, upload):
    old = part(client, bucket, upload, 1, b"old")
    new = part(client, bucket, upload, 1, END)
    with s3.refused("InvalidPart", 400):
        complete(client, bucket, upload, [old])
    complete(client, bucket, upload, [new])
    assert s3.read(client, bucket, "k") == END


def test_parts_that_complete_does_not_name_are_dropped(client, bucket, upload):
    parts = [part(client, bucket, upload, n, body)
             for n, body in ((1, ONE), (2, TWO), (3, END))]
    complete(client, bucket, upload, [parts[0], parts[2]])
    assert s3.read(client, bucket, "k") == ONE + END


def test_two_uploads_of_one_key_do_not_meet(client, bucket):
    uploads = [s3.begin(client, bucket, "k") for _ in range(2)]
    parts = [part(client, bucket, u, 1, body) for u, body in zip(uploads, (b"first", b"second"))]
    complete(client, bucket, uploads[1], [parts[1]])
    assert s3.read(client, bucket, "k") == b"second"
    complete(client, bucket, uploads[0], [parts[0]])
    assert s3.read(client, bucket, "k") == b"first"


def test_etag_in_complete_may_lack_quotes(client, bucket, upload):
    made = part(client, bucket, upload, 1, END)
    complete(client, bucket, upload, [{"PartNumber": 1, "ETag": made["ETag"].strip('"')}])
    assert s3.read(client, bucket, "k") == END


def test_parallel_parts(server, bucket, client, upload):
    bodies = [bytes([i]) * s3.PART for i in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda i: part(s3.client(server), bucket, upload, i + 1, bodies[i]),
                              range(4)))
    complete(client, bucket, upload, parts)
    assert s3.read(client, bucket, "k") == b"".join(bodies)


def test_overwritten_by_a_plain_put(client, bucket):
    s3.put_parts(client, bucket, "k", [ONE, END])
    s3.put(client, bucket, "k", body=b"plain")
    got = client.get_object(Bucket=bucket, Key="k")
    assert (got["Body"].read(), got["ETag"]) == (b"plain", checksums.etag(b"plain"))


# Repeats, aborts, races

def test_repeated_complete_answers_as_the_first(client, bucket, upload):
    parts = [part(client, bucket, upload, 1, END)]
    first, again = (complete(client, bucket, upload, parts) for _ in range(2))
    assert (first["ETag"], first["Key"]) == (again["ETag"], again["Key"])
    assert s3.read(client, bucket, "k") == END


def test_repeated_complete_does_not_undo_a_later_put(client, bucket, upload):
    parts = [part(client, bucket, upload, 1, END)]
    complete(client, bucket, upload, parts)
    s3.put(client, bucket, "k", body=b"later")
    complete(client, bucket, upload, parts)
    assert s3.read(client, bucket, "k") == b"later"


def test_completes_at_once_destroy_nothing(server, client, bucket, upload):
    parts = [part(client, bucket, upload, 1, ONE), part(client, bucket, upload, 2, END)]

    def try_it(_):
        try:
            complete(s3.client(server), bucket, upload, parts)
            return True
        except botocore.exceptions.ClientError:
            return False

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert any(pool.map(try_it, range(4)))
    assert s3.read(client, bucket, "k") == ONE + END


def test_abort_forgets_the_upload(client, bucket, upload):
    made = part(client, bucket, upload, 1, END)
    answer = client.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    assert s3.status(answer) == 204
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)
    with s3.refused("NoSuchUpload", 404):
        part(client, bucket, upload, 2, END)
    with s3.refused("NoSuchUpload", 404):
        complete(client, bucket, upload, [made])
    with s3.refused("NoSuchUpload", 404):
        client.list_parts(Bucket=bucket, Key="k", UploadId=upload)
    assert stored(client, bucket) == []


def test_abort_of_an_upload_that_never_was(client, bucket):
    with s3.refused("NoSuchUpload", 404):
        client.abort_multipart_upload(Bucket=bucket, Key="k", UploadId="never")


def test_abort_after_complete_leaves_the_object(client, bucket, upload):
    complete(client, bucket, upload, [part(client, bucket, upload, 1, END)])
    with s3.refused("NoSuchUpload", 404):
        client.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    assert s3.read(client, bucket, "k") == END


def test_part_after_complete(client, bucket, upload):
    complete(client, bucket, upload, [part(client, bucket, upload, 1, END)])
    with s3.refused("NoSuchUpload", 404):
        part(client, bucket, upload, 1, ONE)
    assert s3.read(client, bucket, "k") == END


def test_abort_racing_complete_leaves_all_or_nothing(server, client, bucket, upload):
    parts = [part(client, bucket, upload, 1, ONE), part(client, bucket, upload, 2, END)]

    def finish(how):
        try:
            if how == "complete":
                complete(s3.client(server), bucket, upload, parts)
            else:
                s3.client(server).abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
            return True
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "NoSuchUpload"
            return False

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        completed, aborted = pool.map(finish, ["complete", "abort"])
    assert completed or aborted
    if completed:
        assert s3.read(client, bucket, "k") == ONE + END
    else:
        assert stored(client, bucket) == []


# Mistakes

def test_part_below_5_mib_that_is_not_the_last(client, bucket, upload):
    parts = [part(client, bucket, upload, n, b"small") for n in (1, 2)]
    with s3.refused("EntityTooSmall", 400):
        complete(client, bucket, upload, parts)
    assert stored(client, bucket) == []


def test_failed_complete_can_be_repeated_rightly(client, bucket, upload):
    parts = [part(client, bucket, upload, n, b"small") for n in (1, 2)]
    with s3.refused("EntityTooSmall", 400):
        complete(client, bucket, upload, parts)
    parts[0] = part(client, bucket, upload, 1, ONE)
    complete(client, bucket, upload, parts)
    assert s3.read(client, bucket, "k") == ONE + b"small"


def test_part_never_uploaded(client, bucket, upload):
    made = part(client, bucket, upload, 1, ONE)
    with s3.refused("InvalidPart", 400):
        complete(client, bucket, upload, [made, {"PartNumber": 2, "ETag": made["ETag"]}])


def test_part_with_another_etag(client, bucket, upload):
    part(client, bucket, upload, 1, END)
    with s3.refused("InvalidPart", 400):
        complete(client, bucket, upload, [{"PartNumber": 1, "ETag": checksums.etag(b"other")}])


@pytest.mark.parametrize("order", [(2, 1), (1, 1), (1, 2, 2)])
def test_parts_not_in_rising_order(client, bucket, upload, order):
    made = {n: part(client, bucket, upload, n, ONE) for n in (1, 2)}
    with s3.refused("InvalidPartOrder", 400):
        complete(client, bucket, upload, [made[n] for n in order])


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x", "1.5", "4294967297", ""])
def test_part_number_out_of_range(server, bucket, upload, number):
    target = sigv4.target(bucket, "k", [("partNumber", number), ("uploadId", upload)])
    answer = rawhttp.request(server, "PUT", target, body=b"x")
    assert (answer.status, answer.code) == (400, "InvalidArgument")


@pytest.mark.parametrize("upload_id", ["never", "", "a" * 2000, "../../x", "0" * 32, "%"])
def test_unknown_upload_id(server, bucket, upload_id):
    target = sigv4.target(bucket, "k", [("partNumber", "1"), ("uploadId", upload_id)])
    answer = rawhttp.request(server, "PUT", target, body=b"x")
    assert (answer.status, answer.code) == (404, "NoSuchUpload")


def test_upload_id_of_another_key(client, bucket, upload):
    with s3.refused("NoSuchUpload", 404):
        part(client, bucket, upload, 1, END, key="other")


def test_upload_id_of_another_bucket(client, bucket, bucket_name, upload):
    other = bucket_name + "-other"
    client.create_bucket(Bucket=other)
    with s3.refused("NoSuchUpload", 404):
        part(client, other, upload, 1, END)


def test_missing_bucket(client, bucket_name):
    with s3.refused("NoSuchBucket", 404):
        s3.begin(client, bucket_name, "k")


@pytest.mark.parametrize("body", [
    b"", b"text", b"<CompleteMultipartUpload></CompleteMultipartUpload>",
    b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
    b"<CompleteMultipartUpload><Part><ETag>x</ETag></Part></CompleteMultipartUpload>",
    b"<CompleteMultipartUpload><Part><PartNumber>one</PartNumber><ETag>x</ETag></Part>"
    b"</CompleteMultipartUpload>",
    b"<CompleteMultipartUpload><Part>", b"<Delete></Delete>"],
    ids=["empty", "text", "no parts", "no etag", "no number", "word", "cut", "other root"])
def test_malformed_complete(server, client, bucket, upload, body):
    part(client, bucket, upload, 1, END)
    target = sigv4.target(bucket, "k", [("uploadId", upload)])
    answer = rawhttp.request(server, "POST", target, body=body)
    assert (answer.status, answer.code) == (400, "MalformedXML")
    assert stored(client, bucket) == []


def test_wrong_content_md5_of_a_part(server, client, bucket, upload):
    target = sigv4.target(bucket, "k", [("partNumber", "1"), ("uploadId", upload)])
    answer = rawhttp.request(server, "PUT", target,
                             [("Content-MD5", checksums.md5_b64(b"other"))], b"body")
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert "Parts" not in client.list_parts(Bucket=bucket, Key="k", UploadId=upload)


def test_announced_size_of_the_object(client, bucket, upload):
    parts = [part(client, bucket, upload, 1, END)]
    with s3.headers(client, {"x-amz-mp-object-size": "8"}), s3.refused("InvalidRequest", 400):
        complete(client, bucket, upload, parts)
    with s3.headers(client, {"x-amz-mp-object-size": "7"}):
        complete(client, bucket, upload, parts)
    assert s3.read(client, bucket, "k") == END


# Reading by part and across parts

@pytest.fixture(scope="module")
def parted(client):
    """A bucket with an object "k" of three parts; read only."""
    bucket = f"t-parted-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=bucket)
    s3.put_parts(client, bucket, "k", [ONE, TWO, END])
    return bucket


@pytest.mark.parametrize("number, body", [(1, ONE), (2, TWO), (3, END)])
def test_get_by_part_number(client, parted, number, body):
    got = client.get_object(Bucket=parted, Key="k", PartNumber=number)
    start = (number - 1) * s3.PART
    assert got["Body"].read() == body
    assert (s3.status(got), got["PartsCount"], got["ContentRange"]) == (
        206, 3, f"bytes {start}-{start + len(body) - 1}/{len(ONE + TWO + END)}")


@pytest.mark.parametrize("number, size", [(1, s3.PART), (3, len(END))])
def test_head_by_part_number(client, parted, number, size):
    got = client.head_object(Bucket=parted, Key="k", PartNumber=number)
    assert (s3.status(got), got["PartsCount"], got["ContentLength"]) == (206, 3, size)


def test_etag_by_part_number_is_that_of_the_object(client, parted):
    got = client.head_object(Bucket=parted, Key="k", PartNumber=2)
    assert got["ETag"] == checksums.multipart_etag([ONE, TWO, END])


def test_part_number_beyond_the_last(client, parted):
    with s3.refused("InvalidPartNumber", 416):
        client.get_object(Bucket=parted, Key="k", PartNumber=4)
    with s3.refused("416", 416):
        client.head_object(Bucket=parted, Key="k", PartNumber=4)


@pytest.mark.parametrize("number", ["0", "10001", "x"])
def test_part_number_that_none_can_have(server, parted, number):
    answer = rawhttp.request(server, "GET", sigv4.target(parted, "k", [("partNumber", number)]))
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_part_number_with_range(client, parted):
    with s3.refused("InvalidRequest", 400):
        client.get_object(Bucket=parted, Key="k", PartNumber=1, Range="bytes=0-1")


def test_parts_are_counted_for_who_asks_for_one(client, parted):
    whole = client.head_object(Bucket=parted, Key="k")
    assert "PartsCount" not in whole
    assert client.head_object(Bucket=parted, Key="k", PartNumber=1)["PartsCount"] > 1


@pytest.mark.parametrize("bodies", [[b""], [ONE, b""]])
def test_t56_an_empty_part_is_asked_for(server, client, bucket, bodies):
    """Behind it there is nothing, and nothing before it may come instead."""
    s3.put_parts(client, bucket, "k", bodies)
    target = sigv4.target(bucket, "k", [("partNumber", str(len(bodies)))])
    for method in ("GET", "HEAD"):
        answer = rawhttp.request(server, method, target)
        assert (answer.status, answer.body) == (200, b"")
        assert (answer.all("content-length"), answer.all("content-range")) == (["0"], [])
        assert answer.all("x-amz-mp-parts-count") == [str(len(bodies))]
    assert s3.read(client, bucket, "k") == b"".join(bodies)


def test_plain_object_is_its_own_first_part(client, bucket):
    s3.put(client, bucket, "k", body=b"plain")
    got = client.get_object(Bucket=bucket, Key="k", PartNumber=1)
    assert (s3.status(got), got["Body"].read(), got.get("PartsCount")) == (206, b"plain", None)
    with s3.refused("InvalidPartNumber", 416):
        client.get_object(Bucket=bucket, Key="k", PartNumber=2)


@pytest.mark.parametrize("first, last", [
    (0, 0), (s3.PART - 1, s3.PART), (s3.PART, s3.PART), (s3.PART - 3, 2 * s3.PART + 3),
    (2 * s3.PART, 2 * s3.PART + 6), (2 * s3.PART - 1, 2 * s3.PART - 1), (0, 2 * s3.PART + 6)])
def test_range_across_parts(client, parted, first, last):
    got = s3.read(client, parted, "k", Range=f"bytes={first}-{last}")
    assert got == (ONE + TWO + END)[first:last + 1]


# Listings

def test_list_parts(client, bucket, upload):
    part(client, bucket, upload, 2, END)
    part(client, bucket, upload, 1, ONE)
    answer = client.list_parts(Bucket=bucket, Key="k", UploadId=upload)
    assert [(p["PartNumber"], p["Size"], p["ETag"]) for p in answer["Parts"]] == [
        (1, s3.PART, checksums.etag(ONE)), (2, len(END), checksums.etag(END))]
    assert (answer["Bucket"], answer["Key"], answer["UploadId"], answer["IsTruncated"],
            answer["StorageClass"]) == (bucket, "k", upload, False, "STANDARD")
    owner = client.list_buckets()["Owner"]["ID"]
    assert answer["Owner"]["ID"] == owner and "ID" in answer["Initiator"]


@pytest.mark.parametrize("size", [1, 2, 4, 5, 6])
def test_list_parts_pages(client, bucket, upload, size):
    numbers = [1, 2, 5, 9, 10000]
    for number in numbers:
        part(client, bucket, upload, number, b"x")
    seen, marker = [], 0
    while True:
        page = client.list_parts(Bucket=bucket, Key="k", UploadId=upload, MaxParts=size,
                                 PartNumberMarker=marker)
        assert (page["MaxParts"], page["PartNumberMarker"]) == (size, marker)
        assert len(page["Parts"]) <= size
        seen += [p["PartNumber"] for p in page["Parts"]]
        if not page["IsTruncated"]:
            break
        marker = page["NextPartNumberMarker"]
    assert seen == numbers


@pytest.mark.parametrize("name, value", [("max-parts", "-1"), ("max-parts", "x"),
                                         ("part-number-marker", "-1"),
                                         ("part-number-marker", "x")])
def test_list_parts_with_a_number_that_is_none(server, bucket, upload, name, value):
    target = sigv4.target(bucket, "k", [("uploadId", upload), (name, value)])
    answer = rawhttp.request(server, "GET", target)
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def uploads(answer):
    return [(u["Key"], u["UploadId"]) for u in answer.get("Uploads", [])]


def test_list_uploads(client, bucket):
    begun = sorted((key, s3.begin(client, bucket, key)) for key in ("b", "a", "c/1"))
    answer = client.list_multipart_uploads(Bucket=bucket)
    assert uploads(answer) == begun
    assert (answer["Bucket"], answer["IsTruncated"]) == (bucket, False)
    first = answer["Uploads"][0]
    assert first["StorageClass"] == "STANDARD" and "ID" in first["Initiator"]
    assert first["Owner"]["ID"] == client.list_buckets()["Owner"]["ID"]


def test_list_uploads_of_one_key_are_in_order_of_start(client, bucket):
    begun = [("k", s3.begin(client, bucket, "k")) for _ in range(3)]
    listed = client.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert sorted(uploads({"Uploads": listed})) == sorted(begun)
    assert [u["Initiated"] for u in listed] == sorted(u["Initiated"] for u in listed)


def test_list_uploads_with_prefix_and_delimiter(client, bucket):
    for key in ("a", "b/1", "b/2", "b/c/1", "d"):
        s3.begin(client, bucket, key)
    whole = client.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert ([k for k, _ in uploads(whole)], s3.prefixes(whole)) == (["a", "d"], ["b/"])
    below = client.list_multipart_uploads(Bucket=bucket, Delimiter="/", Prefix="b/")
    assert ([k for k, _ in uploads(below)], s3.prefixes(below)) == (["b/1", "b/2"], ["b/c/"])


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
def test_list_uploads_pages(client, bucket, size):
    begun = [(key, s3.begin(client, bucket, key)) for key in ("a", "b", "b", "b", "c/1", "d")]
    seen, markers = [], {}
    while True:
        page = client.list_multipart_uploads(Bucket=bucket, MaxUploads=size, **markers)
        assert len(uploads(page)) <= size
        seen += uploads(page)
        if not page["IsTruncated"]:
            break
        markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    assert sorted(seen) == sorted(begun)
    assert [key for key, _ in seen] == [key for key, _ in begun]


def test_list_uploads_key_marker_alone_skips_the_whole_key(client, bucket):
    for key in ("a", "b", "b", "c"):
        s3.begin(client, bucket, key)
    answer = client.list_multipart_uploads(Bucket=bucket, KeyMarker="b")
    assert [key for key, _ in uploads(answer)] == ["c"]


def test_list_uploads_encoding_type_url(client, bucket):
    s3.begin(client, bucket, "a b/\u20ac")
    answer = client.list_multipart_uploads(Bucket=bucket, EncodingType="url", Prefix="a b/")
    told = [t.replace("+", "%20").replace("%2F", "/")
            for t in (answer["Prefix"], answer["Uploads"][0]["Key"])]
    assert told == ["a%20b/", "a%20b/%E2%82%AC"]


def test_completed_upload_is_listed_no_more(client, bucket, upload):
    complete(client, bucket, upload, [part(client, bucket, upload, 1, END)])
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)


# Copies as parts

SOURCE = bytes(range(256)) * 4096 * 6


@pytest.fixture
def source(client, bucket):
    s3.put(client, bucket, "source", body=SOURCE)
    return {"Bucket": bucket, "Key": "source"}


def copy_part(client, bucket, upload, number, source, **how):
    made = client.upload_part_copy(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number,
                                   CopySource=source, **how)["CopyPartResult"]
    return {"PartNumber": number, "ETag": made["ETag"]}


def test_copy_of_a_whole_object_as_part(client, bucket, upload, source):
    made = copy_part(client, bucket, upload, 1, source)
    assert made["ETag"] == checksums.etag(SOURCE)
    complete(client, bucket, upload, [made])
    assert s3.read(client, bucket, "k") == SOURCE


def test_copies_of_ranges_as_parts(client, bucket, upload, source):
    border = s3.PART + 17
    parts = [copy_part(client, bucket, upload, 1, source, CopySourceRange=f"bytes=0-{border - 1}"),
             copy_part(client, bucket, upload, 2, source,
                       CopySourceRange=f"bytes={border}-{len(SOURCE) - 1}")]
    assert [p["ETag"] for p in parts] == [checksums.etag(SOURCE[:border]),
                                          checksums.etag(SOURCE[border:])]
    complete(client, bucket, upload, parts)
    assert s3.read(client, bucket, "k") == SOURCE


def test_copied_part_outlives_its_source(client, bucket, upload, source):
    made = copy_part(client, bucket, upload, 1, source)
    client.delete_object(**source)
    complete(client, bucket, upload, [made])
    assert s3.read(client, bucket, "k") == SOURCE


def test_copy_of_a_range_across_the_parts_of_the_source(client, bucket, upload):
    s3.put_parts(client, bucket, "parts", [ONE, TWO, END])
    made = copy_part(client, bucket, upload, 1, {"Bucket": bucket, "Key": "parts"},
                     CopySourceRange=f"bytes=5-{2 * s3.PART + 2}")
    complete(client, bucket, upload, [made])
    assert s3.read(client, bucket, "k") == (ONE + TWO + END)[5:2 * s3.PART + 3]


@pytest.mark.parametrize("spec", ["bytes=0-", "bytes=-5", "0-5", "bytes=5-1", "bytes=a-b",
                                  "bytes=0-1,3-4", "bytes=0-99999999", "bytes=99999999-999999999"])
def test_copy_range_must_be_whole_and_inside(client, bucket, upload, source, spec):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        copy_part(client, bucket, upload, 1, source, CopySourceRange=spec)
    # S3 documents InvalidArgument for the form and InvalidRange for the place.
    assert caught.value.response["Error"]["Code"] in ("InvalidArgument", "InvalidRange")
    assert "Parts" not in client.list_parts(Bucket=bucket, Key="k", UploadId=upload)


@pytest.mark.parametrize("condition, etag, is_copied", [
    ("CopySourceIfMatch", checksums.etag(SOURCE), True),
    ("CopySourceIfMatch", checksums.etag(b"other"), False),
    ("CopySourceIfNoneMatch", checksums.etag(SOURCE), False),
    ("CopySourceIfNoneMatch", checksums.etag(b"other"), True)])
def test_condition_on_a_copied_part(client, bucket, upload, source, condition, etag, is_copied):
    if is_copied:
        copy_part(client, bucket, upload, 1, source, **{condition: etag})
    else:
        with s3.refused("PreconditionFailed", 412):
            copy_part(client, bucket, upload, 1, source, **{condition: etag})


def test_copy_of_a_missing_source_as_part(client, bucket, upload):
    with s3.refused("NoSuchKey", 404):
        copy_part(client, bucket, upload, 1, {"Bucket": bucket, "Key": "missing"})
    for how in ({}, {"CopySourceRange": "bytes=0-9"}):
        with s3.refused("NoSuchBucket", 404) as told:
            copy_part(client, bucket, upload, 1, {"Bucket": bucket + "-missing", "Key": "k"}, **how)
        assert told["BucketName"] == bucket + "-missing"


def test_copy_as_part_of_an_unknown_upload(client, bucket, source):
    with s3.refused("NoSuchUpload", 404):
        copy_part(client, bucket, "never", 1, source)
