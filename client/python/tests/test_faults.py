# SPDX-License-Identifier: Apache-2.0
"""Connections that break, servers that refuse for now, answers that are cut."""

import asyncio
import io
import os
import socket
import time

import httpx
import pytest
from fake_store import (Object, cutting_after, done_but_not_told, passing, refusing, resetting,
                        silent_for)

import coffer

DATA = os.urandom(1_000_000)


@pytest.fixture
def stored(fake):
    fake.objects["k"] = Object(DATA, None)
    return fake


@pytest.fixture
def failing_first(kind, monkeypatch):
    """Makes requests fail with these errors, in turn, before any is sent."""
    owner = httpx.HTTPTransport if kind == "sync" else httpx.AsyncHTTPTransport
    name = "handle_request" if kind == "sync" else "handle_async_request"
    send, errors = getattr(owner, name), []

    def handle(transport, request):
        if errors:
            raise errors.pop(0)
        return send(transport, request)

    monkeypatch.setattr(owner, name, handle)
    yield lambda *these: errors.extend(these)
    assert errors == []


def every_operation(store):
    """Each on an object of its own, so that one does not prepare another."""
    store.put("new", DATA)
    assert store.get("k") == DATA
    assert store.exists("k")
    assert list(store.keys()) == ["k", "new"]
    store.delete("k")


# What is tried again


@pytest.mark.parametrize("fault", [resetting, refusing(429), refusing(429, Retry_After="0"),
                                   refusing(503, Retry_After="0")],
                         ids=["reset", "429", "429 now", "503 now"])
def test_every_operation_is_tried_again(stored, connect, fault):
    for _ in range(5):
        stored.faults.extend([fault, fault, fault, passing])
    every_operation(connect(stored))
    assert len(stored.requests) == 20
    assert stored.objects["new"].data == DATA


@pytest.mark.parametrize("tries", [0, 1, 3])
def test_tries_are_counted(stored, connect, naps, tries):
    stored.faults.extend([refusing(429, "Rate limit exceeded")] * 9)
    with pytest.raises(coffer.RestStoreError, match="429 Rate limit exceeded") as told:
        connect(stored, max_retries=tries).get("k")
    assert told.value.status == 429
    assert len(stored.requests) == 1 + tries
    assert len(naps) == tries


def test_delays_double_to_a_limit(stored, connect, naps):
    stored.faults.extend([refusing(429), resetting] * 4)
    assert connect(stored, max_retries=8, retry_delay=0.5).get("k") == DATA
    assert naps == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_a_delay_beyond_the_limit_stays_as_it_was_given(stored, connect, naps):
    stored.faults.extend([resetting] * 2)
    connect(stored, retry_delay=45).exists("k")
    assert naps == [45, 45]


