# SPDX-License-Identifier: Apache-2.0
"""`cofferctl --endpoint`: a tenant's administrator, from another host, does what is done on the host."""

import json
import os
import re
import subprocess

import pytest

from lib.administrators import Administrator

from .conftest import start

LIMIT_S = 60
POLICY = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


@pytest.fixture(scope="module")
def server():
    with start() as running:
        running.ctl("tenant", "create", "acme")
        yield running


@pytest.fixture(scope="module")
def admin(server):
    return Administrator(server, "acme")


def ctl(server, credentials, *args, stdin=None):
    done = subprocess.run(
        [str(server.build / "client" / "cofferctl"), *args, "--endpoint", server.endpoint],
        env={"AWS_ACCESS_KEY_ID": credentials.access_key, "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
             "AWS_REGION": credentials.region,
             **{n: v for n, v in os.environ.items() if n.endswith("SAN_OPTIONS")}},
        input=stdin, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert credentials.secret_key not in done.stdout + done.stderr
    return done


def told(server, admin, *args, stdin=None):
    done = ctl(server, admin.credentials, *args, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def asked(server, admin, *args, **how):
    return json.loads(told(server, admin, "--json", *args, **how))


def same(server, admin, *args, of_tenant=True):
    """What is read is told alike, in both forms."""
    here = ("--tenant", "acme") if of_tenant else ()
    for form in ((), ("--json",)):
        assert told(server, admin, *form, *args) == server.control(*form, *args, *here).stdout


def test_users_and_their_policies(server, admin):
    assert asked(server, admin, "user", "create", "alice")["user"]["tenant"] == "acme"
    same(server, admin, "user", "show", "alice")
    same(server, admin, "policy", "get", "alice")
    assert told(server, admin, "policy", "put", "alice", "--file", "-", stdin=json.dumps(POLICY, indent=2)) == \
        "alice has this policy now\n"
    same(server, admin, "policy", "get", "alice")
    assert json.loads(told(server, admin, "policy", "get", "alice")) == POLICY
    assert told(server, admin, "policy", "delete", "alice") == "alice has no policy any more\n"
    listed = [u["user"] for u in asked(server, admin, "user", "list")["users"]]
    assert sorted(listed) == sorted(u["user"] for u in server.ctl("user", "list", "--tenant", "acme")["users"])
    assert told(server, admin, "user", "delete", "alice") == "deleted alice\n"


def test_keys(server, admin):
    server.ctl("user", "create", "bob", "--tenant", "acme")
    made = asked(server, admin, "key", "create", "--user", "bob", "--ttl", "9")["key"]
    key = made["access_key"]
    assert made["secret_key"] and made["user"] == "bob" and made["expires"]
    same(server, admin, "key", "list", "--user", "bob")
    assert re.search(r"status +disabled", told(server, admin, "key", "disable", key))
    same(server, admin, "key", "enable", key, of_tenant=False)
    assert told(server, admin, "key", "delete", key) == f"deleted {key}\n"
    assert asked(server, admin, "key", "list", "--user", "bob")["keys"] == []
    assert {k["access_key"] for k in asked(server, admin, "key", "list")["keys"]} == {
        k["access_key"] for k in server.ctl("key", "list", "--tenant", "acme")["keys"]}


def test_tokens(server, admin):
    name = "of a/b ?#%ä"
    made = told(server, admin, "token", "add", name, "--ttl", "9", "--scope", "read", "--bucket", "acme-own")
    assert made.startswith("Token created.\n") and "['read']" in made
    same(server, admin, "token", "list")
    again = asked(server, admin, "token", "refresh", name, "--ttl", "3", "--prefix", "p/")["token"]
    assert again["token"] not in made and again["prefix"] == "p/" and again["scopes"] == ["read"]
    same(server, admin, "token", "list")
    assert told(server, admin, "token", "delete", name) == f"Token '{name}' deleted.\n"
    assert asked(server, admin, "token", "list")["tokens"] == []


def test_the_same_change_may_come_twice_in_a_second(server, admin):
    server.ctl("user", "create", "carol", "--tenant", "acme")
    made = {asked(server, admin, "key", "create", "--user", "carol")["key"]["access_key"] for _ in range(6)}
    assert len(made) == 6


def test_a_list_of_several_pages_is_told_whole(server, admin):
    for n in range(210):
        server.ctl("user", "create", f"many{n:03}", "--tenant", "acme")
    listed = [u["user"] for u in asked(server, admin, "user", "list")["users"]]
    assert [u for u in listed if u.startswith("many")] == [f"many{n:03}" for n in range(210)]


def test_who_disables_his_own_key_is_warned(server):
    leaving = Administrator(server, "acme")
    done = ctl(server, leaving.credentials, "key", "disable", leaving.access_key)
    assert done.returncode == 0 and done.stderr.startswith("warning: ")
    done = ctl(server, leaving.credentials, "user", "list")
    assert done.returncode == 1 and done.stdout == ""


def test_refusals_are_told_and_change_nothing(server, admin):
    ordinary = Administrator(server, "acme", administrator=False)
    wrong = type(admin.credentials)(admin.access_key, "another secret", admin.credentials.region, "coffer")
    unknown = type(admin.credentials)("AKNOBODY", "another secret", admin.credentials.region, "coffer")
    before = server.ctl("user", "list")
    for credentials in (ordinary.credentials, wrong, unknown):
        done = ctl(server, credentials, "user", "create", "mallory")
        assert done.returncode == 1 and done.stdout == "" and done.stderr.startswith("cofferctl: ")
    done = ctl(server, admin.credentials, "user", "create", "no such name")
    assert done.returncode == 1 and "user" in done.stderr
    done = ctl(server, admin.credentials, "key", "delete", server.access_key)
    assert done.returncode == 1 and server.ctl("key", "list", "--tenant", "default")["keys"]
    assert server.ctl("user", "list") == before


def test_another_listener_is_no_administration(server, admin):
    done = subprocess.run(
        [str(server.build / "client" / "cofferctl"), "user", "list", "--endpoint", server.rest_endpoint],
        env={"AWS_ACCESS_KEY_ID": admin.access_key, "AWS_SECRET_ACCESS_KEY": admin.credentials.secret_key},
        capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 1 and done.stdout == "" and done.stderr
