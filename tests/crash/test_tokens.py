# SPDX-License-Identifier: Apache-2.0
"""T80 for tokens: processes die while tokens are made; what was told works, and has its bucket."""

import random
import time

import pytest

from lib import rawhttp, rest

from .conftest import begin

ROUNDS = 6


def end(process):
    """The token that was told, or None where none was."""
    out, err = process.communicate(timeout=60)
    assert process.returncode in (0, 1), err
    return out.splitlines()[-1] if process.returncode == 0 else None


@pytest.mark.parametrize("daemon", ["authd", "stored"])
def test_t80_a_token_that_was_told_works_whoever_dies(mortal, daemon):
    rand = random.Random(daemon)
    told = {}
    for i in range(ROUNDS):
        process = begin(mortal, "token", "add", f"n{i}", "--ttl", "1", "--bucket", f"crash-{i}")
        # The last one is told for certain, however slow the machine is.
        if i == ROUNDS - 1:
            process.wait(60)
        else:
            time.sleep(rand.uniform(0, 0.03))
        mortal.kill_and_wait(daemon)
        told[i] = end(process)
    listed = {token["name"]: token["bucket"] for token in mortal.ctl("token", "list")["tokens"]}
    for i, token in told.items():
        if token is None:
            continue
        assert listed[f"n{i}"] == f"crash-{i}"
        store = rest.Store(mortal.rest_endpoint, token)
        store.put("k", b"x")
        assert store.read("k") == b"x"
    # Also one that nobody was told of has its bucket.
    for bucket in listed.values():
        assert rawhttp.request(mortal, "HEAD", f"/{bucket}").status == 200
    assert any(told.values())


def test_t80_a_refresh_leaves_the_old_token_or_the_new_one(mortal):
    rand = random.Random("refresh")
    current = end(begin(mortal, "token", "add", "n", "--ttl", "1"))
    for _ in range(ROUNDS):
        process = begin(mortal, "token", "refresh", "n", "--ttl", "1")
        time.sleep(rand.uniform(0, 0.03))
        mortal.kill_and_wait("authd")
        new = end(process)
        if new is None:
            # Whether it happened nobody was told; a second one says, and makes it so.
            new = end(begin(mortal, "token", "refresh", "n", "--ttl", "1"))
        assert rest.Store(mortal.rest_endpoint, new).page()["keys"] == []
        rest.refused(rest.Store(mortal.rest_endpoint, current).ask("GET", "/objects"), 401)
        current = new
