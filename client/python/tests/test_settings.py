# SPDX-License-Identifier: Apache-2.0
"""What is refused before anything is sent."""

import pytest

import coffer

GOOD = {"base_url": "http://127.0.0.1:8000", "api_key": "token"}
STORES = [coffer.RestStore, coffer.AsyncRestStore]


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("url", ["http://h", "https://h/", "http://[::1]:8000/a%20b",
                                 "http://h:1/é", "HTTP://h", "http://bücher.example"])
def test_urls_are_accepted(store, url):
    assert url in repr(store.create(url, "token"))


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("url", [
    "", "h", "h:80", "//h", "/path", "ftp://h", "http://", "http:///x", "http://h:99999",
    "http://h:x", "http://u:p@h", "http://u@h", "http://@h", "http://h/?q", "http://h?",
    "http://h/#f", "http://h#", "http://h /", " http://h", "http://h\n", "http://h\r\nX: y",
    "http://h\x00", "http://[::1"])
def test_urls_that_are_none_are_refused(store, url):
    with pytest.raises(ValueError, match="base_url"):
        store.create(url, "token")


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("token", ["", "secret\n", "\nsecret", "se cret", "secret\r\nX: y",
                                   "sécret", "secret\x00", "secret\x7f", " secret"])
def test_tokens_that_are_none_are_refused_without_telling_them(store, token):
    with pytest.raises(ValueError, match="api_key") as told:
        store.create("http://h", token)
    assert "cret" not in str(told.value)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("wrong", [
    {"timeout": 0}, {"timeout": -1}, {"timeout": float("nan")}, {"timeout": float("inf")},
    {"max_retries": -1}, {"retry_delay": -1}, {"retry_delay": float("nan")}])
def test_numbers_out_of_range_are_refused(store, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        store.create(**GOOD, **wrong)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("wrong", [
    {"base_url": b"http://h"}, {"base_url": None}, {"api_key": b"token"}, {"api_key": None},
    {"timeout": "30"}, {"max_retries": 1.5}, {"max_retries": None}, {"retry_delay": None},
    {"max_retries": True}])
def test_other_types_are_refused(store, wrong):
    with pytest.raises(TypeError, match=next(iter(wrong))):
        store.create(**{**GOOD, **wrong})


def test_no_timeout_is_a_timeout():
    coffer.RestStore.create(**GOOD, timeout=None).close()


@pytest.mark.parametrize("key, kind", [("", ValueError), ("\udcff", ValueError), (b"k", TypeError),
                                       (None, TypeError), (5, TypeError)])
def test_keys_that_are_none_are_never_sent(fake, connect, key, kind):
    store = connect(fake)
    for operation in (lambda: store.put(key, b""), lambda: store.get(key),
                      lambda: store.exists(key), lambda: store.delete(key),
                      lambda: list(store.iter(key)), lambda: store.open(key).__enter__()):
        with pytest.raises(kind):
            operation()
    assert fake.requests == []


@pytest.mark.parametrize("size", [0, -1, 1.5, None])
def test_sizes_that_lead_nowhere_are_refused_at_once(fake, size):
    for store in (coffer.RestStore, coffer.AsyncRestStore):
        store = store.create(fake.url, fake.token)
        with pytest.raises(ValueError):
            store.iter("k", chunk_size=size)
        with pytest.raises(ValueError):
            store.keys(page_size=size)
