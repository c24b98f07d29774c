# SPDX-License-Identifier: Apache-2.0
"""cofferctl token add, delete, refresh, list: what operators' scripts read is what it prints."""

import concurrent.futures
import datetime
import json
import os
import re
import signal
import time

import pytest

from clients import s3
from clients.rest import desk
from lib import rawhttp, rest

pytestmark = pytest.mark.functional

SECONDS = datetime.timedelta(seconds=10)


def told(done):
    return done.returncode, done.stdout, done.stderr


def refused(done, sentence=None):
    """Exit status 1, a sentence on stderr, nothing on stdout."""
    assert (done.returncode, done.stdout) == (1, ""), done
    assert desk.REFUSAL.fullmatch(done.stderr), done.stderr
    if sentence is not None:
        assert done.stderr == f"ERROR: {sentence}\n"


def misused(done):
    """Exit status 2, a word about the use on stderr, nothing on stdout."""
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.strip()


def token_of(done):
    assert done.returncode == 0, done
    return done.stdout.splitlines()[-1]


def expires(done):
    return datetime.datetime.fromisoformat(desk.TIME.search(done.stdout).group())


def check_expires(done, days):
    expected = datetime.datetime.now(desk.UTC) + datetime.timedelta(days=days)
    assert abs(expires(done) - expected) < SECONDS


@pytest.fixture
def door(operator):
    return rest.Store(operator.server.rest_endpoint)


@pytest.fixture
def nothing_changed(operator):
    before = operator.listed()
    yield
    assert operator.listed() == before


def named(operator, name, *options):
    """The one row of `token list --json` with this name."""
    row, = (row for row in operator.listed()["tokens"] if row["name"] == name)
    return row


# add

@pytest.mark.parametrize("scopes, shown", [
    ([], desk.SCOPES), (["read"], ["read"]), (["write", "read"], ["read", "write"]),
    (["write", "delete", "read"], desk.SCOPES), (["read", "read"], ["read"])])
