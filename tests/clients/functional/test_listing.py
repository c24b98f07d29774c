# SPDX-License-Identifier: Apache-2.0
"""ListObjects and ListObjectsV2: order, prefix, delimiter, paging, encoding."""

import uuid

import pytest

from clients import s3
from lib import checksums, rawhttp, sigv4

pytestmark = pytest.mark.functional

BOTH = pytest.mark.parametrize("version", ["list_objects", "list_objects_v2"])
TREE = ["a", "a/", "a/1", "a/2", "a/b/1", "b", "b//x", "c/1", "d"]
LISTED_MAX = 1000


@pytest.fixture
def tree(client, bucket):
    s3.put(client, bucket, *TREE)
    return bucket


@pytest.fixture(scope="module")
def crowd(client):
    """A bucket with more objects than one page may hold."""
    bucket = f"t-crowd-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=bucket)
    s3.put(client, bucket, *(f"k{i:04}" for i in range(LISTED_MAX + 5)))
    return bucket


def listing(client, version, bucket, **how):
    return getattr(client, version)(Bucket=bucket, **how)


def raw(server, bucket, *query):
    return rawhttp.request(server, "GET", sigv4.target(bucket, query=query))


def all_pages(client, version, bucket, size, **how):
    """Every key and common prefix over all pages, in order, each page within its size."""
    seen = []
    for page in client.get_paginator(version).paginate(
            Bucket=bucket, PaginationConfig={"PageSize": size}, **how):
        items = sorted(s3.keys(page) + s3.prefixes(page), key=str.encode)
        assert len(items) <= size
        seen += items
    return seen


# Order and fields

@BOTH
def test_empty_bucket(client, bucket, version):
    answer = listing(client, version, bucket)
    assert (s3.keys(answer), s3.prefixes(answer), answer["IsTruncated"]) == ([], [], False)


@BOTH
def test_missing_bucket(client, bucket_name, version):
    with s3.refused("NoSuchBucket", 404):
        listing(client, version, bucket_name)


@BOTH
def test_order_is_that_of_utf8_bytes(client, bucket, version):
    """UTF-16 would put the surrogates of the last before the one before it."""
    order = ["A", "B", "_", "a", "a!", "a/", "a0", "\u00e9", "\u65e5", "\uff5e", "\U0001f5dd"]
    s3.put(client, bucket, *reversed(order))
    assert s3.keys(listing(client, version, bucket)) == order


@BOTH
def test_entry_has_size_etag_class_and_date(client, bucket, version):
    s3.put(client, bucket, "k", body=b"12345")
    entry, = listing(client, version, bucket)["Contents"]
    assert (entry["Key"], entry["Size"], entry["ETag"], entry["StorageClass"]) == (
        "k", 5, checksums.etag(b"12345"), "STANDARD")
    assert entry["LastModified"].utcoffset().total_seconds() == 0


def test_dates_are_iso_8601_with_milliseconds(server, client, bucket):
    s3.put(client, bucket, "k")
    date = raw(server, bucket, ("list-type", "2")).xml.findtext("Contents/LastModified")
    assert len(date) == len("2009-10-12T17:50:30.000Z") and date[19] == "." and date[-1] == "Z"


@BOTH
def test_answer_repeats_the_question(client, tree, version):
    answer = listing(client, version, tree, Prefix="a", Delimiter="/", MaxKeys=7)
    assert (answer["Name"], answer["Prefix"], answer["Delimiter"], answer["MaxKeys"]) == (
        tree, "a", "/", 7)


def test_v1_entries_have_an_owner(client, tree):
    owner = client.list_buckets()["Owner"]["ID"]
    assert {e["Owner"]["ID"] for e in client.list_objects(Bucket=tree)["Contents"]} == {owner}


def test_v2_entries_have_an_owner_when_asked(client, tree):
    plain = client.list_objects_v2(Bucket=tree)["Contents"]
    asked = client.list_objects_v2(Bucket=tree, FetchOwner=True)["Contents"]
    assert not any("Owner" in e for e in plain)
    assert {e["Owner"]["ID"] for e in asked} == {client.list_buckets()["Owner"]["ID"]}


def test_v2_counts_keys_and_prefixes(client, tree):
    assert client.list_objects_v2(Bucket=tree)["KeyCount"] == len(TREE)
    assert client.list_objects_v2(Bucket=tree, Delimiter="/")["KeyCount"] == 6


