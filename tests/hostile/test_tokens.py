# SPDX-License-Identifier: Apache-2.0
"""T30, T40, T42, T43 for bearer tokens: nothing near one is one, and none is written anywhere."""

import base64
import datetime
import hashlib
import json
import os
import pathlib
import re
import secrets
import uuid

import pytest

from clients.rest import desk
from lib import procfs, rest

pytestmark = pytest.mark.usefixtures("unharmed")

UNKNOWN = "Invalid or missing token"


@pytest.fixture(scope="module")
def operator(victim):
    return desk.Operator(victim)


@pytest.fixture
def store(operator):
    made = operator.store(bucket=f"t-{uuid.uuid4().hex[:20]}")
    made.put("k", b"kept")
    yield made
    assert made.read("k") == b"kept"


# --- T40 ------------------------------------------------------------------------------------------


def neighbours(token):
    """Every text that is one character away: another one, another case, one less, one more."""
    for i, c in enumerate(token):
        yield token[:i] + ("A" if c != "A" else "B") + token[i + 1:]
        yield token[:i] + c.swapcase() + token[i + 1:]
        yield token[:i] + token[i + 1:]
        yield token[:i] + c + token[i:]
        yield token[:i]
        yield token[i + 1:]
    yield token + "="
    yield token.swapcase()
    yield token.upper()


def test_t40_what_is_nearly_a_token_is_none(store):
    tried = set(neighbours(store.token)) - {store.token, ""}
    assert len(tried) > 200
    for text in tried:
        rest.refused(store.with_token(text).get("k"), 401, UNKNOWN)


def test_t40_what_is_kept_of_a_token_is_none(store):
    """Whoever reads auth.db, or the tokens.json that an import came from, cannot log in with it."""
    kept = hashlib.sha256(store.token.encode()).digest()
    for text in (kept.hex(), kept.hex().upper(), base64.b64encode(kept).decode(),
                 base64.urlsafe_b64encode(kept).decode().rstrip("="),
                 "cft_" + base64.urlsafe_b64encode(kept).decode().rstrip("=")):
        rest.refused(store.with_token(text).get("k"), 401, UNKNOWN)


@pytest.mark.parametrize("text", ["cft_", "Bearer", "default", "token:default", "null", "*", "%",
                                  "' OR 1=1 --", "../../auth.db", "x" * 30_000])
def test_t40_what_is_no_token_at_all_is_told_the_same(store, text):
    rest.refused(store.with_token(text).get("k"), 401, UNKNOWN)


# --- T30 ------------------------------------------------------------------------------------------


def test_t30_tokens_of_one_name_are_each_tenants_own(victim, operator):
    tenant = f"t{uuid.uuid4().hex[:20]}"
    victim.add_tenant(tenant)
    name = f"shared-{tenant}"
    ours = operator.store(name=name, bucket=f"o-{tenant}")
    theirs = operator.store("--tenant", tenant, name=name, bucket=f"x-{tenant}")
    ours.put("k", b"ours")
    rest.refused(theirs.get("k"), 404, "Object k not found")
    refreshed = operator.type("refresh", name, "--ttl", 1, "--tenant", tenant)
    assert refreshed.returncode == 0
    rest.refused(theirs.get("k"), 401, UNKNOWN)
    assert ours.read("k") == b"ours"
    assert operator.type("delete", name).returncode == 0
    rest.refused(ours.get("k"), 401, UNKNOWN)
    assert theirs.with_token(refreshed.stdout.splitlines()[-1]).page()["keys"] == []


# --- T42 ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told(victim, operator, tmp_path_factory):
    """Tokens of every origin and fate, each of them used: {how: text}."""
    path = tmp_path_factory.mktemp("old") / "tokens.json"
    entry, imported = desk.entry("t42 imported")
    expired, old = desk.entry("t42 expired", expires=datetime.datetime(2020, 1, 1))
    assert operator.import_tokens(path, [entry, expired]).returncode == 0
    made = {"first": victim.token, "imported": imported, "expired": old,
            "made": operator.token(name="t42 made"),
            "refreshed away": operator.token(name="t42 refreshed"),
            "deleted": operator.token(name="t42 deleted")}
    fresh = operator.type("refresh", "t42 refreshed", "--ttl", 1)
    made["refreshed"] = fresh.stdout.splitlines()[-1]
    assert operator.type("delete", "t42 deleted").returncode == 0
    made["never one"] = secrets.token_urlsafe(32)
    return made


