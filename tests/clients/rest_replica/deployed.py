# SPDX-License-Identifier: Apache-2.0
"""The sync and the async client that are deployed, by what they send and what they expect.

Faults included: the sync one unquotes listed keys, so that `%41` is listed as `A`; the async one
lets its HTTP library make a fragment of what follows a `#`. They are not to be mended here.
"""

import asyncio
import time
import urllib.parse

import aiohttp
import requests

PAGE = 100
TRIES = 3


class Refused(Exception):
    """Any refusal; its text is the error.message without which the clients fail."""

    def __init__(self, status, told):
        super().__init__(told["error"]["message"])
        self.status = status
        self.code = told["error"]["code"]


class SyncStore:
    """Encodes each part of a key once, everything but unreserved characters."""

    def __init__(self, base_url, token):
        self._base = base_url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"
        self.waited = []

    def close(self):
        self._session.close()

    def _url(self, key):
        return f"{self._base}/objects/" + "/".join(urllib.parse.quote(part, safe="")
                                                   for part in key.split("/"))

    def _ask(self, method, url, **how):
        while True:
            answer = self._session.request(method, url, timeout=30, **how)
            if answer.status_code != 429:
                break
            self.waited.append(int(answer.headers["Retry-After"]))
            time.sleep(self.waited[-1])
        if answer.status_code >= 400:
            raise Refused(answer.status_code, answer.json())
        return answer

    def put(self, key, data):
        return self._ask("PUT", self._url(key), data=data).json()

    def get(self, key):
        return self._ask("GET", self._url(key)).content

    def exists(self, key):
        """Asks three times before it believes that there is nothing."""
        return any(self._session.head(self._url(key), timeout=30).status_code == 200
                   for _ in range(TRIES))

    def delete(self, key):
        self._ask("DELETE", self._url(key))

    def keys(self):
        cursor = None
        while True:
            query = f"limit={PAGE}" + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else "")
            page = self._ask("GET", f"{self._base}/objects?{query}").json()
            yield from map(urllib.parse.unquote, page["keys"])
            if not page["has_more"]:
                return
            cursor = page["next_cursor"]


class AsyncStore:
    """Sends a key as it is; its HTTP library quotes what is illegal."""

    def __init__(self, base_url, token):
        self._base = base_url
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"})
        self.waited = []

    async def close(self):
        await self._session.close()

    async def _ask(self, method, path, **how):
        while True:
            async with self._session.request(method, f"{self._base}{path}", **how) as answer:
                if answer.status != 429:
                    if answer.status >= 400:
                        raise Refused(answer.status, await answer.json())
                    return answer, await answer.read()
                self.waited.append(int(answer.headers["Retry-After"]))
            await asyncio.sleep(self.waited[-1])

    async def put(self, key, data):
        answer, _ = await self._ask("PUT", f"/objects/{key}", data=data)
        return await answer.json()

    async def get(self, key):
        return (await self._ask("GET", f"/objects/{key}"))[1]

    async def exists(self, key):
        for _ in range(TRIES):
            async with self._session.head(f"{self._base}/objects/{key}") as answer:
                if answer.status == 200:
                    return True
        return False

    async def delete(self, key):
        await self._ask("DELETE", f"/objects/{key}")

    async def keys(self):
        params = {"limit": str(PAGE)}
        while True:
            answer, _ = await self._ask("GET", "/objects", params=params)
            page = await answer.json()
            for key in page["keys"]:
                yield key
            if not page["has_more"]:
                return
            params["cursor"] = page["next_cursor"]

    @staticmethod
    def as_stored(key):
        """The key that a server gets to see: fragments are not sent, a query is not of the path."""
        return key.partition("#")[0].partition("?")[0]
