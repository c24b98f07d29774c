# SPDX-License-Identifier: Apache-2.0
"""What is raised, what it says, and what it never says."""

import logging
import pickle

import pytest
from fake_store import Object, refusing, resetting

import coffer


def test_what_is_not_there_is_a_key_error(fake, connect):
    store = connect(fake)
    for operation in (lambda: store.get("a b"), lambda: store.delete("a b"),
                      lambda: next(store.iter("a b")), lambda: store.open("a b").__enter__()):
        with pytest.raises(KeyError) as told:
            operation()
        error = told.value
        assert isinstance(error, coffer.ObjectNotFound) and isinstance(error, coffer.RestStoreError)
        assert (error.status, error.key, error.message) == (404, "a b", "Object a b not found")
        assert str(error).endswith("'a b': 404 Object a b not found")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 507])
def test_what_could_not_be_stored_is_a_key_error(fake, connect, status):
    fake.faults.append(refusing(status, "Quota exceeded"))
    with pytest.raises(KeyError) as told:
        connect(fake).put("k", b"v")
    assert isinstance(told.value, coffer.ObjectNotStored)
    assert str(told.value) == f"PUT 'k': {status} Quota exceeded"


@pytest.mark.parametrize("status", [404, 405, 501])
def test_keys_that_cannot_be_listed_are_not_implemented(fake, connect, status):
    fake.faults.append(refusing(status))
    with pytest.raises(NotImplementedError) as told:
        list(connect(fake).keys())
    assert isinstance(told.value, coffer.ListingNotSupported)
    assert isinstance(told.value, coffer.RestStoreError)


@pytest.mark.parametrize("operation", [lambda s: s.get("k"), lambda s: s.delete("k"),
                                       lambda s: s.exists("k"), lambda s: list(s.keys())])
@pytest.mark.parametrize("status", [400, 401, 403, 500, 503, 507])
def test_the_rest_is_neither(fake, connect, operation, status):
    fake.faults.append(refusing(status))
    with pytest.raises(coffer.RestStoreError) as told:
        operation(connect(fake))
    assert not isinstance(told.value, (KeyError, NotImplementedError))


@pytest.mark.parametrize("body, said", [
    (b'{"error":{"code":"400","message":"Invalid cursor"}}', "Invalid cursor"),
    (b'{"detail":"Not Found"}', "Not Found"),
    (b'{"detail":[{"msg":"no"}]}', '[{"msg": "no"}]'),
    (b"<html>", "Bad Request"), (b"", "Bad Request"), (b"[]", "Bad Request"),
    (b"5", "Bad Request"), (b'{"error":"x"}', "Bad Request"), (b"\xff" * 70_000, "Bad Request"),
    (b'{"error":null}', "Bad Request"),
])
def test_messages_of_the_server_are_passed_on(fake, connect, body, said):
    fake.faults.append(lambda handler: handler.answer(400, body))
    with pytest.raises(coffer.RestStoreError) as told:
        connect(fake).get("k")
    assert told.value.message == said


def test_of_a_refusal_without_end_a_little_is_read(fake, connect):
    def flood(handler):
        handler.send_response(403)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    fake.faults.append(flood)
    with pytest.raises(coffer.RestStoreError, match="403"):
        connect(fake).get("k")


@pytest.mark.parametrize("body", [
    b"", b"[]", b"{}", b'{"keys":"ab","next_cursor":null,"has_more":false}',
    b'{"keys":[1],"next_cursor":null,"has_more":false}',
    b'{"keys":[],"next_cursor":null,"has_more":true}',
    b'{"keys":[],"next_cursor":"","has_more":true}',
    b'{"keys":[],"next_cursor":5,"has_more":true}',
])
def test_what_is_no_page_is_an_error(fake, connect, body):
    fake.faults.append(lambda handler: handler.answer(200, body))
    with pytest.raises(coffer.RestStoreError, match="not a page of keys"):
        list(connect(fake).keys())


def test_the_last_page_is_the_last_whatever_cursor_it_has(fake, connect):
    page = {"keys": ["a"], "next_cursor": "more", "has_more": False}
    fake.faults.append(lambda handler: handler.answer_json(200, page))
    assert list(connect(fake).keys()) == ["a"]


def test_a_listing_that_does_not_move_on_is_an_error(fake, connect):
    page = {"keys": ["a"], "next_cursor": "same", "has_more": True}
    fake.faults.extend([lambda handler: handler.answer_json(200, page)] * 2)
    with pytest.raises(coffer.RestStoreError, match="does not move on"):
        list(connect(fake).keys())


def test_errors_can_be_sent_to_other_processes():
    error = coffer.ObjectNotFound("GET 'k': 404 no", status=404, message="no", key="k")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.status, again.key) == (str(error), 404, "k")


def everything_said(error):
    """The texts of an exception and of all that it came from."""
    while error is not None:
        yield str(error)
        yield repr(error)
        yield repr(vars(error))
        error = error.__cause__ or error.__context__


def test_the_token_is_told_to_nobody(fake, connect, caplog, capfd, naps):
    caplog.set_level(logging.DEBUG)
    fake.objects["k"] = Object(b"v", None)
    store = connect(fake)
    said = [repr(store), str(store), repr(getattr(store, "store", store)._endpoint)]
    store.get("k")
    fake.faults.extend([refusing(401), resetting, resetting, resetting, resetting])
    for _ in range(2):
        with pytest.raises(coffer.RestStoreError) as told:
            store.get("k")
        said += everything_said(told.value)
    said += [caplog.text, *capfd.readouterr()]
    assert not any(fake.token in text for text in said)
    assert all(request.headers["Authorization"].endswith(fake.token) for request in fake.requests)
