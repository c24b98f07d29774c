# SPDX-License-Identifier: Apache-2.0
"""One class for each operation: what it sends, what an answer means, whether to try again.

Nothing here does I/O. A store - the sync and the async one alike - sends what a call asks for and
tells the call how it went, through `accepts` and `result`, `refused`, or `failed`. The latter two
say how long to wait before the next try, or raise what the caller shall see.
"""

from __future__ import annotations

import json
import re
from typing import (Any, AsyncIterator, Callable, ClassVar, Dict, Generic, Iterator, NamedTuple,
                    List, NoReturn, Optional, Tuple, Type, TypeVar, Union)

import httpx

from ._endpoint import Endpoint, listing_path, object_path
from ._source import Source
from .errors import ListingNotSupported, ObjectNotFound, ObjectNotStored, RestStoreError

T = TypeVar("T")
Progress = Callable[[int, Optional[int]], object]

# Own delays double up to here. Who is asked to wait longer than an hour would rather be told.
LONGEST_DELAY_S = 30.0
LONGEST_RETRY_AFTER_S = 3600
# What is read of a refusal. Nobody needs more of it, whatever stands in front of the store.
REFUSAL_LIMIT = 64 * 1024

_PASSING = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def _message(response: httpx.Response, body: bytes) -> str:
    """What a refusal says, in the store's form, FastAPI's, or none."""
    try:
        told = json.loads(body)
        said = told["error"]["message"] if "error" in told else told["detail"]
    except (ValueError, TypeError, KeyError):
        return response.reason_phrase
    return said if isinstance(said, str) else json.dumps(said)


def _retry_after(response: httpx.Response) -> Optional[int]:
    """The seconds of a Retry-After; the other form, a date, is not the store's."""
    value = response.headers.get("Retry-After", "")
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else None


class Call(Generic[T]):
    """One operation, over all the tries it takes."""

    method: ClassVar[str]
    # Whether what is accepted is read by the caller, block after block.
    streamed: ClassVar[bool] = False
    problem: ClassVar[Type[RestStoreError]] = RestStoreError
    # For statuses that mean something particular here.
    problems: ClassVar[Dict[int, Type[RestStoreError]]] = {}

    def __init__(self, endpoint: Endpoint, path: str, key: Optional[str] = None) -> None:
        self.endpoint = endpoint
        self.url = endpoint.at(path)
        self.key = key
        self._tries_left = endpoint.max_retries
        self._delay = endpoint.retry_delay

    def __str__(self) -> str:
        return f"{self.method} {self.key!r}"

    # What is sent

    def headers(self) -> Dict[str, str]:
        """The headers of the next try, besides those that all carry."""
        return {}

    def body(self) -> Optional[Iterator[bytes]]:
        """What the next try sends."""
        return None

    def abody(self) -> Optional[AsyncIterator[bytes]]:
        """The same for an event loop."""
        return None

    def request(self, client: Union[httpx.Client, httpx.AsyncClient],
                body: Union[Iterator[bytes], AsyncIterator[bytes], None]) -> httpx.Request:
        """The next try."""
        return client.build_request(self.method, self.url, content=body,
                                    headers={**self.endpoint.headers(), **self.headers()},
                                    timeout=self.endpoint.timeout)

    # What comes back

    def accepts(self, status: int) -> bool:
        """Whether this is what was asked for."""
        return 200 <= status < 300

    def result(self, response: httpx.Response, body: bytes) -> T:
        """What the caller gets from an answer that is accepted."""
        raise NotImplementedError

    def refused(self, response: httpx.Response, body: bytes) -> float:
        """After any other answer: the delay before the next try."""
        status, asked = response.status_code, _retry_after(response)
        problem = self.error(_message(response, body), status)
        if status == 429 or (status == 503 and asked is not None):
            return self._next_try(problem, asked)
        raise problem

    def failed(self, error: httpx.TransportError) -> float:
        """After no answer, or half of one: the delay before the next try."""
        said = f": {error}" if str(error) else ""
        problem = self.error(f"no answer: {type(error).__name__}{said}")
        problem.__cause__ = error
        if isinstance(error, _PASSING):
            return self._next_try(problem, None)
        raise problem

    def error(self, message: str, status: Optional[int] = None) -> RestStoreError:
        """What the caller sees when this was the last try."""
        kind = self.problem if status is None else self.problems.get(status, self.problem)
        text = f"{self}: {message}" if status is None else f"{self}: {status} {message}"
        return kind(text, status=status, message=message, key=self.key)

    def obstacle(self) -> Optional[str]:
        """Why there can be no other try, if there is a reason in the call itself."""
        return None

    def _next_try(self, problem: RestStoreError, asked: Optional[int]) -> float:
        if (why := self.obstacle()) is not None:
            raise self.error(f"{problem.message}; {why}", problem.status) from problem.__cause__
        if self._tries_left == 0 or (asked or 0) > LONGEST_RETRY_AFTER_S:
            raise problem
        self._tries_left -= 1
        own, self._delay = self._delay, max(self._delay, min(2 * self._delay, LONGEST_DELAY_S))
        return own if asked is None else float(asked)


