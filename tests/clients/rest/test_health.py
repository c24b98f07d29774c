# SPDX-License-Identifier: Apache-2.0
"""GET /health: it really asks authd and stored."""

import concurrent.futures
import os
import signal
import subprocess
import time

import pytest

from clients.rest import desk
from lib import coffer, rest

pytestmark = pytest.mark.functional

ASKED = pytest.mark.parametrize("daemon", ["authd", "stored"])
# Nobody who watches a service waits longer for one answer.
ANSWER_LIMIT_S = 10
CHANGE_LIMIT_S = 20


@pytest.fixture
def mortal(new_coffer):
    return new_coffer()


@pytest.fixture
def door(mortal):
    return rest.Store(mortal.rest_endpoint)


def health(door):
    return door.ask("GET", "/health", timeout_s=ANSWER_LIMIT_S)


def health_is(door, status):
    """Whether the service says so soon; an unanswered question fails the test at once."""
    deadline = time.monotonic() + CHANGE_LIMIT_S
    while time.monotonic() < deadline:
        if health(door).status == status:
            return True
        time.sleep(0.1)
    return False


def check_degraded(answer, daemon):
    assert answer.status == 503
    told = rest.document(answer)
    assert list(told)[:3] == ["status", "service", "version"]
    assert (told["status"], told["service"]) == ("degraded", "coffer")
    reasons = [v for n, v in told.items() if n not in ("status", "service", "version")]
    assert any(daemon in str(reason) for reason in reasons), told


@pytest.fixture
def paused():
    """Processes that the test has stopped, to go on whatever happens."""
    pids = []

    def pause(pid):
        os.kill(pid, signal.SIGSTOP)
        pids.append(pid)

    yield pause
    for pid in pids:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass


def test_healthy(store, operator):
    answer = store.ask("GET", "/health")
    version = subprocess.run([operator.server.build / "client" / "coffer", "--version"],
                             capture_output=True, text=True, check=True).stdout.split()[-1]
    assert answer.status == 200
    assert answer.body.decode() == (
        f'{{"status":"healthy","service":"coffer","version":"{version}"}}')
    assert answer.get("Content-Type") == "application/json"
    assert answer.get("Content-Length") == str(len(answer.body))


@pytest.mark.parametrize("headers", [
    [], [("Authorization", "Bearer nonsense")], [("Authorization", "Basic eDp5")]])
def test_needs_no_token(nobody, headers):
    assert nobody.ask("GET", "/health", headers).status == 200


def test_unknown_parameters_are_ignored(nobody):
    assert nobody.ask("GET", "/health?verbose=1&x").status == 200


@ASKED
def test_degraded_while_a_process_hangs(mortal, door, paused, daemon):
    """Its sockets are open and it says nothing: only asking it tells."""
    assert health(door).status == 200
    paused(mortal.pid(daemon))
    assert health_is(door, 503)
    check_degraded(health(door), daemon)
    os.kill(mortal.pid(daemon), signal.SIGCONT)
    assert health_is(door, 200)


@ASKED
def test_many_who_ask_meanwhile_are_all_answered(mortal, door, paused, daemon):
    paused(mortal.pid(daemon))
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: health(door), range(48)))
    assert {answer.status for answer in answers} == {503}


@ASKED
def test_degraded_while_a_process_is_dead(mortal, door, paused, daemon):
    """The launcher is paused so that nothing comes in its place."""
    gone = mortal.pid(daemon)
    paused(mortal.process.pid)
    os.kill(gone, signal.SIGKILL)
    assert health_is(door, 503)
    check_degraded(health(door), daemon)
    mortal.process.send_signal(signal.SIGCONT)
    assert health_is(door, 200)


@ASKED
def test_requests_without_a_process_are_503_in_json(mortal, paused, daemon):
    """Silent in the contract: an error of the service like any other, with when to come again."""
    store = desk.Operator(mortal).store()
    store.put("k", b"kept")
    paused(mortal.process.pid)
    os.kill(mortal.pid(daemon), signal.SIGKILL)
    assert health_is(store, 503)
    for method, path in (("GET", "/objects/k"), ("PUT", "/objects/k"), ("DELETE", "/objects/k"),
                         ("GET", "/objects")):
        answer = store.ask(method, path)
        rest.refused(answer, 503)
        assert answer.get("Retry-After").isdigit()
    rest.refused_without_body(store.ask("HEAD", "/objects/k"), 503)
    mortal.process.send_signal(signal.SIGCONT)
    assert health_is(store, 200)
    assert store.read("k") == b"kept"


def test_healthy_again_after_each_death(mortal, door):
    for daemon in coffer.DAEMONS:
        mortal.kill_and_wait(daemon)
        assert health_is(door, 200)