def shapes(token):
    """A token as it could show: itself, its random part, and either in hex or base64."""
    texts = {token, token.removeprefix("cft_")}
    return [shape for text in texts
            for shape in (text.encode(), text.encode().hex().encode(),
                          base64.b64encode(text.encode()).rstrip(b"="))]


ASKED = [("PUT", "/objects/t42"), ("GET", "/objects"), ("GET", "/objects/none"),
         ("GET", f"/objects/{'k' * 2000}"), ("GET", "/objects?limit=x"), ("GET", "/nothing"),
         ("POST", "/objects/k"), ("DELETE", "/objects/t42")]


def use(victim, token):
    """What a token is answered, right or wrong, to requests right and wrong."""
    door = rest.Store(victim.rest_endpoint, token)
    return [door.ask(method, path) for method, path in ASKED]


def test_t42_a_token_is_in_no_file_of_the_data_directory(victim, told):
    for token in told.values():
        use(victim, token)
    for path in victim.data.rglob("*"):
        if path.is_file() and not path.is_socket():
            data = path.read_bytes()
            for how, token in told.items():
                assert not any(shape in data for shape in shapes(token)), (path, how)


def test_t42_a_token_is_in_no_log_and_no_error(victim, told):
    mark = victim.log_size()
    answers = [answer for token in told.values() for answer in use(victim, token)]
    seen = b"".join(answer.body + repr(answer.headers).encode() for answer in answers)
    said = victim.log(mark)
    for how, token in told.items():
        assert not any(shape in seen + said.encode() for shape in shapes(token)), how


def test_t42_the_log_names_whose_token_was_refused_and_nothing_of_an_unknown_one(new_coffer):
    """On a server of its own: in a flood of denials most are only counted."""
    server = new_coffer()
    operator = desk.Operator(server)
    reader = operator.store("--scope", "read", name="a reader")
    rest.refused(reader.ask("PUT", "/objects/k"), 403)
    rest.refused(reader.with_token("pasted by mistake").get("k"), 401, UNKNOWN)
    said = server.log()
    assert re.search(r'denied .*error=MissingScopes .*key="token:a reader" ', said)
    assert re.search(r"denied .*error=UnknownToken .*key=unknown ", said)
    assert "pasted" not in said


@pytest.mark.skipif(os.geteuid() != 0, reason="reading another user's /proc needs root")
def test_t42_a_token_is_in_no_argv_and_no_environment(victim, told):
    launcher = victim.process.pid
    for pid in (launcher, *procfs.children(launcher), *victim.workers()):
        for what in ("cmdline", "environ"):
            data = pathlib.Path(f"/proc/{pid}/{what}").read_bytes()
            assert not any(token.encode() in data for token in told.values()), (pid, what)


def test_t42_listings_show_neither_tokens_nor_what_is_kept_of_them(victim, operator, told):
    listed = operator.listed()
    assert {token["name"] for token in listed["tokens"]} > {"t42 made", "t42 imported"}
    shown = json.dumps(listed) + operator.type("list").stdout + json.dumps(victim.ctl("status"))
    for how, token in told.items():
        assert token not in shown, how
        assert hashlib.sha256(token.encode()).hexdigest() not in shown, how
    assert "cft_" not in shown and "hash" not in shown


def test_t42_a_refusal_does_not_repeat_what_it_was_given(operator, tmp_path):
    """A token pasted where its hash should be, or its name, does not come back in the complaint."""
    token = f"cft_{secrets.token_urlsafe(32)}"
    entry, _ = desk.entry("t42 pasted")
    done = operator.import_tokens(tmp_path / "t.json", [{**entry, "hash": token}])
    assert done.returncode == 1 and token not in done.stdout + done.stderr


# --- T43 ------------------------------------------------------------------------------------------


def test_t43_a_token_cannot_be_chosen(operator):
    for option in ("--token", "--secret", "--hash"):
        done = operator.type("add", "t43", "--ttl", 1, option, "cft_chosen")
        assert (done.returncode, done.stdout) == (2, "")
    assert "t43" not in [token["name"] for token in operator.listed()["tokens"]]


def test_t43_no_two_servers_have_the_same_first_token(new_coffer):
    one, two = new_coffer(), new_coffer()
    assert re.fullmatch(r"cft_[A-Za-z0-9_-]{43}", one.token) and one.token != two.token
    rest.refused(rest.Store(two.rest_endpoint, one.token).get("k"), 401, UNKNOWN)
    for text in ("coffer", "admin", "test", "token", "changeme", "minioadmin"):
        rest.refused(rest.Store(one.rest_endpoint, text).get("k"), 401, UNKNOWN)
