# SPDX-License-Identifier: Apache-2.0
"""T80 for tenants and users: processes die while one is made, changed or deleted. It is as it was, or as
it was to be; and a tenant that was about to go goes, with all that it had."""

import json
import random
import time

import pytest

from lib import rawhttp

from .conftest import begin

ROUNDS = 5
DEPARTURE_LIMIT_S = 40


def was_told(process):
    """Whether the order was answered with success before whoever answers died."""
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, 1), err
    return process.returncode == 0


def order_and_kill(server, daemon, rand, *args):
    process = begin(server, *args)
    time.sleep(rand.uniform(0, 0.05))
    server.kill_and_wait(daemon)
    return was_told(process)


def state(server, name):
    found = [t for t in server.ctl("tenant", "list")["tenants"] if t["name"] == name]
    return found[0] if found else None


def wait_until_gone(server, name):
    end = time.monotonic() + DEPARTURE_LIMIT_S
    while state(server, name) is not None:
        assert time.monotonic() < end, server.log()
        time.sleep(0.05)


def fill(server, name):
    guest = server.add_tenant(name)
    assert rawhttp.request(guest, "PUT", f"/{name}").status == 200
    for i in range(40):
        assert rawhttp.request(guest, "PUT", f"/{name}/{i}", body=b"x" * 30_000).status == 200
    return guest


@pytest.mark.parametrize("daemon", ["authd", "stored"])
def test_t80_a_tenant_that_is_being_deleted_goes_wholly_whoever_dies(mortal, daemon):
    rand = random.Random(daemon)
    for i in range(ROUNDS):
        name = f"going-{i}"
        guest = fill(mortal, name)
        tenant = state(mortal, name)["id"]
        told = order_and_kill(mortal, daemon, rand, "tenant", "delete", name, "--with-data")
        found = state(mortal, name)
        if found and found["state"] == "active":
            # The order came to nothing: it is there as it was.
            assert not told
            for key in range(40):
                assert len(rawhttp.request(guest, "GET", f"/{name}/{key}").body) == 30_000
            assert mortal.ctl("tenant", "delete", name, "--with-data")
        wait_until_gone(mortal, name)
        assert mortal.files_of(tenant) == []
        assert rawhttp.request(guest, "GET", f"/{name}").code == "InvalidAccessKeyId"
        # The names are free, of the tenant and of its bucket.
        assert rawhttp.request(mortal, "PUT", f"/{name}").status == 200
        mortal.ctl("tenant", "create", name)


@pytest.mark.parametrize("order, member, before, after", [
    (("suspend",), "state", "active", "suspended"),
    (("update", "--display-name", "After"), "display_name", "changing", "After"),
], ids=["suspend", "update"])
def test_t80_an_order_leaves_the_old_state_or_the_new_one(mortal, order, member, before, after):
    rand = random.Random(member)
    for i in range(ROUNDS):
        name = f"changing-{i}"
        mortal.ctl("tenant", "create", name, "--display-name", "changing")
        told = order_and_kill(mortal, "authd", rand, "tenant", order[0], name, *order[1:])
        found = state(mortal, name)[member]
        assert found == after if told else found in (before, after)
        assert mortal.ctl("tenant", "delete", name)["tenant"]["state"] == "deleted"


def read_as_nobody(server, target):
    """As soon as the daemons have found each other again: until then it is 503, for everybody."""
    end = time.monotonic() + DEPARTURE_LIMIT_S
    while True:
        head = rawhttp.head("GET", target, [("Host", server.netloc)])
        response = rawhttp.exchange(server, head, "GET")
        if response.status != 503:
            return response.status
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("daemon", ["authd", "stored"])
def test_t80_what_a_suspended_tenant_has_stays_closed_whoever_dies(mortal, daemon):
    """Who is killed in the midst of the order leaves it done or not, in both daemons alike; and from the first
    answer on that is none of 503 it is as authd's database has it."""
    rand = random.Random(daemon)
    guest = fill(mortal, "paused")
    assert rawhttp.request(guest, "DELETE", "/paused?publicAccessBlock").status == 204
    policy = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::paused/*"}
    assert rawhttp.request(guest, "PUT", "/paused?policy",
                           body=json.dumps({"Statement": policy}).encode()).status == 204
    assert read_as_nobody(mortal, "/paused/1") == 200
    for _ in range(2):
        for order, wanted in (("suspend", "suspended"), ("resume", "active")):
            told = order_and_kill(mortal, daemon, rand, "tenant", order, "paused")
            found = state(mortal, "paused")["state"]
            assert found == wanted or not told
            assert read_as_nobody(mortal, "/paused/1") == (403 if found == "suspended" else 200)
            mortal.ctl("tenant", order, "paused")
            mortal.kill(daemon)
            assert read_as_nobody(mortal, "/paused/1") == (403 if order == "suspend" else 200)


def test_t80_a_tenant_that_is_made_is_there_or_not(mortal):
    rand = random.Random("create")
    for i in range(ROUNDS):
        name = f"made-{i}"
        told = order_and_kill(mortal, "authd", rand, "tenant", "create", name)
        if state(mortal, name) is None:
            assert not told
            mortal.ctl("tenant", "create", name)
        assert rawhttp.request(mortal, "GET", "/").status == 200


# --- users ------------------------------------------------------------------------------------------

POLICIES = [json.dumps({"Statement": {"Effect": effect, "Action": "s3:*", "Resource": "*"}})
            for effect in ("Allow", "Deny")]


def compact(text):
    return json.dumps(json.loads(text), separators=(",", ":"))


def test_t80_a_policy_is_the_old_one_or_the_new_one(mortal, tmp_path):
    rand = random.Random("policy")
    mortal.ctl("user", "create", "alice")
    mortal.ctl("policy", "put", "alice", "--file", "-", stdin=POLICIES[1])
    before = compact(POLICIES[1])
    for i in range(ROUNDS):
        file = tmp_path / f"{i}.json"
        file.write_text(POLICIES[i % 2])
        after = compact(POLICIES[i % 2])
        told = order_and_kill(mortal, "authd", rand, "policy", "put", "alice", "--file", str(file))
        found = mortal.ctl("policy", "get", "alice")["policy"]
        assert found == after if told else found in (before, after)
        before = found


def users(server):
    return [u["user"] for u in server.ctl("user", "list")["users"]]


def keys_of(server, user):
    return [k["access_key"] for k in server.ctl("key", "list", "--tenant", "default", "--user", user)["keys"]]


@pytest.mark.parametrize("order", ["create", "delete"])
def test_t80_a_user_is_there_or_not(mortal, order):
    rand = random.Random(order)
    for i in range(ROUNDS):
        user = f"u{i}"
        if order == "delete":
            mortal.ctl("user", "create", user)
        told = order_and_kill(mortal, "authd", rand, "user", order, user)
        assert (user in users(mortal)) == (order == "create") or not told


@pytest.mark.parametrize("order", ["create", "delete"])
def test_t80_a_users_key_is_there_or_not(mortal, order):
    rand = random.Random(order)
    for i in range(ROUNDS):
        user = f"u{i}"
        whose = ("--tenant", "default", "--user", user)
        mortal.ctl("user", "create", user)
        if order == "create":
            told = order_and_kill(mortal, "authd", rand, "key", "create", *whose)
        else:
            key = mortal.ctl("key", "create", *whose)["key"]["access_key"]
            told = order_and_kill(mortal, "authd", rand, "key", "delete", key)
        left = len(keys_of(mortal, user))
        assert left == (order == "create") if told else left <= 1
