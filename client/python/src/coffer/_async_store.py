# SPDX-License-Identifier: Apache-2.0
"""The store for programs with an event loop of asyncio."""

from __future__ import annotations

from asyncio import sleep
from contextlib import asynccontextmanager
from types import TracebackType
from typing import AsyncIterator, Awaitable, Callable, Generator, Optional, Type, TypeVar

import httpx

from ._calls import (REFUSAL_LIMIT, Call, Delete, Download, Exists, ListKeys, Progress, Put,
                     check_chunk_size, check_page_size)
from ._endpoint import Endpoint
from ._source import AsyncData, async_source_of

T = TypeVar("T")


class ObjectReader:
    """An object open for reading, forwards only. `AsyncRestStore.open` makes and closes it."""

    def __init__(self, download: Download,
                 perform: Callable[[Download], Awaitable[httpx.Response]]) -> None:
        self._download = download
        self._perform = perform
        self._rest = bytearray()
        self._response: Optional[httpx.Response] = None
        self._blocks: Optional[AsyncIterator[bytes]] = None

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

    async def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer only at the end; all that is left when `size` is negative."""
        while size < 0 or len(self._rest) < size:
            block = await self._next_block()
            if not block:
                break
            self._rest += block
        count = len(self._rest) if size < 0 else size
        taken = bytes(self._rest[:count])
        del self._rest[:count]
        return taken

    async def close(self) -> None:
        """Ends reading. The connection is used again only if the object was read to its end."""
        self._blocks = None
        if self._response is not None:
            await self._response.aclose()

    async def connect(self) -> None:
        """Asks for the object, or for the rest of it. Only after a `close`, or the first time."""
        self._response = await self._perform(self._download)
        self._download.begin(self._response)
        self._blocks = self._response.aiter_raw()

    async def _next_block(self) -> bytes:
        """The next bytes, none at the end. One that failed is closed: it never seems to end."""
        try:
            return await self._block()
        except BaseException:
            await self.close()
            raise

    async def _block(self) -> bytes:
        while True:
            if self._blocks is None:
                raise ValueError("this object is closed")
            try:
                async for block in self._blocks:
                    return self._download.took(block)
                self._download.check_end()
                return b""
            except httpx.TransportError as error:
                delay = self._download.failed(error)
            await self.close()
            await sleep(delay)
            await self.connect()


class AsyncRestStore:
    """A store of objects under keys. Made by `create`, ended by `close` or `async with`.

    After a connection error, a timeout, a 429, and a 503 that says when, an operation is tried
    again, `max_retries` times: when the server says, else after `retry_delay` seconds, doubling.
    """

    def __init__(self, endpoint: Endpoint, client: Optional[httpx.AsyncClient] = None) -> None:
        self._endpoint = endpoint
        self._owned = client is None
        self._client = client or httpx.AsyncClient()

    @classmethod
    def create(cls, base_url: str, api_key: str, timeout: Optional[float] = 30.0,
               max_retries: int = 3, retry_delay: float = 1.0, *,
               client: Optional[httpx.AsyncClient] = None) -> AsyncRestStore:
        """A store at `base_url`, with the token `api_key`; `await` it or not.

        `timeout` is how long, in seconds, connecting or any single read or write may take. A
        `client` of the caller's is used for its proxies, certificates and pool; it stays the
        caller's to close, and redirects are followed by none.
        """
        return cls(Endpoint(base_url, api_key, timeout, max_retries, retry_delay), client)

    async def put(self, key: str, data: AsyncData, *, content_type: Optional[str] = None,
                  progress: Optional[Progress] = None) -> None:
        """Stores bytes, the rest of a binary file, or what an iterator, async or not, yields.

        Bytes and seekable files are sent again where that helps. An iterator cannot be, once
        something was taken out of it. Files are read in a thread. `progress(done, total)` is called
        as bytes go out; a further try begins again at 0. Raises ObjectNotStored, which is a
        KeyError.
        """
        source = async_source_of(data)
        await self._perform(Put(self._endpoint, key, source, content_type, progress))

    async def get(self, key: str, *, progress: Optional[Progress] = None) -> bytes:
        """The bytes of an object, all of them. Raises ObjectNotFound, which is a KeyError."""
        async with self.open(key, progress=progress) as reader:
            return await reader.read()

    @asynccontextmanager
    async def open(self, key: str, *,
                   progress: Optional[Progress] = None) -> AsyncIterator[ObjectReader]:
        """An object to read from, for `async with`. Raises as `get` does.

        A connection that is cut is made again, and reading goes on where it was if the object is
        still the same; else an exception tells. The end of reading is the end of the object.
        """
        reader = ObjectReader(Download(self._endpoint, key, progress), self._perform)
        try:
            await reader.connect()
            yield reader
        finally:
            await reader.close()

    def iter(self, key: str, chunk_size: int = 256 * 1024, *,
             progress: Optional[Progress] = None) -> AsyncIterator[bytes]:
        """The bytes of an object in chunks of this size, the last one excepted. As for `open`.

        Who leaves the loop early keeps a connection until the iterator is closed. `open` does not.
        """
        check_chunk_size(chunk_size)
        return self._chunks(key, chunk_size, progress)

    async def exists(self, key: str) -> bool:
        """Whether there is an object under this key. What is neither yes nor no raises."""
        return await self._perform(Exists(self._endpoint, key))

    async def delete(self, key: str) -> None:
        """Deletes an object. Raises ObjectNotFound, which is a KeyError, if there was none."""
        await self._perform(Delete(self._endpoint, key))

    def keys(self, prefix: Optional[str] = None, *, page_size: int = 1000) -> AsyncIterator[str]:
        """All keys, or those with a prefix, in the order of their UTF-8 bytes.

        They are asked for page by page, as they are consumed. Raises ListingNotSupported, which is
        a NotImplementedError.
        """
        check_page_size(page_size)
        return self._keys(prefix, page_size)

    async def close(self) -> None:
        """Closes the connections, unless they are those of a `client` that was given."""
        if self._owned:
            await self._client.aclose()

    def __await__(self) -> Generator[None, None, AsyncRestStore]:
        """`await AsyncRestStore.create(…)` is the store, too; there is nothing to wait for."""
        return self
        yield

    async def __aenter__(self) -> AsyncRestStore:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._endpoint.base_url}>"

    async def _chunks(self, key: str, size: int,
                      progress: Optional[Progress]) -> AsyncIterator[bytes]:
        async with self.open(key, progress=progress) as reader:
            while chunk := await reader.read(size):
                yield chunk

    async def _keys(self, prefix: Optional[str], page_size: int) -> AsyncIterator[str]:
        cursor: Optional[str] = None
        while True:
            page = await self._perform(ListKeys(self._endpoint, page_size, prefix, cursor))
            for key in page.keys:
                yield key
            if (cursor := page.next_cursor) is None:
                return

    async def _perform(self, call: Call[T]) -> T:
        """Tries until the call has its result or raises."""
        while True:
            try:
                response = await self._client.send(
                    call.request(self._client, call.abody()), stream=True, auth=None,
                    follow_redirects=False)
                accepted = call.accepts(response.status_code)
                body = b"" if accepted and call.streamed else await _read(response, accepted)
            except httpx.TransportError as error:
                delay = call.failed(error)
            else:
                if accepted:
                    return call.result(response, body)
                delay = call.refused(response, body)
            await sleep(delay)


async def _read(response: httpx.Response, whole: bool) -> bytes:
    """The body of an answer, or as much of a refusal as is of interest."""
    body = bytearray()
    try:
        async for block in response.aiter_raw():
            body += block
            if not whole and len(body) >= REFUSAL_LIMIT:
                break
    finally:
        await response.aclose()
    return bytes(body)
