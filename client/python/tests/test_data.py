# SPDX-License-Identifier: Apache-2.0
"""What can be put, and how it is sent."""

import array
import asyncio
import io
import mmap
import os
import threading

import pytest

import coffer

DATA = os.urandom(600_000)


class OnlyReads:
    """An object that can do nothing but read."""

    def __init__(self, data):
        self._file = io.BytesIO(data)

    def read(self, size):
        return self._file.read(size)


@pytest.mark.parametrize("wrap", [
    bytes, bytearray, memoryview, lambda d: array.array("H", d), io.BytesIO, OnlyReads,
    lambda d: iter([d]), lambda d: [d[:5], b"", d[5:]], lambda d: (bytearray(d) for _ in "x"),
    lambda d: (memoryview(d)[i:i + 7000] for i in range(0, len(d), 7000)),
], ids=["bytes", "bytearray", "memoryview", "array", "BytesIO", "OnlyReads", "iterator", "list",
        "generator", "memoryviews"])
def test_bytes_files_and_iterators_are_stored(fake, connect, wrap):
    connect(fake).put("k", wrap(DATA))
    assert fake.objects["k"].data == DATA


def test_a_file_is_sent_from_where_it_stands(fake, connect, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    with path.open("rb") as file:
        file.seek(1000)
        connect(fake).put("k", file)
        assert file.tell() == len(DATA)
    assert fake.objects["k"].data == DATA[1000:]
    assert fake.requests[0].headers["Content-Length"] == str(len(DATA) - 1000)


def test_a_mapped_file_is_sent_as_bytes(fake, connect, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        connect(fake).put("k", mapped)
    assert fake.objects["k"].data == DATA


def test_a_pipe_is_sent_to_its_end(fake, connect):
    reader, writer = os.pipe()

    def write():
        with open(writer, "wb") as file:
            file.write(DATA)

    threading.Thread(target=write).start()
    with open(reader, "rb") as file:
        connect(fake).put("k", file)
    assert fake.objects["k"].data == DATA
    assert fake.requests[0].headers["Transfer-Encoding"] == "chunked"


@pytest.mark.parametrize("make", [
    lambda: "hello", lambda: io.StringIO("hello"), lambda: iter(["hello"]), lambda: ["hello"],
    lambda: {"hello": 1}, lambda: 5, lambda: None, lambda: range(3), lambda: OnlyReads])
def test_what_is_no_bytes_is_a_type_error(fake, connect, make):
    with pytest.raises(TypeError):
        connect(fake).put("k", make())
    assert fake.objects == {}


def test_text_files_are_a_type_error(fake, connect, tmp_path):
    (tmp_path / "file").write_text("hello")
    with (tmp_path / "file").open() as file, pytest.raises(TypeError, match="binary"):
        connect(fake).put("k", file)
    assert fake.objects == {}


class WouldBlock(OnlyReads):
    def read(self, size):
        return None


def test_a_file_that_would_block_is_no_end_of_data(fake, connect):
    with pytest.raises(TypeError):
        connect(fake).put("k", WouldBlock(b""))
    assert fake.objects == {}


def test_an_error_of_the_data_is_the_callers(fake, connect):
    def data():
        yield b"some"
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        connect(fake).put("k", data())
    assert fake.objects == {}


def test_a_file_that_shrinks_is_not_stored(fake, connect, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    with path.open("rb") as file:
        def shrink(done, total):
            if done == 0:
                os.truncate(path, 300_000)

        with pytest.raises(coffer.ObjectNotStored, match="ended after 300000 of 600000 bytes"):
            connect(fake).put("k", file, progress=shrink)
    assert fake.objects == {}


def test_a_file_that_grows_is_sent_as_long_as_it_was(fake, connect, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    with path.open("rb") as file:
        def grow(done, total):
            if done == 0:
                path.write_bytes(DATA + b"more")

        connect(fake).put("k", file, progress=grow)
    assert fake.objects["k"].data == DATA


def test_async_iterators_are_stored_by_the_async_store_only(fake):
    async def data():
        for start in range(0, len(DATA), 9999):
            await asyncio.sleep(0)
            yield DATA[start:start + 9999]

    async def main():
        async with coffer.AsyncRestStore.create(fake.url, fake.token) as store:
            await store.put("k", data())

    asyncio.run(main())
    assert fake.objects["k"].data == DATA
    with coffer.RestStore.create(fake.url, fake.token) as store:
        with pytest.raises(TypeError, match="AsyncRestStore"):
            store.put("l", data())
    assert list(fake.objects) == ["k"]
    assert fake.connections == 1, "nothing had to be sent to know that"


def test_async_store_reads_files_beside_the_loop(fake):
    class Slow(io.BytesIO):
        def read(self, size=-1):
            threads.add(threading.get_ident())
            return super().read(size)

    async def main():
        async with coffer.AsyncRestStore.create(fake.url, fake.token) as store:
            await store.put("k", Slow(DATA))

    threads = set()
    asyncio.run(main())
    assert fake.objects["k"].data == DATA
    assert threads and threading.get_ident() not in threads
