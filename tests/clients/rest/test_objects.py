# SPDX-License-Identifier: Apache-2.0
"""PUT, GET, HEAD and DELETE of an object: status, body and header of every answer."""

import concurrent.futures
import datetime
import email.utils
import hashlib
import re

import pytest

from lib import checksums, rawhttp, rest

pytestmark = pytest.mark.functional

# Around the limit under which bodies live in the catalog, around pipes and pages, and empty.
SIZES = [0, 1, 4095, 16383, 16384, 16385, 65536, 262145, 1048576]
CREATED = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
HOUR = datetime.timedelta(hours=1)
BOTH = pytest.mark.parametrize("method", ["GET", "HEAD"])


def content(size):
    return (hashlib.sha256(str(size).encode()).digest() * (size // 32 + 1))[:size]


def created_at(told):
    return datetime.datetime.fromisoformat(told["created_at"].replace("Z", "+00:00"))


def date(when):
    return email.utils.format_datetime(when.astimezone(datetime.timezone.utc), usegmt=True)


# PUT

def test_put_tells_key_size_and_time(store):
    answer = store.ask("PUT", "/objects/a%20b/c", body=b"hello")
    assert answer.status == 200
    assert re.fullmatch(rf'{{"key":"a b/c","size":5,"created_at":"{CREATED}"}}',
                        answer.body.decode())
    assert answer.get("Content-Type") == "application/json"
    age = datetime.datetime.now(datetime.timezone.utc) - created_at(rest.document(answer))
    assert abs(age) < datetime.timedelta(minutes=2)


@pytest.mark.parametrize("size", SIZES)
def test_body_comes_back(store, key, size):
    told = store.put(key, content(size))
    assert (told["key"], told["size"]) == (key, size)
    got = store.get(key)
    assert (got.status, got.body) == (200, content(size))


def test_overwriting_is_200_too_and_forgets_the_old_type(store, key):
    first = store.put(key, b"old", [("Content-Type", "text/x-old")])
    second = store.put(key, b"newer")
    assert created_at(second) >= created_at(first)
    got = store.get(key)
    assert (got.body, got.get("Content-Type")) == (b"newer", "application/octet-stream")


@pytest.mark.parametrize("sizes", [(10, 100_000), (100_000, 10), (100_000, 0)])
def test_overwriting_across_sizes(store, key, sizes):
    for size in sizes:
        store.put(key, content(size))
    assert store.read(key) == content(sizes[-1])


def test_a_put_without_any_length_is_of_no_bytes(store, key):
    """Silent in the contract. HTTP says so, and the service before answered so."""
    answer = rawhttp.exchange(store, store.head("PUT", rest.target(key)), "PUT")
    assert answer.status == 200 and rest.document(answer)["size"] == 0
    assert store.read(key) == b""


@pytest.mark.parametrize("size", [100, 100_000])
def test_a_body_that_is_not_of_its_md5_is_refused(store, key, size):
    """Silent in the contract: whoever sends Content-MD5 counts on it."""
    store.put(key, b"old")
    fields = [("Content-MD5", checksums.md5_b64(b"other"))]
    rest.refused(store.ask("PUT", rest.target(key), fields, content(size)), 400)
    assert store.read(key) == b"old"
    store.put(key, content(size), [("Content-MD5", checksums.md5_b64(content(size)))])
    assert store.read(key) == content(size)


@pytest.mark.parametrize("size", [1000, 100_000])
def test_of_many_that_write_one_is_there_whole(store, key, size):
    bodies = [bytes([i]) * size for i in range(16)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda body: store.put(key, body), bodies))
    assert {told["size"] for told in made} == {size}
    assert store.read(key) in bodies


def test_of_many_that_create_one_wins(store, key):
    def create(i):
        return store.ask("PUT", rest.target(key), [("If-None-Match", "*")], str(i).encode()).status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        told = list(pool.map(create, range(8)))
    assert told.count(200) == 1 and set(told) <= {200, 409, 412}
    assert store.read(key) == str(told.index(200)).encode()


# Headers of GET and HEAD

@pytest.mark.parametrize("size", [0, 100, 100_000])
def test_get_tells_length_etag_and_dates(store, key, size):
    told = store.put(key, content(size))
    got = store.get(key)
    assert (got.get("Content-Length"), got.get("ETag"), got.get("Accept-Ranges")) == (
        str(size), checksums.etag(content(size)), "bytes")
    assert got.get("Last-Modified") == date(created_at(told).replace(microsecond=0))


@pytest.mark.parametrize("size", [0, 100, 100_000])
def test_head_says_what_get_says(store, key, size):
    store.put(key, content(size), [("Content-Type", "text/x")])
    answers = [store.ask(method, rest.target(key)) for method in ("GET", "HEAD")]
    varying = ("date", "x-request-id", "connection", "keep-alive")
    get, head = (sorted((n.lower(), v) for n, v in a.headers if n.lower() not in varying
                        and not n.lower().startswith("x-amz-")) for a in answers)
    assert get == head
    assert [a.status for a in answers] == [200, 200]


@BOTH
def test_content_is_not_sniffed(store, key, method):
    """T53: an object must not become a page of the store's own."""
    store.put(key, b"<script>alert(1)</script>", [("Content-Type", "text/plain")])
    answer = store.ask(method, rest.target(key))
    assert answer.get("X-Content-Type-Options") == "nosniff"


# Content-Type

STORED_TYPES = ["text/plain", "text/html; charset=utf-8", "application/json", "image/svg+xml",
                'multipart/mixed; boundary="a b"', "x-odd/but.legal+type;q=1", "nonsense"]
DEFAULT_TYPE = "application/octet-stream"


@BOTH
@pytest.mark.parametrize("stored", STORED_TYPES)
@pytest.mark.parametrize("accept", [None, "image/png", "*/*"])
def test_the_stored_type_comes_first(store, key, method, stored, accept):
    store.put(key, b"x", [("Content-Type", stored)])
    headers = [] if accept is None else [("Accept", accept)]
    assert store.ask(method, rest.target(key), headers).get("Content-Type") == stored


ACCEPTED = [
    (None, DEFAULT_TYPE), ("image/png", "image/png"), ("text/x.y-z+json", "text/x.y-z+json"),
    ("TEXT/Plain", "TEXT/Plain"),
    ("*/*", DEFAULT_TYPE), ("image/*", DEFAULT_TYPE), ("*/png", DEFAULT_TYPE), ("*", DEFAULT_TYPE),
    ("text/html, image/png", DEFAULT_TYPE), ("text/html,*/*;q=0.8", DEFAULT_TYPE),
    ("text/html,text/html", DEFAULT_TYPE), (",", DEFAULT_TYPE),
    ("", DEFAULT_TYPE), ("image", DEFAULT_TYPE), ("/", DEFAULT_TYPE), ("image/", DEFAULT_TYPE),
    ("/png", DEFAULT_TYPE), ("a/b/c", DEFAULT_TYPE), ("a b/c", DEFAULT_TYPE),
    ("ima(ge/png", DEFAULT_TYPE)]


@BOTH
@pytest.mark.parametrize("accept, expected", ACCEPTED)
def test_without_a_stored_type_one_concrete_accept_decides(store, key, method, accept, expected):
    store.put(key)
    headers = [] if accept is None else [("Accept", accept)]
    assert store.ask(method, rest.target(key), headers).get("Content-Type") == expected


@pytest.mark.parametrize("accept", ["text/plain;charset=utf-8", "text/plain; q=0.5",
                                    "text/plain;charset=utf-8;q=0.5"])
def test_parameters_leave_it_one_type(store, key, accept):
    """Silent in the contract: they may be left out, and a weight is never part of a type."""
    store.put(key)
    told = store.get(key, [("Accept", accept)]).get("Content-Type")
    assert told.partition(";")[0] == "text/plain"
    assert "q=" not in told


def test_accept_in_two_fields_is_several_types(store, key):
    store.put(key)
    got = store.get(key, [("Accept", "text/plain"), ("Accept", "image/png")])
    assert got.get("Content-Type") == DEFAULT_TYPE


@pytest.mark.parametrize("kind", ["x/" + "y" * 200, "x/" + "y" * 5000, b"text/pl\xe4in",
                                  "text/\u20ac", "a\tb"], ids=ascii)
def test_an_odd_type_comes_back_as_it_came_or_is_refused(store, key, kind):
    kind = kind if isinstance(kind, bytes) else kind.encode()
    answer = store.ask("PUT", rest.target(key), [("Content-Type", kind)], b"x")
    if answer.status == 200:
        assert store.get(key).get("Content-Type").encode("latin-1") == kind
    else:
        rest.refused(answer, 400)
        assert store.read(key) is None


def test_an_empty_type_is_none(store, key):
    store.put(key, b"x", [("Content-Type", "")])
    assert store.get(key, [("Accept", "image/png")]).get("Content-Type") == "image/png"


def test_accept_does_not_change_errors_or_other_answers(store, key):
    headers = [("Accept", "image/png")]
    rest.refused(store.get(key, headers), 404)
    rest.document(store.ask("GET", "/objects", headers))
    rest.document(store.ask("PUT", rest.target(key), headers, b"x"))


# What is not there

@pytest.mark.parametrize("key", ["missing", "a b/c", "a//b/", "\u20ac", 'say "no"', "a\\b", "%41",
                                 "tab\there", "<x>", "\x01"])
def test_missing_object_is_named(store, key):
    key = "missing/" + key
    for answer in (store.get(key), store.delete(key)):
        rest.refused(answer, 404, f"Object {key} not found")


def test_head_of_a_missing_object_has_no_body(store, key):
    with rawhttp.Connection(store) as c:
        for _ in range(2):
            c.send(store.head("HEAD", rest.target(key)))
            rest.refused_without_body(c.receive("HEAD"), 404)


# DELETE

def test_delete_removes_it(store, key):
    store.put(key)
    answer = store.delete(key)
    assert (answer.status, answer.body, answer.get("Content-Length"),
            answer.get("Content-Type")) == (204, b"", None, None)
    rest.refused(store.get(key), 404)
    rest.refused(store.delete(key), 404, f"Object {key} not found")


def test_delete_without_a_length(store, key):
    store.put(key)
    assert store.ask("DELETE", rest.target(key)).status == 204


def test_delete_with_a_body_deletes_and_stays_in_step(store, key):
    """Silent in the contract; some HTTP libraries send one. What follows must not be misread."""
    store.put(key)
    with rawhttp.Connection(store) as c:
        c.send(store.head("DELETE", rest.target(key), length=2) + b"{}")
        assert c.receive("DELETE").status in (204, 400)
        try:
            c.send(store.head("GET", "/health"))
            assert c.receive().status == 200
        except (rawhttp.Closed, BrokenPipeError, ConnectionResetError):
            pass


def test_delete_is_of_that_key_only(empty):
    for key in ("a", "a/", "a/b", "ab"):
        empty.put(key)
    assert empty.delete("a/").status == 204
    assert empty.keys() == ["a", "a/b", "ab"]


@pytest.mark.parametrize("size", [10, 100_000])
def test_of_many_that_delete_one_is_told_204(store, key, size):
    store.put(key, content(size))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        told = sorted(pool.map(lambda _: store.delete(key).status, range(8)))
    assert told == [204] + [404] * 7


# Range

BODY = bytes(range(256)) * 4
# One body lives in the catalog, the other in a file of its own.
BODIES = {"small": BODY, "large": BODY * 100}


@pytest.fixture(scope="module", params=BODIES)
def ranged(request, store):
    """A key and its body."""
    store.put(f"ranged-{request.param}", BODIES[request.param])
    return f"ranged-{request.param}", BODIES[request.param]


@pytest.mark.parametrize("spec, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=0-9", 0, 9), ("bytes=500-599", 500, 599),
    ("bytes=1000-", 1000, -1), ("bytes=0-", 0, -1), ("bytes=-1", -1, -1), ("bytes=-100", -100, -1),
    ("bytes=1000-99999999", 1000, -1), ("bytes=1-18446744073709551615", 1, -1),
    ("bytes=-99999999", 0, -1)])