def test_retry_after_is_honoured(stored, connect, naps):
    stored.faults.extend([refusing(429, Retry_After="7"), refusing(503, Retry_After="0"),
                          refusing(429, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT")])
    assert connect(stored, retry_delay=0.5).get("k") == DATA
    assert naps == [7, 0, 2.0]


def test_the_store_does_wait(stored, connect):
    stored.faults.append(refusing(429, Retry_After="1"))
    began = time.monotonic()
    assert connect(stored, retry_delay=0).exists("k")
    assert time.monotonic() - began >= 1


def test_nobody_waits_for_hours(stored, connect, naps):
    stored.faults.append(refusing(429, Retry_After="86400"))
    with pytest.raises(coffer.RestStoreError):
        connect(stored).get("k")
    assert naps == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 500, 502, 503, 504, 507])
def test_what_would_not_change_is_asked_once(stored, connect, naps, status):
    store = connect(stored)
    for operation in (lambda: store.get("k"), lambda: store.put("k", b"v"),
                      lambda: store.delete("k"), lambda: list(store.keys())):
        stored.faults.append(refusing(status))
        with pytest.raises(coffer.RestStoreError) as told:
            operation()
        assert told.value.status == status
    assert len(stored.requests) == 4
    assert naps == []
    assert stored.objects["k"].data == DATA


def test_what_is_not_there_is_found_out_by_one_request(fake, connect, naps):
    assert connect(fake).exists("nope") is False
    assert fake.methods == ["HEAD"]
    assert naps == []


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
def test_exists_is_not_false_on_an_error(stored, connect, status):
    stored.faults.append(refusing(status))
    with pytest.raises(coffer.RestStoreError) as told:
        connect(stored, max_retries=0).exists("k")
    assert told.value.status == status


def test_nobody_there_is_an_error_of_the_store(fake, connect, naps):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = "http://127.0.0.1:%d" % listener.getsockname()[1]
    store = connect(fake, base_url=url, retry_delay=1, max_retries=2)
    for operation in (lambda: store.get("k"), lambda: store.exists("k"), lambda: store.delete("k"),
                      lambda: list(store.keys())):
        with pytest.raises(coffer.RestStoreError, match="ConnectError") as told:
            operation()
        assert told.value.status is None
        assert not isinstance(told.value, KeyError)
        assert isinstance(told.value.__cause__, httpx.ConnectError)
    with pytest.raises(KeyError):
        store.put("k", b"")
    assert naps == [1, 2] * 5


def test_a_mistake_of_ours_is_not_tried_again(fake, connect, failing_first, naps):
    failing_first(httpx.LocalProtocolError("no such header"))
    with pytest.raises(coffer.RestStoreError, match="no such header"):
        connect(fake).get("k")
    assert naps == []


def test_a_timeout_is_tried_again(stored, connect):
    stored.faults.append(silent_for(3))
    assert connect(stored, timeout=0.5).get("k") == DATA
    assert len(stored.requests) == 2


def test_a_timeout_is_an_error_of_the_store(stored, connect):
    stored.faults.append(silent_for(2))
    with pytest.raises(coffer.RestStoreError, match="ReadTimeout"):
        connect(stored, timeout=0.2, max_retries=0).exists("k")


def test_a_connection_that_the_server_closed_meanwhile_is_made_again(stored, connect):
    store = connect(stored, max_retries=0)
    store.exists("k")
    stored.faults.append(lambda handler: setattr(handler, "close_connection", True) or False)
    store.exists("k")
    deadline = time.monotonic() + 10
    while stored.ended == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert store.exists("k")
    assert (stored.ended, stored.connections) == (1, 2)


# DELETE


def test_a_delete_that_was_done_unheard_succeeds(stored, connect):
    stored.faults.append(done_but_not_told)
    connect(stored).delete("k")
    assert stored.methods == ["DELETE", "DELETE"]
    assert stored.objects == {}


def test_a_delete_that_was_done_by_a_daemon_that_died_succeeds(stored, connect):
    def done_but_refused(handler):
        del stored.objects["k"]
        handler.refuse(503, "Come again", [("Retry-After", "0")])

    stored.faults.append(done_but_refused)
    connect(stored).delete("k")
    assert stored.methods == ["DELETE", "DELETE"]


def test_a_delete_of_nothing_fails_though_it_was_rate_limited(fake, connect):
    fake.faults.append(refusing(429))
    with pytest.raises(KeyError):
        connect(fake).delete("nope")
    assert fake.methods == ["DELETE", "DELETE"]


def test_a_delete_of_nothing_fails_though_nobody_answered_at_first(fake, connect, failing_first):
    failing_first(httpx.ConnectError("refused"), httpx.ConnectTimeout(""), httpx.PoolTimeout(""))
    with pytest.raises(KeyError):
        connect(fake).delete("nope")


# PUT


def test_a_file_is_sent_again_from_where_it_stood(stored, connect):
    file = io.BytesIO(b"before" + DATA)
    file.seek(6)
    stored.faults.extend([resetting, refusing(503, Retry_After="0")])
    connect(stored).put("new", file)
    assert stored.objects["new"].data == DATA
    assert [request.body for request in stored.requests] == [DATA] * 3


def test_progress_begins_again_with_each_try(stored, connect):
    stored.faults.append(resetting)
    seen = []
    connect(stored).put("k", b"12345", progress=lambda done, total: seen.append(done))
    assert seen == [0, 5, 0, 5]


class Pipe:
    """What can be read once."""

    def __init__(self, data):
        self.read = io.BytesIO(data).read


@pytest.mark.parametrize("fault", [resetting, refusing(429), refusing(503, Retry_After="0")],
                         ids=["reset", "429", "503"])
@pytest.mark.parametrize("wrap", [lambda d: iter([d]), Pipe], ids=["iterator", "pipe"])
def test_data_that_is_spent_is_not_sent_again(stored, connect, naps, wrap, fault):
    stored.faults.append(fault)
    with pytest.raises(coffer.ObjectNotStored, match="spent and cannot be sent again"):
        connect(stored).put("new", wrap(DATA))
    assert stored.methods == ["PUT"]
    assert "new" not in stored.objects
    assert naps == []


def test_an_async_iterator_that_is_spent_is_not_sent_again(stored):
    async def data():
        yield DATA

    async def main():
        async with coffer.AsyncRestStore.create(stored.url, stored.token) as store:
            with pytest.raises(coffer.ObjectNotStored, match="spent and cannot be sent again"):
                await store.put("new", data())

    stored.faults.append(resetting)
    asyncio.run(main())
    assert stored.methods == ["PUT"]


def test_an_iterator_that_nothing_was_taken_from_is_sent_later(fake, connect, failing_first):
    failing_first(httpx.ConnectError("refused"), httpx.ConnectTimeout(""), httpx.PoolTimeout(""))
    connect(fake).put("k", iter([DATA]))
    assert fake.objects["k"].data == DATA


def test_an_iterator_that_failed_like_a_connection_is_not_stored_empty(fake, connect):
    """Such as the download that another server has cut."""

    def data():
        raise httpx.ReadError("cut elsewhere")
        yield b""

    with pytest.raises(coffer.ObjectNotStored):
        connect(fake).put("k", data())
    assert fake.objects == {}


def test_a_size_that_is_not_what_was_sent_is_no_success(stored, connect):
    stored.faults.append(lambda handler: handler.answer_json(200, {"key": "k", "size": 4}))
    with pytest.raises(coffer.ObjectNotStored, match="4 bytes of 5"):
        connect(stored).put("k", b"12345")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b"null"])
