# SPDX-License-Identifier: Apache-2.0
"""Both deployed clients in the same clothes: each call waits for its answer."""

import asyncio
import inspect

import pytest

from clients.rest_replica import deployed


class Waiting:
    """The async client, called from outside of its loop."""

    def __init__(self, cls, *args):
        self._loop = asyncio.new_event_loop()
        self._store = self._run(self._made(cls, args))

    @staticmethod
    async def _made(cls, args):
        return cls(*args)

    def _run(self, coroutine):
        return self._loop.run_until_complete(coroutine)

    async def _all(self, items):
        return [item async for item in items]

    def __getattr__(self, name):
        found = getattr(self._store, name)
        if inspect.isasyncgenfunction(found):
            return lambda *args: self._run(self._all(found(*args)))
        if inspect.iscoroutinefunction(found):
            return lambda *args: self._run(found(*args))
        return found

    def close(self):
        self._run(self._store.close())
        self._loop.close()


@pytest.fixture(params=["sync", "async"])
def kind(request):
    return request.param


@pytest.fixture
def connect(kind):
    """Makes deployed clients: `connect(access)`."""
    made = []

    def make(where):
        made.append(deployed.SyncStore(where.url, where.token) if kind == "sync"
                    else Waiting(deployed.AsyncStore, where.url, where.token))
        return made[-1]

    yield make
    for store in made:
        store.close()