def test_range_gives_those_bytes(store, ranged, spec, first, last):
    key, body = ranged
    first, last = first % len(body), last % len(body)
    got = store.get(key, [("Range", spec)])
    assert (got.status, got.get("Content-Range"), got.get("Content-Length")) == (
        206, f"bytes {first}-{last}/{len(body)}", str(last - first + 1))
    assert got.body == body[first:last + 1]
    assert got.get("ETag") == checksums.etag(body)
    assert got.get("Content-Type") == DEFAULT_TYPE


@pytest.mark.parametrize("spec", ["bytes={size}-", "bytes={size}-{size}", "bytes=999999999-",
                                  "bytes=99999999999999999-99999999999999999", "bytes=-0"])
def test_range_that_touches_nothing(store, ranged, spec):
    key, body = ranged
    got = store.get(key, [("Range", spec.format(size=len(body)))])
    rest.refused(got, 416)
    assert got.get("Content-Range") == f"bytes */{len(body)}"


@pytest.mark.parametrize("spec", ["bytes=0-0", "bytes=0-"])
def test_range_of_an_empty_object(store, key, spec):
    store.put(key, b"")
    got = store.get(key, [("Range", spec)])
    rest.refused(got, 416)
    assert got.get("Content-Range") == "bytes */0"


@pytest.mark.parametrize("spec", ["bytes=9-3", "bytes=a-b", "bytes=", "bytes=-", "bytes=--5",
                                  "bytes=1-2-3", "octets=0-1", "0-1", "bytes 0-1", "bytes=+1-2"])
