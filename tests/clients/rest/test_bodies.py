# SPDX-License-Identifier: Apache-2.0
"""Bodies on the wire: chunked, cut short, announced, refused; and many requests on a connection."""

import hashlib
import time

import pytest

from lib import rawhttp, rest

pytestmark = pytest.mark.functional

GIB = 1024 ** 3
# One lives in the catalog, the other goes through a pipe into a file.
SIZES = {"small": 1000, "large": 300_000}
EACH_SIZE = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
CHUNKED = ("Transfer-Encoding", "chunked")


def content(size):
    return (hashlib.sha256(str(size).encode()).digest() * (size // 32 + 1))[:size]


def chunked(body, size):
    """A body in chunks of this size, the final one included."""
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def put_chunked(store, key, wire):
    return rawhttp.exchange(store, store.head("PUT", rest.target(key), [CHUNKED]) + wire, "PUT")


# Cut short

@EACH_SIZE
@pytest.mark.parametrize("missing", [1, 500, None], ids=["one byte", "some", "all"])
@pytest.mark.parametrize("old", [None, b"old"], ids=["new", "replacing"])
def test_a_body_cut_short_stores_nothing(store, key, size, missing, old):
    if old:
        store.put(key, old)
    with rawhttp.Connection(store) as c:
        c.send(store.head("PUT", rest.target(key), length=size))
        c.send(content(size)[:size - (size if missing is None else missing)])
        c.finish_sending()
        try:
            assert c.receive("PUT").status >= 400
        except rawhttp.Closed:
            pass
    check_stays(store, key, old)


@EACH_SIZE
@pytest.mark.parametrize("old", [None, b"old"], ids=["new", "replacing"])
@pytest.mark.parametrize("cut", [1, 2, 5, 7, 500])
def test_a_chunked_body_cut_short_stores_nothing(store, key, size, old, cut):
    if old:
        store.put(key, old)
    with rawhttp.Connection(store) as c:
        c.send(store.head("PUT", rest.target(key), [CHUNKED]) + chunked(content(size), 400)[:-cut])
        c.finish_sending()
        try:
            assert c.receive("PUT").status >= 400
        except rawhttp.Closed:
            pass
    check_stays(store, key, old)


@EACH_SIZE
def test_a_client_that_vanishes_stores_nothing(store, key, size):
    store.put(key, b"old")
    with rawhttp.Connection(store) as c:
        c.send(store.head("PUT", rest.target(key), length=size) + content(size)[:-1])
    check_stays(store, key, b"old")


def check_stays(store, key, old):
    """What was there is there still, also a moment later."""
    for _ in range(3):
        assert store.read(key) == old
        time.sleep(0.02)
    store.put(key, b"new")
    assert store.read(key) == b"new"


# Chunked

@pytest.mark.parametrize("size", [0, 1, 16384, 16385, 300_000, 1_100_000])
@pytest.mark.parametrize("piece", [1 << 20, 8191])
def test_a_chunked_body_is_stored(store, key, size, piece):
    answer = put_chunked(store, key, chunked(content(size), piece))
    assert answer.status == 200, answer.body
    assert (rest.document(answer)["key"], rest.document(answer)["size"]) == (key, size)
    assert store.read(key) == content(size)


def test_a_chunked_body_in_chunks_of_one_byte(store, key):
    assert put_chunked(store, key, chunked(content(3000), 1)).status == 200
    assert store.read(key) == content(3000)


def test_a_chunked_body_in_segments_of_one_byte(store, key):
    wire = store.head("PUT", rest.target(key), [CHUNKED]) + chunked(content(300), 100)
    with rawhttp.Connection(store) as c:
        c.send_bytewise(wire)
        assert c.receive("PUT").status == 200
    assert store.read(key) == content(300)


def test_extensions_and_trailers_of_chunks_are_passed_over(store, key):
    wire = b"5;x=y\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n"
    answer = put_chunked(store, key, wire)
    if answer.status == 200:
        assert store.read(key) == b"hello"
    else:
        rest.refused(answer, 400)
        assert store.read(key) is None


@pytest.mark.parametrize("wire", [
    b"zz\r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhelloXX0\r\n\r\n", b"\r\n\r\n", b"FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello0\r\n\r\n", b"5\r\nhe\r\n0\r\n\r\n"], ids=repr)
def test_chunks_that_are_none_store_nothing(store, key, wire):
    store.put(key, b"old")
    with rawhttp.Connection(store) as c:
        c.send(store.head("PUT", rest.target(key), [CHUNKED]) + wire)
        c.finish_sending()
        try:
            assert 400 <= c.receive("PUT").status < 500
            assert c.is_closed()
        except rawhttp.Closed:
            pass
    assert store.read(key) == b"old"


# Expect: 100-continue

EXPECT = ("Expect", "100-continue")


@EACH_SIZE
def test_the_body_is_asked_for(store, key, size):
    with rawhttp.Connection(store) as c:
        c.send(store.head("PUT", rest.target(key), [EXPECT], length=size))
        assert c.receive_interim().status == 100
        c.send(content(size))
        assert c.receive("PUT").status == 200
        c.send(store.head("GET", rest.target(key)))
        assert c.receive().body == content(size)


def test_a_chunked_body_is_asked_for(store, key):
    with rawhttp.Connection(store) as c:
        c.send(store.head("PUT", rest.target(key), [EXPECT, CHUNKED]))
        assert c.receive_interim().status == 100
        c.send(chunked(content(1000), 300))
        assert c.receive("PUT").status == 200
    assert store.read(key) == content(1000)


REFUSALS = {
    "401": (401, lambda s: s.with_token("nonsense"), "/objects/k", 1000),
    "nobody": (401, lambda s: s.with_token(None), "/objects/k", 1000),
    "400": (400, lambda s: s, "/objects/" + "k" * 1025, 1000),
    "empty key": (400, lambda s: s, "/objects/", 1000),
    "404": (404, lambda s: s, "/nothing", 1000),
    "405": (405, lambda s: s, "/objects", 1000),
    "over 5 GiB": (413, lambda s: s, "/objects/k", 5 * GIB + 1),
    "far over 5 GiB": (413, lambda s: s, "/objects/k", 1 << 62),
}


@pytest.mark.parametrize("form", REFUSALS)
def test_a_refusal_comes_before_the_body(store, form):
    """The client that waits is never told to go on."""
    status, who, path, size = REFUSALS[form]
    answer = rawhttp.exchange(store, who(store).head("PUT", path, [EXPECT], length=size), "PUT")
    check_status(answer, status)
    assert answer.interim == []


@pytest.mark.parametrize("form", [form for form in REFUSALS if "over" in form])
def test_a_body_over_the_limit_is_refused_by_its_length(store, form):
    """Not after 5 GiB: nothing is sent here, and nobody expects to be asked."""
    status, who, path, size = REFUSALS[form]
    check_status(rawhttp.exchange(store, who(store).head("PUT", path, length=size), "PUT"), status)


def check_status(answer, status):
    if status in (404, 405):
        assert answer.status == status
        rest.document(answer)
    elif status == 413:
        # Silent in the contract: HTTP's own status, or that of the S3 dialect.
        assert answer.status in (400, 413)
        rest.refused(answer, answer.status)
    else:
        rest.refused(answer, status)


def test_5_gib_itself_is_not_over_the_limit(store, key):
    with rawhttp.Connection(store) as c:
        c.send(store.head("PUT", rest.target(key), [EXPECT], length=5 * GIB))
        assert c.receive_interim().status == 100
    assert store.read(key) is None


def test_an_expectation_that_nobody_knows(store, key):
    """417, or passed over; the body must not become a request."""
    with rawhttp.Connection(store) as c:
        c.send(store.head("PUT", rest.target(key), [("Expect", "a miracle")], length=4) + b"body")
        assert c.receive("PUT").status in (200, 400, 417)


@pytest.mark.parametrize("token", ["nonsense", None])
def test_a_refusal_reaches_a_client_that_is_still_sending(store, key, token):
    for size in (100, 100_000, 8_000_000):
        data = store.with_token(token).head("PUT", rest.target(key), length=size)
        rest.refused(rawhttp.exchange(store, data + bytes(size), "PUT"), 401)
    assert store.read(key) is None


# Many on a connection

def test_many_requests_on_one_connection(store, key):
    with rawhttp.Connection(store) as c:
        for i in range(20):
            body = content(i * 1000)
            c.send(store.head("PUT", rest.target(key), length=len(body)) + body)
            assert c.receive("PUT").status == 200
            c.send(store.head("GET", rest.target(key)))
            assert c.receive().body == body
            c.send(store.head("HEAD", rest.target(key)))
            assert c.receive("HEAD").get("Content-Length") == str(len(body))
            c.send(store.head("DELETE", rest.target(key), length=0))
            assert c.receive("DELETE").status == 204
            c.send(store.head("GET", rest.target(key)))
            rest.refused(c.receive(), 404)


def test_pipelined_requests_are_answered_in_order(store, key):
    bodies = [content(size) for size in (5, 50_000, 0, 17_000, 300_000)]
    sent = b""
    for body in bodies:
        sent += store.head("PUT", rest.target(key), length=len(body)) + body
        sent += store.head("GET", rest.target(key)) + store.head("HEAD", rest.target(key))
    sent += store.head("DELETE", rest.target(key), length=0) + store.head("GET", rest.target(key))
    with rawhttp.Connection(store) as c:
        c.send(sent)
        for body in bodies:
            assert rest.document(c.receive("PUT"))["size"] == len(body)
            assert c.receive().body == body
            assert c.receive("HEAD").get("Content-Length") == str(len(body))
        assert c.receive("DELETE").status == 204
        rest.refused(c.receive(), 404)


def test_errors_do_not_end_a_connection_without_a_body(store, key):
    """Clients keep a pool; a 404 for `exists` must not cost a new connection."""
    nobody = store.with_token(None)
    with rawhttp.Connection(store) as c:
        for asker, method, path, status in (
                (store, "GET", rest.target(key), 404), (store, "HEAD", rest.target(key), 404),
                (store, "DELETE", rest.target(key), 404), (nobody, "GET", rest.target(key), 401),
                (store, "GET", "/objects?limit=abc", 422), (store, "GET", "/nothing", 404),
                (store, "GET", "/objects/%ff", 400), (store, "GET", "/health", 200)):
            c.send(asker.head(method, path))
            assert c.receive(method).status == status


@pytest.mark.parametrize("token", [None, "nonsense"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_refused_body_is_no_request(store, key, token, framing):
    """What came as the body of a refused PUT is never read as the next request."""
    store.put(key, b"kept")
    smuggled = store.head("DELETE", rest.target(key), length=0)
    refused = store.with_token(token)
    if framing == "length":
        data = refused.head("PUT", rest.target(key), length=len(smuggled)) + smuggled
    else:
        data = refused.head("PUT", rest.target(key), [CHUNKED]) + chunked(smuggled, 4096)
    with rawhttp.Connection(store) as c:
        c.send(data + store.head("GET", rest.target(key)))
        rest.refused(c.receive("PUT"), 401)
        try:
            assert c.receive().body == b"kept"
        except rawhttp.Closed:
            pass
    assert store.read(key) == b"kept"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_body_on_a_read_is_no_request(store, key, method):
    store.put(key, b"kept")
    smuggled = store.head("DELETE", rest.target(key), length=0)
    with rawhttp.Connection(store) as c:
        c.send(store.head(method, rest.target(key), length=len(smuggled)) + smuggled)
        assert c.receive(method).status in (200, 400)
    assert store.read(key) == b"kept"


def test_connection_close_is_kept_to(store, key):
    store.put(key, b"body")
    with rawhttp.Connection(store) as c:
        c.send(store.head("GET", rest.target(key), [("Connection", "close")]))
        answer = c.receive()
        assert (answer.body, answer.get("Connection").lower()) == (b"body", "close")
        assert c.is_closed()


@pytest.mark.parametrize("to", ["h2c", "websocket", "TLS/1.3"])
def test_an_upgrade_is_not_taken(store, key, to):
    """As curl --http2 offers it; the answer is that to the request, in HTTP/1.1."""
    store.put(key, b"body")
    fields = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", to),
              ("HTTP2-Settings", "AAMAAABk")]
    answer = store.get(key, fields)
    assert (answer.status, answer.body, answer.interim) == (200, b"body", [])


def test_http_1_0(store, key):
    store.put(key, b"body")
    request = rawhttp.head("GET", rest.target(key), [
        ("Host", store.netloc), ("Authorization", f"Bearer {store.token}")], version="HTTP/1.0")
    with rawhttp.Connection(store) as c:
        c.send(request)
        answer = c.receive()
        assert (answer.status, answer.body) == (200, b"body")
        assert c.is_closed()


def test_a_head_in_segments_of_one_byte(store, key):
    with rawhttp.Connection(store) as c:
        c.send_bytewise(store.head("PUT", rest.target(key), length=4))
        c.send(b"body")
        assert c.receive("PUT").status == 200
    assert store.read(key) == b"body"


def test_blank_lines_before_a_request_are_passed_over(store, key):
    """HTTP asks servers to be that lenient: old clients end a body with one."""
    store.put(key, b"body")
    with rawhttp.Connection(store) as c:
        c.send(b"\r\n" + store.head("GET", rest.target(key)))
        assert c.receive().body == b"body"


def test_a_large_object_both_ways(store, key):
    body = content(64 * 1024 * 1024 + 123)
    store.put(key, body)
    got = store.get(key)
    assert hashlib.sha256(got.body).digest() == hashlib.sha256(body).digest()
    assert store.delete(key).status == 204
