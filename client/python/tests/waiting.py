# SPDX-License-Identifier: Apache-2.0
"""An AsyncRestStore in the clothes of a RestStore, so that one test serves both."""

import asyncio
import contextlib


class WaitingReader:
    def __init__(self, loop, reader):
        self._run = loop.run_until_complete
        self._reader = reader

    def __getattr__(self, name):
        return getattr(self._reader, name)

    def read(self, size=-1):
        return self._run(self._reader.read(size))


class Waiting:
    def __init__(self, store):
        self.store = store
        self._loop = asyncio.new_event_loop()
        self._run = self._loop.run_until_complete

    def __repr__(self):
        return repr(self.store)

    def put(self, *args, **how):
        return self._run(self.store.put(*args, **how))

    def get(self, *args, **how):
        return self._run(self.store.get(*args, **how))

    def exists(self, key):
        return self._run(self.store.exists(key))

    def delete(self, key):
        return self._run(self.store.delete(key))

    def keys(self, *args, **how):
        return self._items(self.store.keys(*args, **how))

    def iter(self, *args, **how):
        return self._items(self.store.iter(*args, **how))

    @contextlib.contextmanager
    def open(self, *args, **how):
        context = self.store.open(*args, **how)
        reader = self._run(context.__aenter__())
        try:
            yield WaitingReader(self._loop, reader)
        finally:
            self._run(context.__aexit__(None, None, None))

    def close(self):
        if not self._loop.is_closed():
            self._run(self.store.close())
            self._run(self._loop.shutdown_asyncgens())
            self._run(self._loop.shutdown_default_executor())
            self._loop.close()

    def _items(self, iterator):
        while True:
            try:
                item = self._run(iterator.__anext__())
            except StopAsyncIteration:
                return
            yield item
