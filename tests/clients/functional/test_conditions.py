# SPDX-License-Identifier: Apache-2.0
"""Conditional requests: the four conditions on reads, two of them on writes.

On reads RFC 7232, section 6 orders them, and S3 documents the two mixed cases by example.
"""

import concurrent.futures
import datetime
import email.utils

import botocore.exceptions
import pytest

from clients import s3
from lib import checksums, rawhttp

pytestmark = pytest.mark.functional

BODY = b"the body"
ETAG = checksums.etag(BODY)
OTHER = checksums.etag(b"another body")
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def key(client, bucket):
    s3.put(client, bucket, "k", body=BODY)
    return "k"


@pytest.fixture
def modified(client, bucket, key):
    return client.head_object(Bucket=bucket, Key=key)["LastModified"]


def date(when):
    return email.utils.format_datetime(when.astimezone(datetime.timezone.utc), usegmt=True)


def ask(server, bucket, key, method, **conditions):
    fields = [(name.replace("_", "-"), value) for name, value in conditions.items()]
    return rawhttp.request(server, method, f"/{bucket}/{key}", fields)


METHODS = pytest.mark.parametrize("method", ["GET", "HEAD"])


@METHODS
@pytest.mark.parametrize("value, status", [
    (ETAG, 200), (OTHER, 412), ("*", 200), (f"{OTHER}, {ETAG}", 200), (ETAG.strip('"'), 200),
    (f"{OTHER}, {OTHER}", 412)])
def test_if_match(server, bucket, key, method, value, status):
    assert ask(server, bucket, key, method, If_Match=value).status == status


@METHODS
@pytest.mark.parametrize("value, status", [
    (ETAG, 304), (OTHER, 200), ("*", 304), (f"{OTHER}, {ETAG}", 304), (ETAG.strip('"'), 304),
    (f"W/{ETAG}", 304)])
def test_if_none_match(server, bucket, key, method, value, status):
    assert ask(server, bucket, key, method, If_None_Match=value).status == status


@METHODS
@pytest.mark.parametrize("delta, status", [(-HOUR, 200), (0 * HOUR, 304)])
def test_if_modified_since(server, bucket, key, modified, method, delta, status):
    answer = ask(server, bucket, key, method, If_Modified_Since=date(modified + delta))
    assert answer.status == status


@METHODS
@pytest.mark.parametrize("delta, status", [(-HOUR, 412), (0 * HOUR, 200), (HOUR, 200)])
def test_if_unmodified_since(server, bucket, key, modified, method, delta, status):
    answer = ask(server, bucket, key, method, If_Unmodified_Since=date(modified + delta))
    assert answer.status == status