def test_malformed_range_is_ignored(store, ranged, spec):
    key, body = ranged
    got = store.get(key, [("Range", spec)])
    assert (got.status, got.get("Content-Range"), got.body) == (200, None, body)


def test_several_ranges_give_the_whole_object(store, ranged):
    """Silent in the contract. HTTP lets a server ignore them, as the S3 dialect does."""
    key, body = ranged
    got = store.get(key, [("Range", "bytes=0-1,5-6")])
    assert (got.status, got.body) == (200, body)


def test_range_of_a_missing_object(store, key):
    rest.refused(store.get(key, [("Range", "bytes=0-1")]), 404, f"Object {key} not found")


def test_range_on_put_and_delete_means_nothing(store, key):
    store.put(key, b"old")
    store.put(key, b"new", [("Range", "bytes=0-1")])
    assert store.read(key) == b"new"
    answer = store.ask("DELETE", rest.target(key), [("Range", "bytes=0-0")])
    assert answer.status == 204 and store.read(key) is None


@pytest.mark.parametrize("spec", ["bytes=0-0", "bytes=999999999-"])
def test_head_has_no_ranges(store, ranged, spec):
    """200 or 404, says the contract; HTTP has ranges for GET alone."""
    key, body = ranged
    got = store.ask("HEAD", rest.target(key), [("Range", spec)])
    assert (got.status, got.get("Content-Length"), got.get("Content-Range")) == (
        200, str(len(body)), None)


