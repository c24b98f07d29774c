# SPDX-License-Identifier: Apache-2.0
"""What goes over the wire, byte for byte."""

import asyncio
import json

import httpx
import pytest
from wire import OK_PUT, Recorder, answer

import coffer

EMPTY_PAGE = b'{"keys":[],"next_cursor":null,"has_more":false}'

PATHS = [
    ("a b", b"a%20b"), ("%41", b"%2541"), ("%", b"%25"), ("%zz", b"%25zz"), ("a#b", b"a%23b"),
    ("a?b=c", b"a%3Fb%3Dc"), ("..", b"%2E%2E"), (".", b"%2E"), ("...", b"..."), ("a.b", b"a.b"),
    ("a/../b", b"a/%2E%2E/b"), ("./x/.", b"%2E/x/%2E"), ("//", b"//"), ("/a/", b"/a/"),
    ("a//b", b"a//b"), ("a\tb", b"a%09b"), ("a\nb", b"a%0Ab"), ("\\", b"%5C"), ("é", b"%C3%A9"),
    ("\0", b"%00"), ("~-_.A9", b"~-_.A9"), ("a+b", b"a%2Bb"), ("a;b:c@d", b"a%3Bb%3Ac%40d"),
    ("test_special/characters !@#$%^&*()_+",
     b"test_special/characters%20%21%40%23%24%25%5E%26%2A%28%29_%2B"),
]


@pytest.mark.parametrize("key, path", PATHS, ids=[ascii(key) for key, _ in PATHS])
def test_keys_arrive_as_they_are(connect, key, path):
    with Recorder(answer(200, OK_PUT), answer(200, b"v"), answer(200), answer(204)) as recorder:
        store = connect(recorder)
        store.put(key, b"")
        store.get(key)
        store.exists(key)
        store.delete(key)
    assert recorder.request_lines == [method + b" /objects/" + path + b" HTTP/1.1"
                                      for method in (b"PUT", b"GET", b"HEAD", b"DELETE")]


def test_a_path_of_the_base_url_stays(connect):
    with Recorder(answer(404)) as recorder:
        for base in ("/a%20b/c", "/a%20b/c/"):
            assert not connect(recorder, base_url=recorder.url + base).exists("..")
    assert recorder.request_lines == [b"HEAD /a%20b/c/objects/%2E%2E HTTP/1.1"] * 2


def test_listing_is_asked_for_in_pages(connect):
    page = json.dumps({"keys": ["x"], "next_cursor": "a+/=", "has_more": True}).encode()
    with Recorder(answer(200, page), answer(200, EMPTY_PAGE)) as recorder:
        store = connect(recorder)
        assert list(store.keys("a+b&c d/é", page_size=7)) == ["x"]
        assert list(store.keys()) == []
    assert recorder.request_lines == [
        b"GET /objects?limit=7&prefix=a%2Bb%26c%20d%2F%C3%A9 HTTP/1.1",
        b"GET /objects?limit=7&prefix=a%2Bb%26c%20d%2F%C3%A9&cursor=a%2B%2F%3D HTTP/1.1",
        b"GET /objects?limit=1000 HTTP/1.1"]


def test_every_request_carries_the_token_and_takes_bytes_as_they_are(connect):
    with Recorder(answer(200, OK_PUT), answer(200), answer(204), answer(200, b"x"),
                  answer(200, EMPTY_PAGE)) as recorder:
        store = connect(recorder)
        store.put("k", b"")
        store.exists("k")
        store.delete("k")
        store.get("k")
        list(store.keys())
    assert len(recorder.heads) == 5
    for index in range(5):
        headers = recorder.headers(index)
        assert headers["authorization"] == [f"Bearer {recorder.token}"]
        assert headers["accept-encoding"] == ["identity"]
        assert headers["user-agent"] == [f"coffer-client/{coffer.__version__}"]


def test_bytes_have_a_length_and_iterators_are_chunked(connect):
    with Recorder(answer(200, OK_PUT)) as recorder:
        store = connect(recorder)
        store.put("k", b"")
        store.put("k", iter([]))
    assert recorder.headers(0)["content-length"] == ["0"]
    assert "transfer-encoding" not in recorder.headers(0)
    assert recorder.headers(1)["transfer-encoding"] == ["chunked"]
    assert "content-length" not in recorder.headers(1)


def test_a_body_that_says_it_is_compressed_is_not_unpacked(connect):
    with Recorder(answer(200, b"not gzip at all", "Content-Encoding: gzip")) as recorder:
        assert connect(recorder).get("k") == b"not gzip at all"


def test_a_refusal_is_heard_though_the_body_is_not_wanted(connect):
    with Recorder(answer(403, b'{"error":{"code":"403","message":"no"}}')) as recorder:
        with pytest.raises(coffer.ObjectNotStored) as told:
            connect(recorder).put("k", bytes(8_000_000))
    assert (told.value.status, told.value.message) == (403, "no")
    assert len(recorder.heads) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(connect, status):
    with Recorder(answer(404)) as other, \
            Recorder(answer(status, b"", f"Location: {other.url}/stolen")) as recorder:
        with pytest.raises(coffer.RestStoreError) as told:
            connect(recorder).get("k")
        assert told.value.status == status
        assert other.heads == []


def foreign_client(kind, **how):
    how = {"headers": {"X-Mine": "yes", "Authorization": "Basic eDp5"}, "follow_redirects": True,
           "auth": ("user", "password"), "base_url": "http://127.0.0.1:9/elsewhere", **how}
    return httpx.Client(**how) if kind == "sync" else httpx.AsyncClient(**how)


def test_a_client_of_the_callers_carries_the_token_too(connect, kind):
    client = foreign_client(kind)
    with Recorder(answer(404)) as other, \
            Recorder(answer(200), answer(307, b"", f"Location: {other.url}/x")) as recorder:
        store = connect(recorder, client=client)
        assert store.exists("a/../b")
        with pytest.raises(coffer.RestStoreError):
            store.exists("b")
        assert other.heads == []
    assert recorder.request_lines[0] == b"HEAD /objects/a/%2E%2E/b HTTP/1.1"
    assert recorder.headers(0)["authorization"] == [f"Bearer {recorder.token}"]
    assert recorder.headers(0)["x-mine"] == ["yes"]
    store.close()
    assert not client.is_closed
    if kind == "sync":
        client.close()
    else:
        asyncio.run(client.aclose())
