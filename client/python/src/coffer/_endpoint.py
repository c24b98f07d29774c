# SPDX-License-Identifier: Apache-2.0
"""Where the store is, how it is addressed, and how patiently.

An object's path holds its key with every byte outside the unreserved characters and `/` encoded.
HTTP libraries remove `.` and `..` from paths, so the dots of such parts are encoded too. What
results has nothing left in it that any version of httpx would change.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Dict, Optional
from urllib.parse import quote, urlsplit

import httpx

from ._version import __version__

_TOKEN = re.compile(r"[\x21-\x7e]+")
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f]")


def object_path(key: str) -> str:
    """The path of an object behind the base URL."""
    if not isinstance(key, str):
        raise TypeError(f"a key is a str, not {type(key).__name__}")
    if not key:
        raise ValueError("a key has at least one character")
    parts = quote(key, safe="/").split("/")
    return "/objects/" + "/".join(p.replace(".", "%2E") if p in (".", "..") else p for p in parts)


def listing_path(limit: int, prefix: Optional[str], cursor: Optional[str]) -> str:
    """The path of one page of the listing."""
    path = f"/objects?limit={limit}"
    for name, value in (("prefix", prefix), ("cursor", cursor)):
        if value:
            path += f"&{name}={quote(value, safe='')}"
    return path


def _checked_url(base_url: str) -> httpx.URL:
    """The base URL, after everything that would be understood in two ways is refused."""
    if not isinstance(base_url, str):
        raise TypeError(f"base_url is a str, not {type(base_url).__name__}")
    if _NOT_IN_URLS.search(base_url):
        raise ValueError("base_url holds a blank or a control character")
    try:
        parts = urlsplit(base_url)
        is_complete = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
        url = httpx.URL(base_url)
    except (ValueError, httpx.InvalidURL) as error:
        raise ValueError(f"base_url is not a URL: {error}") from None
    if not is_complete:
        raise ValueError("base_url is no http:// or https:// URL with a host")
    if "@" in parts.netloc:
        raise ValueError("base_url holds a user name; the api_key is all the store asks for")
    if "?" in base_url or "#" in base_url:
        raise ValueError("base_url has a query or a fragment; only a path may follow the host")
    return url


def _checked_token(api_key: str) -> str:
    """The token, after what would break out of a header is refused. Says nothing of it."""
    if not isinstance(api_key, str):
        raise TypeError(f"api_key is a str, not {type(api_key).__name__}")
    if not api_key:
        raise ValueError("api_key is empty")
    if not _TOKEN.fullmatch(api_key):
        raise ValueError("api_key holds a character that no token has, such as the newline at the "
                         "end of a file")
    return api_key


def _checked_number(name: str, value: float, least: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} is a number, not {type(value).__name__}")
    if not (math.isfinite(value) and value >= least):
        raise ValueError(f"{name} is {value}, and must be finite and at least {least:g}")


@dataclass(frozen=True)
class Endpoint:
    """A store as its callers see it. The token is in no representation of it."""

    base_url: str
    api_key: str = field(repr=False)
    timeout: Optional[float]
    max_retries: int
    retry_delay: float
    url: httpx.URL = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", _checked_url(self.base_url))
        _checked_token(self.api_key)
        if self.timeout is not None:
            _checked_number("timeout", self.timeout, 0.0)
            if self.timeout == 0:
                raise ValueError("timeout is 0, in which nothing is answered; None waits forever")
        if not isinstance(self.max_retries, int):
            raise TypeError(f"max_retries is an int, not {type(self.max_retries).__name__}")
        _checked_number("max_retries", self.max_retries, 0)
        _checked_number("retry_delay", self.retry_delay, 0.0)

    def at(self, path: str) -> httpx.URL:
        """The URL of a path that is encoded already."""
        return self.url.copy_with(raw_path=self.url.raw_path.rstrip(b"/") + path.encode("ascii"))

    def headers(self) -> Dict[str, str]:
        """What each request carries, whoever made the HTTP client.

        Bytes are asked for as they are: a proxy that compresses would take their length away.
        """
        return {"Authorization": f"Bearer {self.api_key}", "Accept-Encoding": "identity",
                "User-Agent": f"coffer-client/{__version__}"}