@BOTH
def test_checksum_algorithm_is_listed(server, client, bucket, version):
    rawhttp.request(server, "PUT", f"/{bucket}/k",
                    [("x-amz-checksum-sha256", checksums.b64("SHA256", b"x"))], b"x")
    query = [("list-type", "2")] if version == "list_objects_v2" else []
    entry = raw(server, bucket, *query).xml.find("Contents")
    assert entry.findtext("ChecksumAlgorithm") == "SHA256"


# Prefix and delimiter

@BOTH
@pytest.mark.parametrize("prefix, expected", [
    ("", TREE), ("a", ["a", "a/", "a/1", "a/2", "a/b/1"]), ("a/", ["a/", "a/1", "a/2", "a/b/1"]),
    ("a/b/1", ["a/b/1"]), ("a/b/12", []), ("z", []), ("b/", ["b//x"])])
def test_prefix(client, tree, version, prefix, expected):
    assert s3.keys(listing(client, version, tree, Prefix=prefix)) == expected


@BOTH
@pytest.mark.parametrize("prefix", ["%", "_", "a%", "*", "'", "a_c", "\\"])
def test_prefix_is_literal(client, bucket, version, prefix):
    s3.put(client, bucket, "abc", "a", prefix + "x")
    assert s3.keys(listing(client, version, bucket, Prefix=prefix)) == [prefix + "x"]


@BOTH
@pytest.mark.parametrize("prefix, delimiter, keys, groups", [
    ("", "/", ["a", "b", "d"], ["a/", "b/", "c/"]),
    ("a/", "/", ["a/", "a/1", "a/2"], ["a/b/"]),
    ("a", "/", ["a"], ["a/"]),
    ("b/", "/", [], ["b//"]),
    ("", "//", ["a", "a/", "a/1", "a/2", "a/b/1", "b", "c/1", "d"], ["b//"]),
    ("", "/b/", ["a", "a/", "a/1", "a/2", "b", "b//x", "c/1", "d"], ["a/b/"]),
    ("", "a", ["b", "b//x", "c/1", "d"], ["a"]),
    ("", "zz", TREE, []),
    ("c/1", "1", ["c/1"], [])])
def test_delimiter(client, tree, version, prefix, delimiter, keys, groups):
    answer = listing(client, version, tree, Prefix=prefix, Delimiter=delimiter)
    assert (s3.keys(answer), s3.prefixes(answer)) == (keys, groups)


@BOTH
def test_delimiter_of_many_bytes(client, bucket, version):
    delimiter = "\u20ac--\U0001f5dd" * 5
    s3.put(client, bucket, f"x{delimiter}1", f"x{delimiter}2", "x\u20ac--", "y")
    answer = listing(client, version, bucket, Delimiter=delimiter)
    assert (s3.keys(answer), s3.prefixes(answer)) == (["x\u20ac--", "y"], [f"x{delimiter}"])


@BOTH
def test_empty_delimiter_is_none(server, tree, version):
    query = [("delimiter", "")] + ([("list-type", "2")] if version == "list_objects_v2" else [])
    assert len(raw(server, tree, *query).xml.findall("Contents")) == len(TREE)


@BOTH
def test_groups_whose_last_byte_is_the_greatest(client, bucket, version):
    """The next key after a group is found without stepping over it: carry must be right."""
    s3.put(client, bucket, "a\U0010ffff/1", "a\U0010ffff/2", "a\U0010ffff0", "b")
    answer = listing(client, version, bucket, Delimiter="\U0010ffff")
    assert (s3.keys(answer), s3.prefixes(answer)) == (["b"], ["a\U0010ffff"])


# Paging

@BOTH
@pytest.mark.parametrize("size", [1, 2, 3, 8, 9, 10])
def test_pages_hold_each_key_once(client, tree, version, size):
    assert all_pages(client, version, tree, size) == TREE


@BOTH
@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7])
@pytest.mark.parametrize("prefix, expected", [
    ("", ["a", "a/", "b", "b/", "c/", "d"]), ("a/", ["a/", "a/1", "a/2", "a/b/"])])
def test_pages_hold_each_group_once(client, tree, version, size, prefix, expected):
    assert all_pages(client, version, tree, size, Prefix=prefix, Delimiter="/") == expected


@BOTH
def test_page_that_ends_exactly_at_the_end_is_not_truncated(client, tree, version):
    assert listing(client, version, tree, MaxKeys=len(TREE))["IsTruncated"] is False
    assert listing(client, version, tree, MaxKeys=len(TREE) - 1)["IsTruncated"] is True


