# SPDX-License-Identifier: Apache-2.0
"""The store for programs that wait."""

from __future__ import annotations

import io
from contextlib import closing
from time import sleep
from types import TracebackType
from typing import Callable, Iterator, Optional, Type, TypeVar

import httpx

from ._calls import (REFUSAL_LIMIT, Call, Delete, Download, Exists, ListKeys, Progress, Put,
                     check_chunk_size, check_page_size)
from ._endpoint import Endpoint
from ._source import Data, source_of

T = TypeVar("T")


class _Stream(io.RawIOBase):
    """The bytes of an object as they arrive, over as many connections as it takes."""

    def __init__(self, download: Download, perform: Callable[[Download], httpx.Response]) -> None:
        super().__init__()
        self.download = download
        self._perform = perform
        self._rest = memoryview(b"")
        self._connect()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = memoryview(self._next_block())
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def readall(self) -> bytes:
        rest, self._rest = bytes(self._rest), memoryview(b"")
        return rest + b"".join(iter(self._next_block, b""))

    def close(self) -> None:
        if not self.closed:
            self._response.close()
        super().close()

    def _connect(self) -> None:
        self._response = self._perform(self.download)
        try:
            self.download.begin(self._response)
        except BaseException:
            self._response.close()
            raise
        self._blocks = self._response.iter_raw()

    def _next_block(self) -> bytes:
        """The next bytes, none at the end. One that failed is closed: it never seems to end."""
        try:
            return self._block()
        except BaseException:
            self.close()
            raise

    def _block(self) -> bytes:
        while True:
            try:
                for block in self._blocks:
                    return self.download.took(block)
                self.download.check_end()
                return b""
            except httpx.TransportError as error:
                self._response.close()
                delay = self.download.failed(error)
            sleep(delay)
            self._connect()


class ObjectFile(io.BufferedReader):
    """An object open for reading: a binary file, forwards only. Close it, or use it with `with`."""

    def __init__(self, stream: _Stream) -> None:
        super().__init__(stream)
        self._download = stream.download

    @property
    def size(self) -> Optional[int]:
        """How many bytes the object has, if the server said so."""
        return self._download.size

    @property
    def etag(self) -> Optional[str]:
        """The ETag, quotes included."""
        return self._download.etag

    @property
    def content_type(self) -> Optional[str]:
        """The Content-Type."""
        return self._download.content_type


class RestStore:
    """A store of objects under keys. Made by `create`, ended by `close` or `with`; for all threads.

    After a connection error, a timeout, a 429, and a 503 that says when, an operation is tried
    again, `max_retries` times: when the server says, else after `retry_delay` seconds, doubling.
    """

    def __init__(self, endpoint: Endpoint, client: Optional[httpx.Client] = None) -> None:
        self._endpoint = endpoint
        self._owned = client is None
        self._client = client or httpx.Client()

    @classmethod
    def create(cls, base_url: str, api_key: str, timeout: Optional[float] = 30.0,
               max_retries: int = 3, retry_delay: float = 1.0, *,
               client: Optional[httpx.Client] = None) -> RestStore:
        """A store at `base_url`, with the token `api_key`.

        `timeout` is how long, in seconds, connecting or any single read or write may take. A
        `client` of the caller's is used for its proxies, certificates and pool; it stays the
        caller's to close, and redirects are followed by none.
        """
        return cls(Endpoint(base_url, api_key, timeout, max_retries, retry_delay), client)

    def put(self, key: str, data: Data, *, content_type: Optional[str] = None,
            progress: Optional[Progress] = None) -> None:
        """Stores bytes, the rest of a binary file, or what an iterator of bytes yields.

        Bytes and seekable files are sent again where that helps. An iterator cannot be, once
        something was taken out of it. `progress(done, total)` is called as bytes go out; a further
        try begins again at 0. Raises ObjectNotStored, which is a KeyError.
        """
        self._perform(Put(self._endpoint, key, source_of(data), content_type, progress))

    def get(self, key: str, *, progress: Optional[Progress] = None) -> bytes:
        """The bytes of an object, all of them. Raises ObjectNotFound, which is a KeyError."""
        with self.open(key, progress=progress) as file:
            return file.read()

    def open(self, key: str, *, progress: Optional[Progress] = None) -> ObjectFile:
        """An object as a file to read from. Raises as `get` does.

        A connection that is cut is made again, and reading goes on where it was if the object is
        still the same; else an exception tells. The end of the file is the end of the object.
        """
        return ObjectFile(_Stream(Download(self._endpoint, key, progress), self._perform))

    def iter(self, key: str, chunk_size: int = 256 * 1024, *,
             progress: Optional[Progress] = None) -> Iterator[bytes]:
        """The bytes of an object in chunks of this size, the last one excepted. As for `open`."""
        check_chunk_size(chunk_size)
        return self._chunks(key, chunk_size, progress)

    def exists(self, key: str) -> bool:
        """Whether there is an object under this key. What is neither yes nor no raises."""
        return self._perform(Exists(self._endpoint, key))

    def delete(self, key: str) -> None:
        """Deletes an object. Raises ObjectNotFound, which is a KeyError, if there was none."""
        self._perform(Delete(self._endpoint, key))

    def keys(self, prefix: Optional[str] = None, *, page_size: int = 1000) -> Iterator[str]:
        """All keys, or those with a prefix, in the order of their UTF-8 bytes.

        They are asked for page by page, as they are consumed. Raises ListingNotSupported, which is
        a NotImplementedError.
        """
        check_page_size(page_size)
        return self._keys(prefix, page_size)

    def close(self) -> None:
        """Closes the connections, unless they are those of a `client` that was given."""
        if self._owned:
            self._client.close()

    def __enter__(self) -> RestStore:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._endpoint.base_url}>"

    def _chunks(self, key: str, size: int, progress: Optional[Progress]) -> Iterator[bytes]:
        with self.open(key, progress=progress) as file:
            yield from iter(lambda: file.read(size), b"")

    def _keys(self, prefix: Optional[str], page_size: int) -> Iterator[str]:
        cursor: Optional[str] = None
        while True:
            page = self._perform(ListKeys(self._endpoint, page_size, prefix, cursor))
            yield from page.keys
            if (cursor := page.next_cursor) is None:
                return

    def _perform(self, call: Call[T]) -> T:
        """Tries until the call has its result or raises."""
        while True:
            try:
                response = self._client.send(call.request(self._client, call.body()), stream=True,
                                             auth=None, follow_redirects=False)
                accepted = call.accepts(response.status_code)
                body = b"" if accepted and call.streamed else _read(response, accepted)
            except httpx.TransportError as error:
                delay = call.failed(error)
            else:
                if accepted:
                    return call.result(response, body)
                delay = call.refused(response, body)
            sleep(delay)


def _read(response: httpx.Response, whole: bool) -> bytes:
    """The body of an answer, or as much of a refusal as is of interest."""
    body = bytearray()
    with closing(response):
        for block in response.iter_raw():
            body += block
            if not whole and len(body) >= REFUSAL_LIMIT:
                break
    return bytes(body)
