# SPDX-License-Identifier: Apache-2.0
"""100,000 keys, listed page by page: each once, in order, and at the same price from end to end."""

import statistics
import time

import pytest

from lib import rest

pytestmark = [pytest.mark.functional, pytest.mark.crowd]

COUNT = 100_000
TRIES = 15


def cost_s(store, cursor, limit):
    """What one page costs, as the median of several."""
    def once():
        begun = time.perf_counter()
        store.ask("GET", rest.listing(limit=limit, cursor=cursor))
        return time.perf_counter() - begun
    return statistics.median(once() for _ in range(TRIES))


def walk(store, limit):
    """Every key and every cursor; the first cursor is none."""
    seen, cursors = [], [""]
    while True:
        page = store.page(limit=limit, cursor=cursors[-1])
        seen += page["keys"]
        if not page["has_more"]:
            return seen, cursors
        assert len(page["keys"]) == limit
        cursors.append(page["next_cursor"])


def test_the_last_page_of_100000_keys_costs_what_the_first_did(new_operator, record_property,
                                                               bucket_name):
    """The figures go into the report of the tests and, with -s, to the terminal."""
    # 100,000 flushes would measure the disk, and nothing of this is to be kept.
    store = new_operator(args=["--durability", "relaxed"]).store(bucket=bucket_name)
    names = [f"dir{i % 100:02}/{i:06}" for i in range(COUNT)]
    begun = time.perf_counter()
    rest.fill(store, names)
    filled_s = time.perf_counter() - begun
    seen, cursors = walk(store, 1000)
    assert seen == sorted(names)
    for limit in (100, 1000):
        first, last = (cost_s(store, cursor, limit) for cursor in ("", cursors[-1]))
        record_property(f"last_page_by_first_of_{limit}", f"{last / first:.2f}")
        print(f"a page of {limit} of {COUNT} keys (put in {filled_s:.0f} s): first "
              f"{first * 1e3:.2f} ms, last {last * 1e3:.2f} ms, ratio {last / first:.2f}")
    assert store.page(limit=1000, cursor=cursors[-1])["keys"] == sorted(names)[-1000:]
    assert store.page(prefix="dir99/", limit=1000)["keys"] == sorted(names)[-1000:]