@BOTH
def test_page_whose_rest_is_in_its_last_group_is_not_truncated(client, bucket, version):
    s3.put(client, bucket, "a", "z/1", "z/2", "z/3")
    answer = listing(client, version, bucket, Delimiter="/", MaxKeys=2)
    assert (s3.keys(answer), s3.prefixes(answer), answer["IsTruncated"]) == (["a"], ["z/"], False)


@BOTH
def test_max_keys_0(client, tree, version):
    answer = listing(client, version, tree, MaxKeys=0)
    assert (s3.keys(answer), answer["IsTruncated"], answer["MaxKeys"]) == ([], False, 0)


@BOTH
@pytest.mark.parametrize("given", [None, 1000, 1001, 2147483647])
def test_a_page_has_at_most_1000(client, crowd, version, given):
    answer = listing(client, version, crowd, **({} if given is None else {"MaxKeys": given}))
    assert len(s3.keys(answer)) == LISTED_MAX
    assert (answer["MaxKeys"], answer["IsTruncated"]) == (LISTED_MAX, True)


@BOTH
def test_all_of_a_crowd(client, crowd, version):
    assert all_pages(client, version, crowd, 300) == [f"k{i:04}" for i in range(LISTED_MAX + 5)]


@BOTH
@pytest.mark.parametrize("value", ["-1", "x", "1.5", "99999999999999999999", " 1", "0x10"])
def test_max_keys_that_is_no_count(server, tree, version, value):
    query = [("max-keys", value)] + ([("list-type", "2")] if version == "list_objects_v2" else [])
    answer = raw(server, tree, *query)
    assert (answer.status, answer.code) == (400, "InvalidArgument")


@BOTH
def test_empty_parameters_ask_for_nothing(server, client, tree, version):
    answer = listing(client, version, tree, Delimiter="")
    assert ("Delimiter" in answer, s3.keys(answer), s3.prefixes(answer)) == (False, TREE, [])
    query = [("list-type", "2")] if version == "list_objects_v2" else []
    query += [("delimiter", ""), ("encoding-type", ""), ("max-keys", "")]
    document = raw(server, tree, *query).xml
    assert [document.find(name) for name in ("Delimiter", "EncodingType")] == [None, None]
    assert (document.findtext("MaxKeys"), len(document.findall("Contents"))) == (
        str(LISTED_MAX), len(TREE))


def test_v1_marker(client, tree):
    answer = client.list_objects(Bucket=tree, Marker="a/2")
    assert (answer["Marker"], s3.keys(answer)) == ("a/2", TREE[4:])


def test_v1_marker_need_not_exist(client, tree):
    assert s3.keys(client.list_objects(Bucket=tree, Marker="a/11")) == TREE[3:]


def test_v1_marker_beyond_everything(client, tree):
    answer = client.list_objects(Bucket=tree, Marker="zzz")
    assert (s3.keys(answer), answer["IsTruncated"]) == ([], False)


def test_v1_marker_before_the_prefix(client, tree):
    assert s3.keys(client.list_objects(Bucket=tree, Marker="a", Prefix="c")) == ["c/1"]


def test_v1_marker_that_is_a_group_skips_the_group(client, tree):
    answer = client.list_objects(Bucket=tree, Marker="a/", Delimiter="/")
    assert (s3.keys(answer), s3.prefixes(answer)) == (["b", "d"], ["b/", "c/"])


def test_v1_marker_inside_a_group_with_more_to_come_keeps_the_group(client, tree):
    answer = client.list_objects(Bucket=tree, Marker="a/1", Delimiter="/", Prefix="a/")
    assert (s3.keys(answer), s3.prefixes(answer)) == (["a/2"], ["a/b/"])


def test_v1_next_marker_comes_with_a_delimiter_only(client, tree):
    assert "NextMarker" not in client.list_objects(Bucket=tree, MaxKeys=2)
    grouped = client.list_objects(Bucket=tree, MaxKeys=2, Delimiter="/")
    assert (grouped["IsTruncated"], grouped["NextMarker"]) == (True, "a/")


def test_v2_start_after(client, tree):
    answer = client.list_objects_v2(Bucket=tree, StartAfter="a/2")
    assert (answer["StartAfter"], s3.keys(answer)) == ("a/2", TREE[4:])


def test_v2_start_after_inside_a_group_keeps_the_group(client, tree):
    answer = client.list_objects_v2(Bucket=tree, StartAfter="a/1", Delimiter="/")
    assert (s3.keys(answer), s3.prefixes(answer)) == (["b", "d"], ["a/", "b/", "c/"])