class Put(Call[None]):
    """Stores an object."""

    method = "PUT"
    problem = ObjectNotStored

    def __init__(self, endpoint: Endpoint, key: str, source: Source,
                 content_type: Optional[str] = None, progress: Optional[Progress] = None) -> None:
        super().__init__(endpoint, object_path(key), key)
        self._source = source
        self._content_type = content_type
        self._progress = progress
        self._sent = 0

    def headers(self) -> Dict[str, str]:
        headers = {}
        if self._content_type is not None:
            headers["Content-Type"] = self._content_type
        if self._source.size is not None:
            headers["Content-Length"] = str(self._source.size)
        return headers

    def body(self) -> Iterator[bytes]:
        self._count(0, anew=True)
        for block in self._source.blocks():
            yield block
            self._count(len(block))
        self._check_all_sent()

    async def abody(self) -> AsyncIterator[bytes]:
        self._count(0, anew=True)
        async for block in self._source.ablocks():
            yield block
            self._count(len(block))
        self._check_all_sent()

    def obstacle(self) -> Optional[str]:
        return None if self._source.again else "its data is spent and cannot be sent again"

    def result(self, response: httpx.Response, body: bytes) -> None:
        """The answer tells the size; another one than was sent is no success."""
        try:
            size = json.loads(body)["size"]
        except (ValueError, TypeError, KeyError):
            raise self.error("this is not the answer of a store", response.status_code) from None
        if size != self._sent:
            raise self.error(f"the store has {size} bytes of {self._sent}", response.status_code)

    def _count(self, sent: int, anew: bool = False) -> None:
        self._sent = sent + (0 if anew else self._sent)
        if self._progress is not None:
            self._progress(self._sent, self._source.size)

    def _check_all_sent(self) -> None:
        if self._source.size not in (None, self._sent):
            raise self.error(f"the file ended after {self._sent} of {self._source.size} bytes")


class Exists(Call[bool]):
    """Asks whether an object is there."""

    method = "HEAD"

    def __init__(self, endpoint: Endpoint, key: str) -> None:
        super().__init__(endpoint, object_path(key), key)

    def accepts(self, status: int) -> bool:
        return status in (200, 404)

    def result(self, response: httpx.Response, body: bytes) -> bool:
        return response.status_code == 200


class Delete(Call[None]):
    """Deletes an object. Where an earlier try may have done it, absence is what was asked for."""

    method = "DELETE"
    problems = {404: ObjectNotFound}

    def __init__(self, endpoint: Endpoint, key: str) -> None:
        super().__init__(endpoint, object_path(key), key)
        self._may_be_done = False

    def accepts(self, status: int) -> bool:
        return super().accepts(status) or (status == 404 and self._may_be_done)

    def refused(self, response: httpx.Response, body: bytes) -> float:
        self._may_be_done |= response.status_code >= 500
        return super().refused(response, body)

    def failed(self, error: httpx.TransportError) -> float:
        self._may_be_done |= not isinstance(error, _BEFORE_SENDING)
        return super().failed(error)

    def result(self, response: httpx.Response, body: bytes) -> None:
        return None