def test_add_prints(operator, name, scopes, shown):
    options = [word for scope in scopes for word in ("--scope", scope)]
    done = operator.type("add", name, "--ttl", 30, *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert desk.masked(done.stdout) == desk.ADDED.format(name=name, ttl=30, scopes=shown)
    check_expires(done, 30)


@pytest.mark.parametrize("ttl", [1, 7, 365, 3650])
def test_add_with_ttl(operator, name, ttl):
    done = operator.type("add", name, "--ttl", ttl)
    assert f"\n  ttl_days: {ttl}\n" in done.stdout
    check_expires(done, ttl)


def test_options_may_stand_before_the_name(operator, name):
    done = operator.type("add", "--ttl", 30, "--scope", "read", name)
    assert desk.masked(done.stdout) == desk.ADDED.format(name=name, ttl=30, scopes=["read"])


def test_tokens_are_long_and_each_another(operator):
    made = [operator.token() for _ in range(20)]
    assert len(set(made)) == 20
    for token in made:
        # 256 bits are 43 letters of base64 at least, and it must fit a header field.
        assert re.fullmatch(r"[A-Za-z0-9._~+/=-]{43,}", token)


def test_the_token_printed_works(operator, name, door):
    store = door.with_token(token_of(operator.type("add", name, "--ttl", 1)))
    store.put(f"of-{name}", b"body")
    assert store.read(f"of-{name}") == b"body"


@pytest.mark.parametrize("name", ["with blank", "with'quote", 'with"quote', "\u20ac", "a/b",
                                  "x" * 64, "100%", "a.b-c_d", "{json}"])
def test_names_of_all_kinds(operator, name):
    done = operator.type("add", name, "--ttl", 1)
    assert desk.masked(done.stdout) == desk.ADDED.format(name=name, ttl=1, scopes=desk.SCOPES)
    assert name in operator.type("list").stdout
    assert told(operator.type("delete", name)) == (0, f"Token '{name}' deleted.\n", "")


@pytest.mark.parametrize("name", ["", "a\nb", "a\tb", "\x1b[31m", "x" * 5000])
def test_names_that_would_spoil_a_listing(operator, nothing_changed, name):
    """Silent in the contract: refused, whether as misuse or by the server."""
    done = operator.type("add", name, "--ttl", 1)
    assert done.returncode in (1, 2) and done.stdout == "" and done.stderr.strip()


def test_an_existing_name(operator, name, door):
    first = token_of(operator.type("add", name, "--ttl", 1))
    for options in ([], ["--scope", "read"], ["--ttl", "5"]):
        refused(operator.type("add", name, "--ttl", 1, *options),
                f"A token with name '{name}' already exists.")
    assert door.with_token(first).ask("GET", "/objects").status == 200


def test_names_have_case(operator, name):
    token_of(operator.type("add", name, "--ttl", 1))
    token_of(operator.type("add", name.upper(), "--ttl", 1))


def test_a_deleted_name_is_free(operator, name, door):
    old = token_of(operator.type("add", name, "--ttl", 1))
    operator.type("delete", name)
    new = token_of(operator.type("add", name, "--ttl", 1))
    assert door.with_token(new).ask("GET", "/objects").status == 200
    rest.refused(door.with_token(old).ask("GET", "/objects"), 401, "Invalid or missing token")


USAGE = {
    "nothing": [], "unknown command": ["remove", "x"], "add without a name": ["add", "--ttl", "1"],
    "add without ttl": ["add", "x"], "add with two names": ["add", "x", "y", "--ttl", "1"],
    "ttl without days": ["add", "x", "--ttl"], "ttl of letters": ["add", "x", "--ttl", "abc"],
    "ttl of nothing": ["add", "x", "--ttl", ""], "negative ttl": ["add", "x", "--ttl", "-1"],
    "no ttl": ["add", "x", "--ttl", "0"], "ttl with a unit": ["add", "x", "--ttl", "5d"],
    "ttl over every calendar": ["add", "x", "--ttl", "99999999999999999999"],
    "unknown scope": ["add", "x", "--ttl", "1", "--scope", "admin"],
    "scope of another case": ["add", "x", "--ttl", "1", "--scope", "READ"],
    "empty scope": ["add", "x", "--ttl", "1", "--scope", ""],
    "scopes in one": ["add", "x", "--ttl", "1", "--scope", "read,write"],
    "scope without": ["add", "x", "--ttl", "1", "--scope"],
    "rate of letters": ["add", "x", "--ttl", "1", "--rate", "fast"],
    "negative rate": ["add", "x", "--ttl", "1", "--rate", "-1"],
    "unknown option": ["add", "x", "--ttl", "1", "--verbose"],
    "delete without a name": ["delete"], "delete of two": ["delete", "x", "y"],
    "refresh without a name": ["refresh", "--ttl", "1"],
    "refresh with an unknown scope": ["refresh", "x", "--ttl", "1", "--scope", "root"],
    "refresh with ttl of letters": ["refresh", "x", "--ttl", "abc"],
    "list with a word": ["list", "x"], "import of nothing": ["import"],
    "import of two": ["import", "a", "b"],
}


@pytest.mark.parametrize("form", USAGE)
def test_misuse_exits_with_2_and_changes_nothing(operator, nothing_changed, form):
    misused(operator.type(*USAGE[form]))


def test_help(operator):
    of_all, of_add = operator.server.control("--help"), operator.type("add", "--help")
    assert (of_all.returncode, of_add.returncode) == (0, 0)
    for word in ("token add", "token delete", "token refresh", "token list", "token import"):
        assert word in of_all.stdout
    for option in ("--ttl", "--scope", "--tenant", "--bucket", "--prefix", "--rate"):
        assert option in of_add.stdout


def test_a_server_that_is_not_there(operator, name):
    done = operator.server.control("--socket", "/nonexistent/socket", "token", "add", name, "--ttl",
                                   "1")
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.strip()


# delete

def test_delete_prints(operator, name):
    operator.type("add", name, "--ttl", 1)
    assert told(operator.type("delete", name)) == (0, f"Token '{name}' deleted.\n", "")
    refused(operator.type("delete", name), f"No token with name '{name}' found.")


# refresh

def refreshed(done, name, ttl, scopes):
    """The heading, three lines and the new token, as `add` has them. The contract is silent about
    how they are aligned, and about the words before the token.
    """
    assert (done.returncode, done.stderr) == (0, "")
    heading, first, second, third, blank, label, token = done.stdout.splitlines()
    assert heading == f"Token '{name}' refreshed."
    assert re.fullmatch(rf"  ttl_days: +{ttl}", first)
    assert re.fullmatch(rf"  new_expires: +{desk.TIME.pattern}", second)
    assert re.fullmatch(rf"  scopes: +{re.escape(str(scopes))}", third)
    assert blank == ""
    assert label.lower().endswith(
        "plaintext token (store this securely, you won't see it again):")
    check_expires(done, ttl)
    return token


@pytest.mark.parametrize("scopes", [["read"], ["delete", "write"], desk.SCOPES])
def test_refresh_prints_and_keeps_the_scopes(operator, name, scopes, door):
    options = [word for scope in scopes for word in ("--scope", scope)]
    old = token_of(operator.type("add", name, "--ttl", 30, *options))
    new = refreshed(operator.type("refresh", name, "--ttl", 7), name, 7, scopes)
    assert new != old
    status = door.with_token(new).ask("GET", "/objects").status
    assert status == (200 if "read" in scopes else 403)


def test_refresh_with_other_scopes(operator, name, door):
    operator.type("add", name, "--ttl", 30, "--scope", "read")
    done = operator.type("refresh", name, "--ttl", 7, "--scope", "write", "--scope", "delete")
    new = refreshed(done, name, 7, ["delete", "write"])
    rest.refused(door.with_token(new).ask("GET", "/objects"), 403,
                 "Missing required scopes: ['read']")
    assert named(operator, name)["scopes"] == ["delete", "write"]


def test_refresh_keeps_what_the_token_is_bound_to(operator, name, bucket_name):
    old = operator.store("--prefix", "mine/", bucket=bucket_name, name=name)
    old.put("mine/k")
    before = named(operator, name)
    new = old.with_token(token_of(operator.type("refresh", name, "--ttl", 7)))
    assert new.keys() == ["mine/k"]
    rest.refused(new.get("other"), 403)
    after = named(operator, name)
    assert {n: v for n, v in before.items() if "expires" not in n and "use" not in n} == {
        n: v for n, v in after.items() if "expires" not in n and "use" not in n}


def test_refresh_of_an_unknown_name(operator, nothing_changed):
    refused(operator.type("refresh", "nope", "--ttl", 1), "No token with name 'nope' found.")
    refused(operator.type("delete", "nope"), "No token with name 'nope' found.")


# list

def test_list_shows_everything_but_the_token(operator, name, bucket_name):
    done = operator.type("add", name, "--ttl", 30, "--scope", "read", "--scope", "write",
                         "--bucket", bucket_name, "--prefix", "p/")
    line, = (row for row in operator.type("list").stdout.splitlines() if name in row)
    for word in ("read", "write", bucket_name, "p/", expires(done).date().isoformat()):
        assert word in line
    assert "delete" not in line


def test_list_never_shows_a_token_or_its_hash(operator, name, tmp_path):
    made = [operator.token(), token_of(operator.type("add", name, "--ttl", 1)),
            token_of(operator.type("refresh", name, "--ttl", 1))]
    entry, token = desk.entry(name + "-2")
    operator.import_tokens(tmp_path / "t.json", [entry])
    for text in (operator.type("list").stdout, json.dumps(operator.listed())):
        assert name in text
        for secret in (*made, token, entry["hash"], operator.server.token):
            assert secret not in text


def test_list_tells_the_last_use(operator, name, door):
    store = door.with_token(token_of(operator.type("add", name, "--ttl", 1)))
    before = named(operator, name)
    store.ask("GET", "/objects")
    after = named(operator, name)
    changed = {n for n in after if after[n] != before[n]}
    assert len(changed) == 1 and "use" in changed.pop()


def test_the_last_use_outlives_a_clean_stop(new_operator, name):
    operator = new_operator()
    operator.store(name=name).put("k")
    before = operator.listed()
    operator.server.restart()
    assert operator.listed() == before


def test_list_is_of_one_tenant_when_asked(operator, name):
    operator.server.ctl("tenant", "create", f"t-{name}")
    operator.type("add", name, "--ttl", 1, "--tenant", f"t-{name}")
    assert name in operator.type("list", "--tenant", f"t-{name}").stdout
    assert name not in operator.type("list", "--tenant", "default").stdout


def test_list_of_an_unknown_tenant(operator):
    refused(operator.type("list", "--tenant", "no-such-tenant"))


# --json

def test_json_is_one_object_on_one_line(operator, name):
    for words in (("add", name, "--ttl", "1"), ("refresh", name, "--ttl", "1"), ("list",),
                  ("delete", name)):
        done = operator.server.control("--json", "token", *words)
        assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
        assert json.loads(done.stdout)["ok"] is True


def test_json_of_add_and_refresh_has_the_token(operator, name, door):
    for words in (("add", name, "--ttl", "1"), ("refresh", name, "--ttl", "1")):
        made = operator.server.ctl("token", *words)["token"]
        assert (made["name"], made["scopes"]) == (name, desk.SCOPES)
        assert door.with_token(made["token"]).ask("GET", "/objects").status == 200


def test_json_of_a_refusal(operator):
    done = operator.server.control("--json", "token", "delete", "nope")
    assert done.returncode == 1
    answer = json.loads(done.stdout or done.stderr)
    assert (answer["ok"], answer["error"]) == (False, "No token with name 'nope' found.")


# What a token is bound to

def test_names_are_of_a_tenant(operator, name, door):
    for tenant in ("a", "b"):
        operator.server.ctl("tenant", "create", f"{tenant}-{name}")
    first, second = (token_of(operator.type("add", name, "--ttl", 1, "--tenant", f"{t}-{name}"))
                     for t in ("a", "b"))
    refused(operator.type("add", name, "--ttl", 1, "--tenant", f"a-{name}"),
            f"A token with name '{name}' already exists.")
    assert told(operator.type("delete", name, "--tenant", f"a-{name}"))[0] == 0
    rest.refused(door.with_token(first).ask("GET", "/objects"), 401)
    assert door.with_token(second).ask("GET", "/objects").status == 200


def test_an_unknown_tenant(operator, nothing_changed, name):
    refused(operator.type("add", name, "--ttl", 1, "--tenant", "no-such-tenant"))


def test_the_default_bucket_is_made(operator, name, door):
    tenant = operator.server.add_tenant(f"t-{name}")
    store = door.with_token(token_of(operator.type("add", name, "--ttl", 1, "--tenant",
                                                   f"t-{name}")))
    assert [b["Name"] for b in s3.client(tenant).list_buckets()["Buckets"]] == [
        f"t-{name}-objects"]
    store.put("k", b"body")
    assert s3.read(s3.client(tenant), f"t-{name}-objects", "k") == b"body"


def test_the_named_bucket_is_made_once(operator, bucket_name, server):
    first = operator.store(bucket=bucket_name)
    first.put("k", b"body")
    second = operator.store(bucket=bucket_name)
    assert second.read("k") == b"body"
    assert bucket_name in [b["Name"] for b in s3.client(server).list_buckets()["Buckets"]]


def test_an_existing_bucket_is_taken(operator, client, bucket):
    s3.put(client, bucket, "k", body=b"body")
    assert operator.store(bucket=bucket).read("k") == b"body"


def test_a_bucket_of_another_tenant(operator, bucket_name, name):
    """Nothing of it is told, and no token is made."""
    other = operator.server.add_tenant(f"t-{name}")
    rawhttp.request(other, "PUT", f"/{bucket_name}")
    before = operator.listed()
    refused(operator.type("add", name, "--ttl", 1, "--bucket", bucket_name))
    assert operator.listed() == before


@pytest.mark.parametrize("bucket", ["A_b", "..", "a", "x" * 64, "", "a/b", "127.0.0.1"])
def test_a_bucket_that_can_be_none(operator, nothing_changed, name, bucket):
    done = operator.type("add", name, "--ttl", 1, "--bucket", bucket)
    assert done.returncode in (1, 2) and done.stdout == "" and done.stderr.strip()


def test_no_token_is_made_while_its_bucket_cannot_be(new_operator, name):
    """A token that opens nothing would be found out by a client, much later."""
    operator = new_operator()
    server = operator.server
    before = operator.listed()
    stored = server.pid("stored")
    # So that nothing comes in its place.
    server.process.send_signal(signal.SIGSTOP)
    try:
        os.kill(stored, signal.SIGKILL)
        refused(operator.type("add", name, "--ttl", 1, "--bucket", f"b-{name}"))
        assert operator.listed() == before
    finally:
        server.process.send_signal(signal.SIGCONT)
    deadline = time.monotonic() + 20
    while not server.serves():
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.05)
    operator.store(bucket=f"b-{name}", name=name).put("k")


