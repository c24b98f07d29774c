# SPDX-License-Identifier: Apache-2.0
"""GET /-/health of the S3 listener: it asks authd and stored, and says who does not answer."""

import contextlib
import json
import os
import signal
import time

import pytest

from lib import rawhttp

pytestmark = pytest.mark.functional

# frontend/pulse.h has 2 s; the rest is for a machine that has other things to do.
PATIENCE_S = 4


def health(server, method="GET"):
    return rawhttp.exchange(server, rawhttp.head(method, "/-/health", [("Host", server.netloc)]),
                            method)


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_server_that_is_well(server):
    answer = health(server)
    assert answer.status == 200 and answer.get("Content-Type") == "application/json"
    assert answer.get("Cache-Control") == "no-store"
    told = json.loads(answer.body)
    assert (told["status"], told["authd"], told["stored"]) == ("healthy", True, True)
    assert health(server, "HEAD").status == 200


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "OPTIONS"])
def test_it_can_only_be_read(server, method):
    answer = health(server, method)
    assert (answer.status, answer.code) == (405, "MethodNotAllowed")
    assert answer.get("Allow") == "GET, HEAD"


@pytest.mark.parametrize("daemon, other", [("authd", "stored"), ("stored", "authd")])
def test_a_daemon_that_hangs_is_told_in_time_by_every_worker(new_coffer, daemon, other):
    server = new_coffer()
    with stopped(server.pid(daemon)):
        for _ in range(2 * len(server.workers())):
            began = time.monotonic()
            answer = health(server)
            assert time.monotonic() - began < PATIENCE_S
            told = json.loads(answer.body)
            assert (answer.status, told["status"], told[daemon], told[other]) == (
                503, "degraded", False, True)
            assert told["reason"] == f"coffer-{daemon} does not answer"
            assert answer.get("Retry-After") == "1"
    deadline = time.monotonic() + PATIENCE_S
    while health(server).status != 200:
        assert time.monotonic() < deadline