def test_an_answer_that_is_no_stores_is_no_success(stored, connect, body):
    stored.faults.append(lambda handler: handler.answer(200, body))
    with pytest.raises(coffer.ObjectNotStored, match="not the answer of a store"):
        connect(stored).put("k", b"12345")


# GET


READS = {
    "get": lambda store: store.get("k"),
    "iter": lambda store: b"".join(store.iter("k", 10_000)),
    "open": lambda store: read_in_pieces(store),
}


def read_in_pieces(store):
    with store.open("k") as file:
        pieces = list(iter(lambda: file.read(77_777), b""))
    assert all(len(piece) == 77_777 for piece in pieces[:-1])
    return b"".join(pieces)


@pytest.fixture(params=READS)
def read(request):
    return READS[request.param]


@pytest.mark.parametrize("by", ["close", "reset"])
def test_a_cut_download_goes_on_where_it_was(stored, connect, read, by):
    stored.faults.extend([cutting_after(300_000, by), cutting_after(200_000, by), refusing(429)])
    assert read(connect(stored)) == DATA
    spans = [request.headers.get("Range") for request in stored.requests]
    assert len(spans) == 4 and spans[0] is None and None not in spans[1:]
    assert {request.headers["If-Match"] for request in stored.requests[1:]} == \
        {stored.objects["k"].etag}
    if by == "close":
        assert spans[1:] == ["bytes=300000-", "bytes=500000-", "bytes=500000-"]


def test_a_download_cut_before_its_first_byte_begins_again(stored, connect, read):
    stored.faults.append(cutting_after(0))
    assert read(connect(stored)) == DATA
    assert "Range" not in stored.requests[1].headers


def test_a_cut_download_never_seems_complete(stored, connect, read):
    stored.faults.extend([cutting_after(1000)] * 9)
    with pytest.raises(coffer.RestStoreError):
        read(connect(stored, max_retries=2))
    assert len(stored.requests) == 3


def test_a_reader_that_failed_does_not_go_on(stored, connect):
    stored.faults.append(cutting_after(1000))
    with connect(stored, max_retries=0).open("k") as file:
        with pytest.raises(coffer.RestStoreError):
            file.read()
        with pytest.raises(ValueError):
            file.read(5000)


def test_another_object_is_not_pieced_together(stored, connect, read):
    def replace(handler):
        stored.objects["k"] = Object(DATA[::-1], None)
        return False

    stored.faults.extend([cutting_after(1000), replace])
    with pytest.raises(coffer.RestStoreError, match="changed while it was read"):
        read(connect(stored))


def test_an_object_deleted_meanwhile_is_not_there(stored, connect, read):
    def remove(handler):
        del stored.objects["k"]
        return False

    stored.faults.extend([cutting_after(1000), remove])
    with pytest.raises(KeyError):
        read(connect(stored))


def without(name):
    return lambda headers: [header for header in headers if header[0] != name]


@pytest.mark.parametrize("spoil", [
    without("ETag"), lambda headers: without("ETag")(headers) + [("ETag", 'W/"weak"')]],
    ids=["none", "weak"])
