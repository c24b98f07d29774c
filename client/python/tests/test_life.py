# SPDX-License-Identifier: Apache-2.0
"""What a store does for an object, from put to delete."""

import asyncio
import importlib

import pytest

import coffer

KEYS = ["a", "a b/c", "test_special/characters !@#$%^&*()_+", "%41", "%2F", "%", "%zz", "100%",
        "a#b", "a?b=c&d", "..", ".", "./a", "a/..", "a/../b", "a/./b", "...", "//", "/", "/a",
        "a/", "a//b", "a\tb", "a\nb", "a\r\nb", "\\", "..\\x", "\x7f", "\x01", "é", "e\u0301",
        "日本語", "\U0001f5dd", "a+b", "~-_.", "a;b=c:@,", "<&>'\"", "k" * 1024]


@pytest.mark.parametrize("key", KEYS, ids=ascii)
def test_life_of_an_object(fake, connect, key):
    store = connect(fake)
    assert not store.exists(key)
    assert store.put(key, b"hello") is None
    assert list(fake.objects) == [key]
    assert store.exists(key)
    assert store.get(key) == b"hello"
    assert list(store.keys()) == [key]
    assert list(store.keys(prefix=key)) == [key]
    assert store.delete(key) is None
    assert not store.exists(key)
    assert list(store.keys()) == []


@pytest.mark.parametrize("size", [0, 1, 65536, 256 * 1024, 1_000_003])
def test_bytes_come_back(fake, connect, size):
    store = connect(fake)
    data = bytes(range(251)) * (size // 251 + 1)
    data = data[:size]
    store.put("k", data)
    assert store.get("k") == data
    with store.open("k") as file:
        assert (file.size, file.etag) == (size, fake.objects["k"].etag)
        assert file.read(7) == data[:7]
        assert file.read(size) == data[7:]
        assert file.read(1) == b""
        assert file.read() == b""
    with store.open("k") as file:
        assert file.read(10_000) + file.read() == data
    chunks = list(store.iter("k", chunk_size=100_000))
    assert b"".join(chunks) == data
    assert [len(chunk) for chunk in chunks[:-1]] == [100_000] * (len(chunks) - 1)


def test_a_put_replaces(fake, connect):
    store = connect(fake)
    store.put("k", b"one")
    store.put("k", b"")
    assert store.get("k") == b""


def test_content_type_is_kept(fake, connect):
    store = connect(fake)
    store.put("k", b"{}", content_type="application/json")
    store.put("l", b"{}")
    with store.open("k") as file:
        assert file.content_type == "application/json"
    assert "Content-Type" not in fake.requests[1].headers


def test_listing_takes_as_many_pages_as_it_needs(fake, connect):
    store = connect(fake)
    wanted = sorted((f"p+&é/{i}" for i in range(25)), key=str.encode)
    for key in wanted + ["before", "zzz"]:
        store.put(key, b"")
    del fake.requests[:]
    assert list(store.keys("p+&é/", page_size=10)) == wanted
    assert len(fake.requests) == 3
    assert list(store.keys()) == ["before", *wanted, "zzz"]


def test_keys_are_asked_for_as_they_are_consumed(fake, connect):
    store = connect(fake)
    for key in "abc":
        store.put(key, b"")
    del fake.requests[:]
    keys = store.keys(page_size=1)
    assert next(keys) == "a"
    assert len(fake.requests) == 1


def test_connections_are_pooled(fake, connect):
    store = connect(fake)
    for _ in range(3):
        store.put("k", b"x" * 300_000)
        store.get("k")
        store.exists("k")
        store.exists("nope")
        list(store.keys())
        store.delete("k")
    assert fake.connections == 1


def test_progress_is_told(fake, connect):
    store = connect(fake)
    size = 600_000
    seen = []
    store.put("k", b"x" * size, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, size), (262144, size), (524288, size), (size, size)]
    for read in (lambda p: store.get("k", progress=p), lambda p: list(store.iter("k", progress=p))):
        del seen[:]
        read(lambda done, total: seen.append((done, total)))
        assert seen[0] == (0, size) and seen[-1] == (size, size)
        assert seen == sorted(seen)
    del seen[:]
    store.put("k", iter([b"ab", b"c"]), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, None), (2, None), (3, None)]


def test_sync_file_is_a_binary_file(fake):
    with coffer.RestStore.create(fake.url, fake.token) as store:
        store.put("k", b"one\ntwo\nthree")
        with store.open("k") as file:
            assert list(file) == [b"one\n", b"two\n", b"three"]
            assert file.readable() and not file.seekable() and not file.writable()
        with pytest.raises(ValueError):
            file.read()


def test_async_reader_that_is_left_is_closed(fake):
    async def main():
        async with coffer.AsyncRestStore.create(fake.url, fake.token) as store:
            await store.put("k", b"x" * 1000)
            async with store.open("k") as reader:
                await reader.read(10)
            with pytest.raises(ValueError):
                await reader.read()

    asyncio.run(main())


def test_stores_close_their_connections(fake):
    with coffer.RestStore.create(fake.url, fake.token) as store:
        store.put("k", b"")
    with pytest.raises(RuntimeError):
        store.get("k")

    async def main():
        async with coffer.AsyncRestStore.create(fake.url, fake.token) as store:
            assert await store.get("k") == b""
        with pytest.raises(RuntimeError):
            await store.get("k")

    asyncio.run(main())


def test_async_create_may_be_awaited(fake):
    async def main():
        store = await coffer.AsyncRestStore.create(base_url=fake.url, api_key=fake.token)
        try:
            await store.put("k", b"v")
            assert [key async for key in store.keys()] == ["k"]
        finally:
            await store.close()

    asyncio.run(main())


def test_async_store_does_many_things_at_once(fake):
    async def main():
        async with coffer.AsyncRestStore.create(fake.url, fake.token) as store:
            await asyncio.gather(*(store.put(f"k{i}", bytes([i])) for i in range(50)))
            got = await asyncio.gather(*(store.get(f"k{i}") for i in range(50)))
            assert got == [bytes([i]) for i in range(50)]

    asyncio.run(main())


@pytest.mark.parametrize("module, name", [("client", "RestStore"),
                                          ("async_client", "AsyncRestStore")])
def test_deployed_import_names_are_there(module, name):
    deployed = importlib.import_module(f"objectstore.{module}")
    assert getattr(deployed, name) is getattr(coffer, name)
    assert deployed.RestStoreError is coffer.RestStoreError
