# SPDX-License-Identifier: Apache-2.0
"""What is put, as blocks. A block is never longer than BLOCK, so that memory stays flat."""

from __future__ import annotations

import asyncio
import io
import os
from typing import (Any, AsyncIterable, AsyncIterator, BinaryIO, Iterable, Iterator, Optional,
                    Protocol, Union)

BLOCK = 256 * 1024

Bytes = Union[bytes, bytearray, memoryview]


class Readable(Protocol):
    """A binary file, or what reads like one."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, none at the end."""


Data = Union[Bytes, BinaryIO, Readable, Iterable[Bytes]]
AsyncData = Union[Data, AsyncIterable[Bytes]]


def _cut(block: Any) -> Iterator[bytes]:
    """The bytes of one object in blocks."""
    try:
        view = memoryview(block).cast("B")
    except TypeError:
        raise TypeError(f"data consists of bytes, not of {type(block).__name__}") from None
    for start in range(0, len(view), BLOCK):
        yield bytes(view[start:start + BLOCK])


class Source:
    """Data on its way out: `size` if it is known, and whether it can be sent `again`."""

    size: Optional[int] = None
    again = True

    def blocks(self) -> Iterator[bytes]:
        """All blocks, from the beginning."""
        raise NotImplementedError

    async def ablocks(self) -> AsyncIterator[bytes]:
        """The same for an event loop."""
        for block in self.blocks():
            yield block


class _Buffer(Source):
    def __init__(self, view: memoryview) -> None:
        self._view = view
        self.size = view.nbytes

    def blocks(self) -> Iterator[bytes]:
        return _cut(self._view)


class _Once(Source):
    """An iterator: what was taken out of it is gone, and so is one that has raised."""

    def __init__(self, data: Iterable[Any]) -> None:
        self._data = data

    def blocks(self) -> Iterator[bytes]:
        self.again = False
        for block in self._data:
            yield from _cut(block)


class _AsyncOnce(Source):
    def __init__(self, data: AsyncIterable[Any]) -> None:
        self._data = data

    async def ablocks(self) -> AsyncIterator[bytes]:
        self.again = False
        async for block in self._data:
            for piece in _cut(block):
                yield piece


class _File(Source):
    """A file from where it stands. A seekable one is as long as it was when it was given."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._start: Optional[int] = None
        try:
            if file.seekable():
                start = file.tell()
                end = file.seek(0, os.SEEK_END)
                self._start = file.seek(start)
                self.size = max(end - start, 0)
        except (AttributeError, OSError):
            pass  # A pipe, or an object that can do nothing but read.

    def _rewind(self) -> Optional[int]:
        """Back to the start; how much there is to read from there, if that is known."""
        if self._start is None:
            self.again = False
        else:
            self._file.seek(self._start)
        return self.size

    def _read(self, left: Optional[int]) -> bytes:
        block = self._file.read(BLOCK if left is None else min(BLOCK, max(left, 0)))
        if not isinstance(block, (bytes, bytearray, memoryview)):
            raise TypeError("data is read from a binary file that waits for its bytes; this one "
                            f"gave {type(block).__name__}")
        return bytes(block)

    def blocks(self) -> Iterator[bytes]:
        left = self._rewind()
        while block := self._read(left):
            left = None if left is None else left - len(block)
            yield from _cut(block)

    async def ablocks(self) -> AsyncIterator[bytes]:
        left = await asyncio.to_thread(self._rewind)
        while block := await asyncio.to_thread(self._read, left):
            left = None if left is None else left - len(block)
            for piece in _cut(block):
                yield piece


def source_of(data: Data) -> Source:
    """The source for whatever a caller gave."""
    if isinstance(data, (str, io.TextIOBase)):
        raise TypeError("data is text; encode it, or open the file in binary mode")
    try:
        return _Buffer(memoryview(data).cast("B"))  # type: ignore[arg-type]
    except TypeError:
        pass
    if hasattr(data, "read"):
        return _File(data)
    if hasattr(data, "__iter__"):
        return _Once(data)
    if hasattr(data, "__aiter__"):
        raise TypeError("data is an async iterator, which AsyncRestStore takes")
    raise TypeError("data is bytes, a binary file or an iterator of bytes, not "
                    f"{type(data).__name__}")


def async_source_of(data: AsyncData) -> Source:
    """The same with async iterators."""
    if isinstance(data, AsyncIterable):
        return _AsyncOnce(data)
    return source_of(data)
