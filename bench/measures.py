# SPDX-License-Identifier: Apache-2.0
"""What is measured once, of Coffer alone: its starts, idle connections, and an object of many GiB."""

import contextlib
import resource
import statistics
import threading
import time

from lib import rawhttp
from stage import say
from works import BUCKET

STARTS = 3
IDLE_CONNECTIONS = 1000
SAMPLE_S = 0.2
# Less than a part of the huge object takes, and more than single pages that come and go.
FLAT_KIB = 1024


def starts_ms(server):
    """Starts a fresh server, and again some times."""
    first, again = server.start_timed(), []
    for _ in range(STARTS):
        server.stop()
        again.append(server.start_timed())
    return {"first": first * 1e3, "again": statistics.median(again) * 1e3}


def connection_kib(server):
    """What the daemons' memory grows by, for each connection that has been used and stays."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before = sum(server.memory_kib().values())
    with contextlib.ExitStack() as held:
        for _ in range(IDLE_CONNECTIONS):
            c = held.enter_context(rawhttp.Connection(server))
            c.send(rawhttp.head("GET", "/-/health", [("Host", server.netloc)]))
            c.receive()
        return (sum(server.memory_kib().values()) - before) / IDLE_CONNECTIONS


class Watch:
    """`with Watch(server) as watch:` samples the daemons' memory; then watch.told() tells of it."""

    def __init__(self, server):
        self.server = server
        self.samples = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        while not self.ended.wait(SAMPLE_S):
            self.samples.append(sum(self.server.memory_kib().values()))

    def __enter__(self):
        self.begin = time.monotonic()
        self.samples.append(sum(self.server.memory_kib().values()))
        self.thread.start()
        return self

    def __exit__(self, *exc_info):
        self.seconds = time.monotonic() - self.begin
        self.samples.append(sum(self.server.memory_kib().values()))
        self.ended.set()
        self.thread.join()

    def told(self):
        """Flat is what does not grow any more in the second half."""
        half = (len(self.samples) + 1) // 2
        first, second = max(self.samples[:half]), max(self.samples[half:])
        return {"seconds": self.seconds, "before": self.samples[0], "first_half": first,
                "second_half": second, "is_flat": second <= first + FLAT_KIB}


def huge(stage):
    """An object up in parts and down again: how long each took, and memory in KiB meanwhile."""
    sizes, server = stage.sizes, stage.server
    say("a huge object, up")
    with Watch(server) as up:
        stage.upload(server, "huge", sizes.huge, sizes.huge_part)
    say("a huge object, down")
    with Watch(server) as down:
        stage.generator.load(server, ("--path", f"/{BUCKET}/huge", "--size", sizes.huge),
                             ("--requests", 1))
    return {"bytes": sizes.huge, "up": up.told(), "down": down.told()}
