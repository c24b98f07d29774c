# SPDX-License-Identifier: Apache-2.0
"""Coffer's Python client lives its whole life on a Coffer."""

import io
import json
import os
import subprocess
import sys

import httpx
import pytest

import coffer
from clients import access, keys

pytestmark = pytest.mark.client

MIB = 1024 * 1024
SPECIAL = "test_special/characters !@#$%^&*()_+"
# Like the life of other clients, and what URLs make of them.
KEYS = sorted({*keys.ALL, SPECIAL, "%2E%2E", "a%2Fb", "a/./b", "/a/../b/"}, key=str.encode)
LARGE_MIB = 1024
LARGE_LIMIT_KIB = 32 * 1024


@pytest.fixture
def store(connect, rest):
    return connect(rest)


def test_every_key_lives(new_coffer, connect):
    store = connect(access.of(new_coffer()))
    for key in KEYS:
        assert not store.exists(key)
        store.put(key, key.encode())
    assert list(store.keys()) == KEYS
    assert list(store.keys(page_size=7)) == KEYS
    for key in KEYS:
        assert store.exists(key)
        assert store.get(key) == key.encode()
        under = [k for k in KEYS if k.startswith(key)]
        assert list(store.keys(prefix=key)) == under
    for key in KEYS:
        store.delete(key)
        with pytest.raises(KeyError):
            store.delete(key)
        with pytest.raises(KeyError):
            store.get(key)
    assert list(store.keys()) == []


@pytest.mark.parametrize("size", [0, 1, 16 * 1024, 16 * 1024 + 1, 3 * MIB + 5])
def test_bytes_come_back(store, rest, size):
    key, data = f"{rest.prefix}{size}", os.urandom(size)
    for sent in (data, io.BytesIO(data), iter([data[:size // 2], data[size // 2:]])):
        store.put(key, sent)
        assert store.get(key) == data
        store.delete(key)
    store.put(key, data)
    with store.open(key) as file:
        assert file.size == size
        assert file.etag
        assert file.read(size // 2) == data[:size // 2]
        assert file.read() == data[size // 2:]
    assert b"".join(store.iter(key, chunk_size=1000)) == data


def test_content_type_is_kept(store, rest):
    store.put(rest.prefix + "k", b"{}", content_type="application/json")
    with store.open(rest.prefix + "k") as file:
        assert file.content_type == "application/json"


def test_what_is_not_there(store, rest):
    key = rest.prefix + "nope"
    assert store.exists(key) is False
    for operation in (store.get, store.delete, lambda key: list(store.iter(key))):
        with pytest.raises(KeyError) as told:
            operation(key)
        assert isinstance(told.value, coffer.ObjectNotFound)
        assert told.value.message == f"Object {key} not found"


def test_a_key_that_is_too_long_is_not_stored(store):
    with pytest.raises(KeyError) as told:
        store.put("k" * 1025, b"")
    assert told.value.status == 400


def test_a_wrong_token_is_no_key_error(connect, rest):
    store = connect(access.Access(rest.url, "wrong"))
    for operation in (store.get, store.delete, store.exists, lambda key: list(store.keys())):
        with pytest.raises(coffer.RestStoreError) as told:
            operation(rest.prefix + "k")
        assert told.value.status == 401
        assert not isinstance(told.value, (KeyError, NotImplementedError))
    with pytest.raises(KeyError) as told:
        store.put(rest.prefix + "k", bytes(500_000))
    assert told.value.status == 401


def test_what_a_download_goes_on_with_is_honoured(store, rest):
    """The rest of the object that was begun, and not of one that replaced it."""
    key = rest.prefix + "k"
    store.put(key, b"0123456789")
    with store.open(key) as file:
        fields = {"Authorization": f"Bearer {rest.token}", "Range": "bytes=5-",
                  "If-Match": file.etag}
    url = f"{rest.url}/objects/{key}"
    found = httpx.get(url, headers=fields)
    assert (found.status_code, found.content) == (206, b"56789")
    assert found.headers["Content-Range"] == "bytes 5-9/10"
    assert found.headers["ETag"] == fields["If-Match"]
    store.put(key, b"9876543210")
    assert httpx.get(url, headers=fields).status_code == 412


def test_a_gibibyte_passes_through_little_memory(rest, kind):
    program = access.PYTHON_CLIENT / "tests" / "stream.py"
    done = subprocess.run([sys.executable, program, kind, rest.url, str(LARGE_MIB)],
                          env={**os.environ, "COFFER_TOKEN": rest.token,
                               "PYTHONPATH": str(access.PYTHON_CLIENT / "src")},
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["size"] == LARGE_MIB * MIB
    assert told["sent"] == told["received"]
    assert told["grown_kib"] < LARGE_LIMIT_KIB
