# SPDX-License-Identifier: Apache-2.0
"""The deployed clients live their whole life on a Coffer."""

import datetime
import os

import pytest
from wire import OK_PUT, Recorder, answer

import coffer
from clients import access
from clients.rest_replica import deployed

pytestmark = pytest.mark.client

SPECIAL = "test_special/characters !@#$%^&*()_+"
KEYS = [SPECIAL, "plain", "a b/c d", "a//b", "a/", "é/日本語/\U0001f5dd", "~user", "a+b", "a=b&c",
        "k" * 900, "a:b@c;d,e", "(a)[b]{c}", "'\"<>|^`\\", "$*!"]


def as_stored(kind, key):
    return deployed.AsyncStore.as_stored(key) if kind == "async" else key


@pytest.mark.parametrize("key", KEYS, ids=lambda key: ascii(key)[:30])
def test_life_of_an_object(rest, connect, kind, key):
    store, key = connect(rest), rest.prefix + key
    seen = as_stored(kind, key)
    assert not store.exists(key)
    told = store.put(key, b"hello")
    assert list(told) == ["key", "size", "created_at"]
    assert (told["key"], told["size"]) == (seen, 5)
    datetime.datetime.strptime(told["created_at"], "%Y-%m-%dT%H:%M:%S.%fZ")
    assert store.exists(key)
    assert store.get(key) == b"hello"
    assert [found for found in store.keys() if found.startswith(rest.prefix)] == [seen]
    store.put(key, b"")
    assert store.get(key) == b""
    store.delete(key)
    assert not store.exists(key)
    assert [found for found in store.keys() if found.startswith(rest.prefix)] == []
    for operation in (store.get, store.delete):
        with pytest.raises(deployed.Refused, match="not found") as refused:
            operation(key)
        assert (refused.value.status, refused.value.code) == (404, "404")
        assert str(refused.value) == f"Object {seen} not found"


def test_what_one_stores_the_other_finds(rest, connect, kind):
    key = rest.prefix + "a b/(é)"
    with coffer.RestStore.create(rest.url, rest.token) as newest:
        newest.put(key, b"new")
        store = connect(rest)
        assert store.get(key) == b"new"
        store.put(key, b"old")
        assert newest.get(key) == b"old"


def test_large_bodies_pass(rest, connect):
    data = os.urandom(5_000_000)
    store = connect(rest)
    store.put(rest.prefix + "big", data)
    assert store.get(rest.prefix + "big") == data


def test_listing_goes_over_pages(rest, connect):
    store = connect(rest)
    wanted = [f"{rest.prefix}{number:04} é" for number in range(2 * deployed.PAGE + 50)]
    for key in wanted:
        store.put(key, b"")
    assert [key for key in store.keys() if key.startswith(rest.prefix)] == wanted


def test_every_refusal_has_its_message(rest, connect):
    store, stranger = connect(rest), connect(access.Access(rest.url, "wrong"))
    for operation in (stranger.get, stranger.delete, lambda key: stranger.put(key, b""),
                      lambda key: list(stranger.keys())):
        with pytest.raises(deployed.Refused, match="Invalid or missing token") as refused:
            operation(rest.prefix + "k")
        assert refused.value.status == 401
    with pytest.raises(deployed.Refused) as refused:
        store.put("k" * 1025, b"")
    assert refused.value.status == 400


def test_a_limit_is_waited_for(new_coffer, connect):
    server = new_coffer()
    store = connect(access.limited(server, 5))
    for number in range(15):
        store.put(f"k{number}", b"v")
    assert len(store.waited) > 0
    assert len(list(store.keys())) == 15


# What the replicas send: they are worth no more than their likeness.

EMPTY_PAGE = b'{"keys":[],"next_cursor":null,"has_more":false}'
PAGE = b'{"keys":["%2541"],"next_cursor":"eyJ9+/==","has_more":true}'


def test_requests_are_those_of_the_field(connect, kind):
    json = "Content-Type: application/json"
    with Recorder(answer(200, OK_PUT, json), answer(200, b"v"), answer(204),
                  answer(200, PAGE, json), answer(200, EMPTY_PAGE, json)) as recorder:
        store = connect(recorder)
        store.put(SPECIAL, b"")
        store.get(SPECIAL)
        store.delete(SPECIAL)
        listed = list(store.keys())
    path = (b"/objects/test_special/characters%20!@" if kind == "async" else
            b"/objects/test_special/characters%20%21%40%23%24%25%5E%26%2A%28%29_%2B")
    assert recorder.request_lines == [
        b"PUT " + path + b" HTTP/1.1", b"GET " + path + b" HTTP/1.1",
        b"DELETE " + path + b" HTTP/1.1", b"GET /objects?limit=100 HTTP/1.1",
        b"GET /objects?limit=100&cursor=eyJ9%2B/%3D%3D HTTP/1.1"]
    assert recorder.headers(2)["content-length"] == ["0"]
    assert all(recorder.headers(i)["authorization"] == [f"Bearer {recorder.token}"]
               for i in range(5))
    assert listed == (["%41"] if kind == "sync" else ["%2541"])
