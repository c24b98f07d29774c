# SPDX-License-Identifier: Apache-2.0
"""Every awkward key, however it is spelt in a path; and what is no key."""

import urllib.parse

import pytest

from clients import keys
from lib import rest, sigv4

pytestmark = pytest.mark.functional

AWKWARD = pytest.mark.parametrize("key", keys.ALL, ids=keys.name)
VERBS = ["PUT", "GET", "HEAD", "DELETE"]


def as_the_sync_client(key):
    """Each part between slashes, everything but the unreserved encoded, once."""
    return "/objects/" + "/".join(urllib.parse.quote(part, safe="") for part in key.split("/"))


def as_the_async_client(key):
    """The key as it is, and what no path may hold quoted by the library; its mangling apart."""
    return "/objects/" + urllib.parse.quote(key, safe="/~!$&'()*+,;=:@")


def slashes_encoded(key):
    return "/objects/" + sigv4.encode(key)


def lower_hex(key):
    return "/objects/" + "".join(f"%{byte:02x}" for byte in key.encode())


SPELLINGS = [as_the_sync_client, as_the_async_client, slashes_encoded, lower_hex]


@AWKWARD
def test_key_lives(empty, key):
    """Put, get, head, list, delete in every spelling: it, and only it."""
    empty.put("zebra", b"zebra")
    for i, put in enumerate(SPELLINGS):
        body = f"{i}".encode()
        answer = empty.ask("PUT", put(key), body=body)
        assert answer.status == 200, answer.body
        assert rest.document(answer)["key"] == key
        for spelling in SPELLINGS:
            assert empty.ask("GET", spelling(key)).body == body
        assert empty.ask("HEAD", put(key)).status == 200
        assert empty.page()["keys"] == sorted([key, "zebra"], key=str.encode)
        assert empty.page(prefix=key)["keys"] == [key]
        assert empty.ask("DELETE", SPELLINGS[i - 1](key)).status == 204
        rest.refused(empty.ask("GET", put(key)), 404, f"Object {key} not found")
    assert empty.page()["keys"] == ["zebra"]


def test_all_keys_side_by_side(empty):
    names = sorted(set(keys.ALL), key=str.encode)
    for key in names:
        empty.put(key, key.encode())
    assert empty.keys(limit=7) == names
    assert empty.keys(limit=1000) == names
    for key in names:
        assert empty.read(key) == key.encode()


@pytest.mark.parametrize("path, key", [
    ("a%2Fb", "a/b"), ("a%2fb", "a/b"), ("%61", "a"), ("a%252Fb", "a%2Fb"), ("%2541", "%41"),
    ("%25", "%"), ("a+b", "a+b"), ("a%2Bb", "a+b"), ("a%20b", "a b"), ("/", "/"), ("//", "//"),
    ("/a", "/a"), ("a/", "a/"), ("a//b", "a//b"), ("..", ".."), (".", "."), ("../x", "../x"),
    ("a/../b", "a/../b"), ("a/./b", "a/./b"), ("%2e%2e/x", "../x"), ("%2E", "."),
    ("a%3Fb", "a?b"), ("a%23b", "a#b"), ("a;b=c", "a;b=c"), ("a&b", "a&b"), ("a=b", "a=b"),
    ("a%5Cb", "a\\b"), ("%09%0A%0D", "\t\n\r"), ("%01%1F%7F", "\x01\x1f\x7f"),
    ("%E2%82%AC", "\u20ac"), ("%e2%82%ac", "\u20ac"), ("%F0%9F%97%9D", "\U0001f5dd"),
    ("~user", "~user"), ("a:b@c", "a:b@c"), ("http://x/y", "http://x/y"), ("%C2%80", "\x80"),
    ("objects/objects", "objects/objects"), ("health", "health")])
def test_a_path_is_decoded_once(empty, path, key):
    assert rest.document(empty.ask("PUT", f"/objects/{path}", body=b"x"))["key"] == key
    assert empty.page()["keys"] == [key]


def test_the_question_mark_ends_the_key(empty):
    assert rest.document(empty.ask("PUT", "/objects/a?b/c", body=b"x"))["key"] == "a"
    assert empty.page()["keys"] == ["a"]


@pytest.mark.parametrize("path", [
    "%ff", "%c0%af", "%c1%81", "%ed%a0%80", "%80", "a%fe", "%e2%82", "%f4%90%80%80",
    "%f8%88%80%80%80", "%e0%80%af", "%ed%b0%80"])
@pytest.mark.parametrize("verb", VERBS)
def test_key_that_is_not_utf8(empty, verb, path):
    check_refused(empty, verb, path)


@pytest.mark.parametrize("path", ["%zz", "%", "%4", "a%", "a%4", "%u0041", "%-1", "%+1", "%0x",
                                  "%%2041", "a%g0b"])
@pytest.mark.parametrize("verb", VERBS)
def test_key_that_does_not_decode(empty, verb, path):
    check_refused(empty, verb, path)


@pytest.mark.parametrize("path", ["%00", "a%00b", "a%00"])
@pytest.mark.parametrize("verb", VERBS)
def test_key_with_nul(empty, verb, path):
    check_refused(empty, verb, path)


@pytest.mark.parametrize("verb", VERBS)
def test_empty_key(empty, verb):
    check_refused(empty, verb, "")
    check_refused(empty, verb, "?x=y")


LONG = {"ascii": "k" * 1024, "euro": "\u20ac" * 341 + "z", "key": "\U0001f5dd" * 256,
        "slashes": "/" * 1024, "encoded": "%" * 1024}


@pytest.mark.parametrize("longest", LONG)
def test_key_of_1024_bytes(empty, longest):
    key = LONG[longest]
    empty.put(key, b"long")
    assert empty.read(key) == b"long"
    assert empty.page()["keys"] == [key]
    assert empty.delete(key).status == 204


@pytest.mark.parametrize("longest", LONG)
@pytest.mark.parametrize("verb", VERBS)
def test_key_over_1024_bytes(empty, verb, longest):
    check_refused(empty, verb, sigv4.encode(LONG[longest] + "k"))


@pytest.mark.parametrize("verb", VERBS)
def test_key_far_over_1024_bytes(empty, verb):
    check_refused(empty, verb, "k" * 10_000)


def check_refused(store, verb, path):
    """400 with a reason, and nothing stored."""
    answer = store.ask(verb, f"/objects/{path}")
    if verb == "HEAD":
        rest.refused_without_body(answer, 400)
    else:
        rest.refused(answer, 400)
    assert store.page()["keys"] == []


def test_life_of_the_deployed_clients_own_test(empty):
    key = "test_special/characters !@#$%^&*()_+"
    for spelling in (as_the_sync_client, as_the_async_client):
        assert empty.ask("PUT", spelling(key), body=b"data").status == 200
        assert empty.ask("GET", spelling(key)).body == b"data"
        listed = rest.document(empty.ask("GET", "/objects?limit=100"))
        assert listed["keys"] == [key]
        assert empty.delete(key).status == 204
        assert empty.ask("HEAD", spelling(key)).status == 404


def test_the_sync_client_unquotes_listed_keys_again(empty):
    """So a listing must not encode: what it holds is the key."""
    empty.put("a b/\u20ac+")
    assert [urllib.parse.unquote(k) for k in empty.page()["keys"]] == ["a b/\u20ac+"]
