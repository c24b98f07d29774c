# SPDX-License-Identifier: Apache-2.0
"""Clients that write and read all the time, and remember every word they were given."""

import collections
import hashlib
import threading
import time

from lib import rawhttp

PAUSE_S = 0.01


def content(key):
    """4 KiB that nobody has to remember."""
    return hashlib.sha256(key.encode()).digest() * 128


class Load:
    """`with Load(server, bucket) as load: …`; then load.outcomes, load.lost()."""

    def __init__(self, server, bucket, clients=3):
        self.server = server
        self.bucket = bucket
        self.acknowledged = []
        self.outcomes = collections.Counter()
        self.wrong = []
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self._live, args=(n,)) for n in range(clients)]

    def __enter__(self):
        assert rawhttp.request(self.server, "PUT", f"/{self.bucket}").status == 200
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exc_info):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def _ask(self, method, key, body=b""):
        """Each request on a connection of its own, so that none is spared a restart."""
        try:
            got = rawhttp.request(self.server, method, f"/{self.bucket}/{key}", body=body)
        except ConnectionRefusedError:
            self.outcomes["refused"] += 1
            return None
        except (OSError, rawhttp.ProtocolError) as broken:
            self.outcomes[f"broken: {broken!r:.60}"] += 1
            return None
        self.outcomes[got.status] += 1
        return got

    def _live(self, client):
        n = 0
        while not self.ending.is_set():
            key = f"{client}-{n}"
            put = self._ask("PUT", key, content(key))
            if put and put.status == 200:
                self.acknowledged.append(key)
            for known in (key, f"{client}-0"):
                got = self._ask("GET", known)
                if got and got.status == 200 and got.body != content(known):
                    self.wrong.append(known)
                if got and got.status == 404 and known in self.acknowledged:
                    self.wrong.append(f"{known} is gone")
            n += 1
            time.sleep(PAUSE_S)

    def others(self):
        """What came that is neither done nor "try again"; 404 is for what was never there."""
        return {o: n for o, n in self.outcomes.items() if o not in (200, 404, 503)}

    def lost(self):
        """Acknowledged, and not there now as it was sent."""
        return [key for key in self.acknowledged
                if rawhttp.request(self.server, "GET", f"/{self.bucket}/{key}").body != content(key)]

    def __str__(self):
        said = ", ".join(f"{n} × {o}" for o, n in sorted(self.outcomes.items(), key=str))
        return f"{len(self.acknowledged)} writes acknowledged; answers: {said}"
