# SPDX-License-Identifier: Apache-2.0
"""A program that puts and gets one large object and tells how much memory that took.

usage: stream.py sync|async URL SIZE_MIB, with the token in COFFER_TOKEN
"""

import asyncio
import hashlib
import json
import os
import pathlib
import random
import sys

from coffer import AsyncRestStore, RestStore

MIB = 1024 * 1024
KEY = "large/object"
BLOCK = random.Random(3).randbytes(MIB - 8)


def block(index):
    """A MiB of the object, unlike any other."""
    return index.to_bytes(8, "big") + BLOCK


def peak_kib():
    """The most memory this program has had. Not ru_maxrss: that begins with the parent's."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


class Transfer:
    """What went out and what came in."""

    def __init__(self, mib):
        self.mib = mib
        self.sent = hashlib.sha256()
        self.received = hashlib.sha256()
        self.size = 0

    def out(self):
        for index in range(self.mib):
            data = block(index)
            self.sent.update(data)
            yield data

    async def aout(self):
        for data in self.out():
            yield data

    def take(self, chunk):
        self.received.update(chunk)
        self.size += len(chunk)


def sync_main(url, transfer):
    with RestStore.create(url, os.environ["COFFER_TOKEN"]) as store:
        store.put(KEY, transfer.out())
        for chunk in store.iter(KEY):
            transfer.take(chunk)


async def async_main(url, transfer):
    async with AsyncRestStore.create(url, os.environ["COFFER_TOKEN"]) as store:
        await store.put(KEY, transfer.aout())
        async for chunk in store.iter(KEY):
            transfer.take(chunk)


def run(kind, url, mib):
    transfer = Transfer(mib)
    if kind == "sync":
        sync_main(url, transfer)
    else:
        asyncio.run(async_main(url, transfer))
    return transfer


def main(kind, url, mib):
    run(kind, url, 1)
    before = peak_kib()
    transfer = run(kind, url, int(mib))
    print(json.dumps({"grown_kib": peak_kib() - before, "size": transfer.size,
                      "sent": transfer.sent.hexdigest(),
                      "received": transfer.received.hexdigest()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