class Download(Call[httpx.Response]):
    """Reads an object to its end. What was cut goes on where it was, if it is still the same."""

    method = "GET"
    streamed = True
    problems = {404: ObjectNotFound}

    def __init__(self, endpoint: Endpoint, key: str, progress: Optional[Progress] = None) -> None:
        super().__init__(endpoint, object_path(key), key)
        self._progress = progress
        self.received = 0
        self.size: Optional[int] = None
        self.etag: Optional[str] = None
        self.content_type: Optional[str] = None

    def __str__(self) -> str:
        return super().__str__() + (f" from byte {self.received}" if self.received else "")

    def headers(self) -> Dict[str, str]:
        if self.received == 0:
            return {}
        return {"Range": f"bytes={self.received}-", "If-Match": self.etag or ""}

    def accepts(self, status: int) -> bool:
        return status == (206 if self.received else 200)

    def result(self, response: httpx.Response, body: bytes) -> httpx.Response:
        return response

    def refused(self, response: httpx.Response, body: bytes) -> float:
        if response.status_code == 412:
            raise self.error("it has changed while it was read", 412)
        return super().refused(response, body)

    def obstacle(self) -> Optional[str]:
        if self.received == 0 or (self.etag or "").startswith('"'):
            return None
        return "it has no strong ETag by which to go on"

    def begin(self, response: httpx.Response) -> None:
        """Takes note of the head of an accepted answer, or says why it cannot be read."""
        if self.received:
            self._resume(response)
            return
        self.size = self._announced(response)
        self.etag = response.headers.get("ETag")
        self.content_type = response.headers.get("Content-Type")
        self._report()

    def took(self, block: bytes) -> bytes:
        """Counts a block on its way to the caller."""
        self.received += len(block)
        if self.size is not None and self.received > self.size:
            raise self.error(f"there is more of it than the {self.size} bytes announced")
        self._report()
        return block

    def check_end(self) -> None:
        """At the end of a body: a short one is a connection that was cut, however it ended."""
        if self.size not in (None, self.received):
            raise httpx.RemoteProtocolError(f"the body ended before its {self.size} bytes")

    def _announced(self, response: httpx.Response) -> Optional[int]:
        """The length of the body. It may be unknown only where its end is marked in another way."""
        length = response.headers.get("Content-Length", "")
        if re.fullmatch(r"[0-9]+", length):
            return int(length)
        marked = "Transfer-Encoding" in response.headers
        if response.http_version.startswith("HTTP/1") and not marked:
            raise self.error("the answer does not tell how long it is", response.status_code)
        return None

    def _resume(self, response: httpx.Response) -> None:
        span = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if span is None or int(span[1]) != self.received:
            raise self.error("this is another range than was asked for", response.status_code)
        total = None if span[2] == "*" else int(span[2])
        self.size = total if self.size is None else self.size
        if total not in (None, self.size) or response.headers.get("ETag", self.etag) != self.etag:
            raise self.error("it has changed while it was read", response.status_code)

    def _report(self) -> None:
        if self._progress is not None:
            self._progress(self.received, self.size)


class Page(NamedTuple):
    """Some keys, and what to ask for the next ones with."""

    keys: List[str]
    next_cursor: Optional[str]


class ListKeys(Call[Page]):
    """Asks for one page of the listing."""

    method = "GET"
    problems = {404: ListingNotSupported, 405: ListingNotSupported, 501: ListingNotSupported}

    def __init__(self, endpoint: Endpoint, limit: int, prefix: Optional[str],
                 cursor: Optional[str]) -> None:
        super().__init__(endpoint, listing_path(limit, prefix, cursor))
        self._cursor = cursor

    def result(self, response: httpx.Response, body: bytes) -> Page:
        keys, cursor = self._parse(response, body)
        if cursor is not None and cursor == self._cursor:
            raise self.error("the listing does not move on", response.status_code)
        return Page(keys, cursor)

    def __str__(self) -> str:
        return "listing keys"

    def _parse(self, response: httpx.Response, body: bytes) -> Tuple[List[str], Optional[str]]:
        try:
            told: Dict[str, Any] = json.loads(body)
            keys, more, cursor = told["keys"], told["has_more"], told["next_cursor"]
        except (ValueError, TypeError, KeyError):
            self._no_page(response)
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            self._no_page(response)
        if more and not (isinstance(cursor, str) and cursor):
            self._no_page(response)
        return keys, cursor if more else None

    def _no_page(self, response: httpx.Response) -> NoReturn:
        raise self.error("this is not a page of keys", response.status_code) from None


def check_page_size(page_size: int) -> None:
    """Refuses what would list nothing for ever."""
    if not isinstance(page_size, int) or page_size < 1:
        raise ValueError(f"page_size is a whole number from 1 on, not {page_size!r}")


def check_chunk_size(chunk_size: int) -> None:
    """Refuses what would read nothing for ever."""
    if not isinstance(chunk_size, int) or chunk_size < 1:
        raise ValueError(f"chunk_size is a whole number from 1 on, not {chunk_size!r}")