def test_nothing_goes_on_without_a_strong_etag(stored, connect, read, spoil):
    stored.faults.append(cutting_after(1000, spoil=spoil))
    with pytest.raises(coffer.RestStoreError, match="no strong ETag"):
        read(connect(stored))
    assert len(stored.requests) == 1


@pytest.mark.parametrize("status, headers", [
    (200, []),
    (206, []),
    (206, [("Content-Range", "bytes 999-999999/1000000")]),
    (206, [("Content-Range", "bytes 1000-1999999/2000000")]),
    (206, [("Content-Range", "bytes 1000-999999/1000000"), ("ETag", '"another"')]),
], ids=["whole", "no range", "other range", "other size", "other etag"])
def test_an_answer_that_is_not_the_rest_is_refused(stored, connect, read, status, headers):
    stored.faults.extend([cutting_after(1000),
                          lambda handler: handler.answer(status, DATA[1000:], headers)])
    with pytest.raises(coffer.RestStoreError):
        read(connect(stored))


def test_a_part_that_nobody_asked_for_is_refused(stored, connect, read):
    stored.faults.append(lambda handler: handler.answer(
        206, DATA[:1000], [("Content-Range", f"bytes 0-999/{len(DATA)}")]))
    with pytest.raises(coffer.RestStoreError) as told:
        read(connect(stored))
    assert told.value.status == 206


def test_a_rest_that_is_too_short_is_a_cut(stored, connect, read):
    """Each answer is complete in itself; together they are not the object."""
    def short_rest(handler):
        start = int(handler.headers["Range"][6:-1])
        handler.answer(206, DATA[start:start + 5000], [
            ("Content-Range", f"bytes {start}-{start + 4999}/{len(DATA)}")])

    stored.faults.extend([cutting_after(1000), short_rest])
    assert read(connect(stored)) == DATA
    assert stored.requests[-1].headers["Range"] == "bytes=6000-"


def test_a_rest_that_is_too_long_is_refused(stored, connect, read):
    stored.faults.extend([cutting_after(1000), lambda handler: handler.answer(
        206, DATA, [("Content-Range", f"bytes 1000-999999/{len(DATA)}")])])
    with pytest.raises(coffer.RestStoreError, match="more of it"):
        read(connect(stored))


def test_a_body_whose_end_nothing_marks_is_refused(stored, connect, read):
    stored.faults.append(cutting_after(1000, spoil=without("Content-Length")))
    with pytest.raises(coffer.RestStoreError, match="how long"):
        read(connect(stored))


def chunked(end):
    """Sends 3000 bytes in chunks, and the end of them or not."""
    def fault(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("ETag", stored_etag(handler))
        handler.end_headers()
        for start in range(0, 3000, 1000):
            handler.wfile.write(b"3e8\r\n" + DATA[start:start + 1000] + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n" if end else b"")
        handler.wfile.flush()
        handler.close_connection = True

    return fault


def stored_etag(handler):
    return handler.server.objects["k"].etag


def test_chunks_are_read_to_their_end(stored, connect, read):
    stored.faults.append(chunked(end=True))
    assert read(connect(stored)) == DATA[:3000]


def test_cut_chunks_are_made_whole(stored, connect, read):
    stored.faults.append(chunked(end=False))
    assert read(connect(stored)) == DATA
    assert stored.requests[1].headers["Range"] == "bytes=3000-"


class ShortTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Ends bodies early without an error, as no connection may."""

    class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self):
            yield b"123"

        async def __aiter__(self):
            yield b"123"

    def handle_request(self, request):
        return httpx.Response(200, headers={"Content-Length": "5"}, stream=self.Body())

    async def handle_async_request(self, request):
        return self.handle_request(request)


def test_the_length_is_checked_whatever_the_transport_says(connect, kind, fake, read):
    client = (httpx.Client if kind == "sync" else httpx.AsyncClient)(transport=ShortTransport())
    with pytest.raises(coffer.RestStoreError):
        read(connect(fake, client=client, max_retries=1))


def test_get_of_nothing_raises_at_once(fake, connect, read, naps):
    with pytest.raises(KeyError):
        read(connect(fake))
    assert fake.methods == ["GET"]
    assert naps == []


# Listing


def test_a_listing_survives_faults_between_pages(fake, connect):
    for i in range(5):
        fake.objects[f"k{i}"] = Object(b"", None)
    fake.faults.extend([passing, resetting, refusing(429), passing, cutting_after(10), passing])
    assert list(connect(fake, max_retries=2).keys(page_size=2)) == [f"k{i}" for i in range(5)]