def test_v2_start_after_beyond_everything(client, tree):
    assert client.list_objects_v2(Bucket=tree, StartAfter="zzz")["KeyCount"] == 0


def test_v2_token_is_repeated_and_outweighs_start_after(client, tree):
    token = client.list_objects_v2(Bucket=tree, MaxKeys=3)["NextContinuationToken"]
    answer = client.list_objects_v2(Bucket=tree, ContinuationToken=token, StartAfter="c")
    assert (answer["ContinuationToken"], s3.keys(answer)) == (token, TREE[3:])


def test_v2_token_survives_deletion_of_its_key(client, tree):
    token = client.list_objects_v2(Bucket=tree, MaxKeys=3)["NextContinuationToken"]
    for key in TREE[2:4]:
        client.delete_object(Bucket=tree, Key=key)
    assert s3.keys(client.list_objects_v2(Bucket=tree, ContinuationToken=token)) == TREE[4:]


def test_v2_last_page_has_no_token(client, tree):
    assert "NextContinuationToken" not in client.list_objects_v2(Bucket=tree)


def test_v2_empty_token_is_the_beginning(client, tree):
    answer = client.list_objects_v2(Bucket=tree, ContinuationToken="")
    assert (answer["ContinuationToken"], s3.keys(answer)) == ("", TREE)


@pytest.mark.parametrize("token", ["not a token", "a/2", "AAAA", "\U0001f5dd"])
def test_v2_token_that_none_was_given(server, tree, token):
    answer = raw(server, tree, ("list-type", "2"), ("continuation-token", token))
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_v2_token_in_a_query_needs_encoding_only_once(client, bucket):
    """Keys whose bytes make + and / in base64."""
    names = [chr(0x3b0 + i) * 3 + "?>~" for i in range(10)]
    s3.put(client, bucket, *names)
    assert all_pages(client, "list_objects_v2", bucket, 1) == sorted(names, key=str.encode)


# Encoding

def test_v2_encoding_type_url(server, client, bucket):
    s3.put(client, bucket, "a b/\u20ac+", "a b/x y/1", "a b/x y/2")
    answer = raw(server, bucket, ("list-type", "2"), ("encoding-type", "url"), ("prefix", "a b/"),
                 ("delimiter", "y/"), ("start-after", "a b")).xml
    told = [answer.findtext(name).replace("+", "%20").replace("%2F", "/") for name in (
        "EncodingType", "Prefix", "Delimiter", "StartAfter", "Contents/Key",
        "CommonPrefixes/Prefix")]
    assert told == ["url", "a%20b/", "y/", "a%20b", "a%20b/%E2%82%AC%2B", "a%20b/x%20y/"]


def test_v1_encoding_type_url(server, client, bucket):
    s3.put(client, bucket, "a b/1", "a b/x y/1", "a b/x y/2", "a b/z")
    answer = raw(server, bucket, ("encoding-type", "url"), ("prefix", "a b/"), ("max-keys", "1"),
                 ("delimiter", "y/"), ("marker", "a b/1")).xml
    told = [answer.findtext(name).replace("+", "%20").replace("%2F", "/") for name in (
        "EncodingType", "Prefix", "Delimiter", "Marker", "CommonPrefixes/Prefix", "NextMarker")]
    assert told == ["url", "a%20b/", "y/", "a%20b/1", "a%20b/x%20y/", "a%20b/x%20y/"]


@BOTH
def test_unknown_encoding_type(server, tree, version):
    query = [("encoding-type", "base64")]
    query += [("list-type", "2")] if version == "list_objects_v2" else []
    answer = raw(server, tree, *query)
    assert (answer.status, answer.code) == (400, "InvalidArgument")


# Consistency

@BOTH
def test_listing_sees_every_write_at_once(client, bucket, version):
    for i in range(20):
        s3.put(client, bucket, f"k{i:02}")
        assert len(s3.keys(listing(client, version, bucket))) == i + 1
    for i in range(20):
        client.delete_object(Bucket=bucket, Key=f"k{i:02}")
        assert len(s3.keys(listing(client, version, bucket))) == 19 - i


@BOTH
def test_listing_sees_an_overwrite_at_once(client, bucket, version):
    for size in (5, 100_000, 0):
        s3.put(client, bucket, "k", body=b"y" * size)
        assert listing(client, version, bucket)["Contents"][0]["Size"] == size