# Conditions

OLD, OTHER = b"the body", checksums.etag(b"another body")
ETAG = checksums.etag(OLD)


@pytest.fixture
def there(store, key):
    store.put(key, OLD)
    return key


@pytest.fixture
def modified(store, there):
    return email.utils.parsedate_to_datetime(store.get(there).get("Last-Modified"))


def ask(store, method, key, **conditions):
    fields = [(name.replace("_", "-"), value) for name, value in conditions.items()]
    return store.ask(method, rest.target(key), fields)


@BOTH
@pytest.mark.parametrize("value, status", [
    (ETAG, 304), (OTHER, 200), ("*", 304), (f"{OTHER}, {ETAG}", 304), (f"W/{ETAG}", 304)])
def test_if_none_match(store, there, method, value, status):
    assert ask(store, method, there, If_None_Match=value).status == status


@BOTH
@pytest.mark.parametrize("delta, status", [(-HOUR, 200), (0 * HOUR, 304)])
def test_if_modified_since(store, there, modified, method, delta, status):
    answer = ask(store, method, there, If_Modified_Since=date(modified + delta))
    assert answer.status == status


def test_not_modified_has_etag_and_no_body(store, there, modified):
    with rawhttp.Connection(store) as c:
        for _ in range(2):
            c.send(store.head("GET", rest.target(there), [("If-None-Match", ETAG)]))
            answer = c.receive()
            assert (answer.status, answer.get("ETag"), answer.body) == (304, ETAG, b"")
            assert answer.get("Last-Modified") in (None, date(modified))