@METHODS
@pytest.mark.parametrize("form", ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"])
def test_obsolete_date_forms_are_read(server, bucket, key, modified, method, form):
    answer = ask(server, bucket, key, method,
                 If_Unmodified_Since=(modified - HOUR).strftime(form))
    assert answer.status == 412


@METHODS
def test_date_that_is_none_is_ignored(server, bucket, key, method):
    assert ask(server, bucket, key, method, If_Modified_Since="yesterday").status == 200
    assert ask(server, bucket, key, method, If_Unmodified_Since="yesterday").status == 200


@METHODS
def test_if_match_true_outweighs_if_unmodified_since_false(server, bucket, key, modified, method):
    answer = ask(server, bucket, key, method, If_Match=ETAG,
                 If_Unmodified_Since=date(modified - HOUR))
    assert answer.status == 200


@METHODS
def test_if_none_match_false_outweighs_if_modified_since_true(server, bucket, key, modified,
                                                              method):
    answer = ask(server, bucket, key, method, If_None_Match=ETAG,
                 If_Modified_Since=date(modified - HOUR))
    assert answer.status == 304


@METHODS
def test_if_none_match_true_outweighs_if_modified_since_false(server, bucket, key, modified,
                                                              method):
    answer = ask(server, bucket, key, method, If_None_Match=OTHER,
                 If_Modified_Since=date(modified))
    assert answer.status == 200


@METHODS
def test_if_match_false_comes_before_if_none_match_false(server, bucket, key, method):
    answer = ask(server, bucket, key, method, If_Match=OTHER, If_None_Match=ETAG)
    assert answer.status == 412


@METHODS
def test_both_etag_conditions_true(server, bucket, key, method):
    assert ask(server, bucket, key, method, If_Match=ETAG, If_None_Match=OTHER).status == 200


def test_not_modified_has_etag_and_no_body(server, bucket, key, modified):
    answer = ask(server, bucket, key, "GET", If_None_Match=ETAG)
    assert (answer.status, answer.get("ETag"), answer.body) == (304, ETAG, b"")
    assert answer.get("Last-Modified") in (None, date(modified))


def test_precondition_failed_names_the_condition(server, bucket, key):
    answer = ask(server, bucket, key, "GET", If_Match=OTHER)
    assert (answer.code, answer.xml.findtext("Condition")) == ("PreconditionFailed", "If-Match")


@METHODS
def test_condition_comes_before_range(server, bucket, key, method):
    assert ask(server, bucket, key, method, If_Match=OTHER, Range="bytes=0-1").status == 412
    assert ask(server, bucket, key, method, If_None_Match=ETAG, Range="bytes=0-1").status == 304
    assert ask(server, bucket, key, method, If_Match=ETAG, Range="bytes=0-1").status == 206


@METHODS
@pytest.mark.parametrize("condition", ["If_Match", "If_None_Match"])
def test_missing_key_is_404_whatever_the_condition(server, bucket, method, condition):
    assert ask(server, bucket, "missing", method, **{condition: ETAG}).status == 404


# Writes

def put(client, bucket, key, conditions, body=b"new"):
    with s3.headers(client, conditions):
        return client.put_object(Bucket=bucket, Key=key, Body=body)


def test_put_if_none_match_of_a_new_key(client, bucket):
    put(client, bucket, "k", {"If-None-Match": "*"})
    assert s3.read(client, bucket, "k") == b"new"


def test_put_if_none_match_of_an_existing_key(client, bucket, key):
    with s3.refused("PreconditionFailed", 412):
        put(client, bucket, key, {"If-None-Match": "*"})
    assert s3.read(client, bucket, key) == BODY


def test_put_if_none_match_after_delete(client, bucket, key):
    client.delete_object(Bucket=bucket, Key=key)
    put(client, bucket, key, {"If-None-Match": "*"})
    assert s3.read(client, bucket, key) == b"new"


def test_put_if_none_match_of_an_etag(client, bucket, key):
    """S3 itself knows only `*` here; MinIO's SDKs send tags, which HTTP gives a meaning to."""
    with s3.refused("PreconditionFailed", 412):
        put(client, bucket, key, {"If-None-Match": ETAG})
    assert s3.read(client, bucket, key) == BODY
    put(client, bucket, key, {"If-None-Match": OTHER})
    assert s3.read(client, bucket, key) == b"new"
    put(client, bucket, "fresh", {"If-None-Match": OTHER})
    assert s3.read(client, bucket, "fresh") == b"new"


def test_put_if_match_of_the_present_etag(client, bucket, key):
    put(client, bucket, key, {"If-Match": ETAG})
    assert s3.read(client, bucket, key) == b"new"


def test_put_if_match_of_another_etag(client, bucket, key):
    with s3.refused("PreconditionFailed", 412):
        put(client, bucket, key, {"If-Match": OTHER})
    assert s3.read(client, bucket, key) == BODY


def test_put_if_match_of_a_missing_key(client, bucket):
    with s3.refused("NoSuchKey", 404):
        put(client, bucket, "missing", {"If-Match": ETAG})


def test_large_put_whose_condition_fails_leaves_the_old(client, bucket, key):
    with s3.refused("PreconditionFailed", 412):
        put(client, bucket, key, {"If-None-Match": "*"}, b"n" * 300_000)
    assert s3.read(client, bucket, key) == BODY


def test_of_many_that_create_one_wins(server, bucket):
    def create(i):
        try:
            put(s3.client(server), bucket, "k", {"If-None-Match": "*"}, str(i).encode())
            return i
        except botocore.exceptions.ClientError as error:
            # S3 answers a lost race with either; both tell the loser that it lost.
            assert error.response["Error"]["Code"] in ("PreconditionFailed",
                                                       "ConditionalRequestConflict")
            return None

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        winners = [i for i in pool.map(create, range(8)) if i is not None]
    assert len(winners) == 1
    assert s3.read(s3.client(server), bucket, "k") == str(winners[0]).encode()


def complete(client, bucket, key, conditions):
    upload = s3.begin(client, bucket, key)
    part = s3.upload_part(client, bucket, key, upload, 1, b"new")
    with s3.headers(client, conditions):
        s3.complete(client, bucket, key, upload, [part])


def test_complete_if_none_match_of_a_new_key(client, bucket):
    complete(client, bucket, "k", {"If-None-Match": "*"})
    assert s3.read(client, bucket, "k") == b"new"


def test_complete_if_none_match_of_an_existing_key(client, bucket, key):
    with s3.refused("PreconditionFailed", 412):
        complete(client, bucket, key, {"If-None-Match": "*"})
    assert s3.read(client, bucket, key) == BODY


def test_complete_whose_condition_failed_can_be_repeated_without(client, bucket, key):
    upload = s3.begin(client, bucket, key)
    part = s3.upload_part(client, bucket, key, upload, 1, b"new")
    with s3.headers(client, {"If-None-Match": "*"}), s3.refused("PreconditionFailed", 412):
        s3.complete(client, bucket, key, upload, [part])
    s3.complete(client, bucket, key, upload, [part])
    assert s3.read(client, bucket, key) == b"new"


@pytest.mark.parametrize("etag, expected", [(ETAG, b"new"), (OTHER, BODY)])
def test_complete_if_match(client, bucket, key, etag, expected):
    if expected == b"new":
        complete(client, bucket, key, {"If-Match": etag})
    else:
        with s3.refused("PreconditionFailed", 412):
            complete(client, bucket, key, {"If-Match": etag})
    assert s3.read(client, bucket, key) == expected


def test_complete_if_match_of_a_missing_key(client, bucket):
    with s3.refused("NoSuchKey", 404):
        complete(client, bucket, "missing", {"If-Match": ETAG})