def test_of_many_who_add_a_name_one_is_told_its_token(operator, name, door):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: operator.type("add", name, "--ttl", 1), range(8)))
    made = [d for d in done if d.returncode == 0]
    assert len(made) == 1
    for other in done:
        if other is not made[0]:
            refused(other, f"A token with name '{name}' already exists.")
    assert door.with_token(token_of(made[0])).ask("GET", "/objects").status == 200
    assert named(operator, name)


def test_of_many_tenants_who_want_a_bucket_one_gets_it(operator, name, bucket_name):
    tenants = [f"{i}-{name}" for i in range(4)]
    for tenant in tenants:
        operator.server.ctl("tenant", "create", tenant)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda tenant: operator.type(
            "add", name, "--ttl", 1, "--tenant", tenant, "--bucket", bucket_name), tenants))
    assert sorted(d.returncode for d in done) == [0, 1, 1, 1]
    assert len([row for row in operator.listed()["tokens"] if row["name"] == name]) == 1


@pytest.mark.parametrize("how", ["stored", "whole"])
def test_the_bucket_outlives_a_kill_right_after(new_operator, name, how):
    operator = new_operator()
    store = operator.store(bucket=f"b-{name}")
    if how == "stored":
        operator.server.kill_and_wait("stored")
    else:
        operator.server.restart(signal.SIGKILL)
    assert store.page()["keys"] == []
    store.put("k", b"body")
    assert store.read("k") == b"body"


def test_tokens_outlive_a_restart(new_operator, name):
    operator = new_operator()
    store = operator.store(name=name)
    deleted = operator.store(name=f"{name}-2")
    operator.type("delete", f"{name}-2")
    store.put("k", b"body")
    operator.server.restart(signal.SIGKILL)
    assert store.read("k") == b"body"
    rest.refused(deleted.get("k"), 401, "Invalid or missing token")


# The first token

def test_up_writes_endpoint_and_token(operator):
    store = rest.Store(operator.server.rest_endpoint, operator.server.token)
    assert store.endpoint.startswith("http://127.0.0.1:")
    store.put("first", b"body")
    assert store.read("first") == b"body"
    assert store.delete("first").status == 204


def test_the_first_tokens_bucket_is_the_tenants(operator, client):
    rest.Store(operator.server.rest_endpoint, operator.server.token).put("shared", b"body")
    assert s3.read(client, "default-objects", "shared") == b"body"


def test_the_first_token_still_works_after_a_restart(new_coffer):
    server = new_coffer()
    before = (server.rest_endpoint, server.token)
    server.restart()
    assert (server.rest_endpoint, server.token) == before
    rest.Store(*before).put("k")