@pytest.mark.parametrize("value, status", [
    (ETAG, 200), (OTHER, 412), ("*", 200), (f"{OTHER}, {ETAG}", 200)])
def test_if_match(store, there, value, status):
    answer = ask(store, "GET", there, If_Match=value)
    if status == 412:
        rest.refused(answer, 412)
    else:
        assert (answer.status, answer.body) == (200, OLD)
    assert ask(store, "HEAD", there, If_Match=value).status == status


@pytest.mark.parametrize("delta, status", [(-HOUR, 412), (0 * HOUR, 200), (HOUR, 200)])
def test_if_unmodified_since(store, there, modified, delta, status):
    answer = ask(store, "GET", there, If_Unmodified_Since=date(modified + delta))
    assert answer.status == status


def test_date_that_is_none_is_ignored(store, there):
    assert ask(store, "GET", there, If_Modified_Since="yesterday").status == 200


def test_condition_comes_before_range(store, there):
    assert ask(store, "GET", there, If_Match=OTHER, Range="bytes=0-1").status == 412
    assert ask(store, "GET", there, If_None_Match=ETAG, Range="bytes=0-1").status == 304
    assert ask(store, "GET", there, If_Match=ETAG, Range="bytes=0-1").status == 206


def test_missing_object_is_404_whatever_the_condition(store, key):
    for condition in ({"If_Match": ETAG}, {"If_None_Match": ETAG}, {"If_None_Match": "*"}):
        rest.refused(ask(store, "GET", key, **condition), 404, f"Object {key} not found")


@pytest.mark.parametrize("value", [ETAG, "date"])
def test_if_range_of_the_same_object_gives_the_range(store, there, modified, value):
    value = date(modified) if value == "date" else value
    got = ask(store, "GET", there, If_Range=value, Range="bytes=0-1")
    assert (got.status, got.body) in ((206, OLD[:2]), (200, OLD))
    if value == ETAG:
        assert got.status == 206


@pytest.mark.parametrize("value", [OTHER, f"W/{ETAG}", "date"])
def test_if_range_of_another_object_gives_all_of_it(store, there, modified, value):
    """Who resumes a download of what was replaced meanwhile must not get a mixture."""
    value = date(modified - HOUR) if value == "date" else value
    got = ask(store, "GET", there, If_Range=value, Range="bytes=0-1")
    assert (got.status, got.body) == (200, OLD)


def test_put_if_none_match_does_not_replace(store, there):
    """Silent in the contract: whoever sends the condition counts on it, as on the S3 side."""
    answer = store.ask("PUT", rest.target(there), [("If-None-Match", "*")], b"new")
    rest.refused(answer, 412)
    assert store.read(there) == OLD
    store.put(there + "-2", b"new", [("If-None-Match", "*")])


def test_put_if_match_replaces_only_that(store, there):
    rest.refused(store.ask("PUT", rest.target(there), [("If-Match", OTHER)], b"new"), 412)
    assert store.read(there) == OLD
    store.put(there, b"new", [("If-Match", ETAG)])
    assert store.read(there) == b"new"


def test_delete_if_match_deletes_only_that(store, there):
    answer = store.ask("DELETE", rest.target(there), [("If-Match", OTHER)])
    rest.refused(answer, 412)
    assert store.read(there) == OLD
    assert store.ask("DELETE", rest.target(there), [("If-Match", ETAG)]).status == 204
    assert store.read(there) is None
