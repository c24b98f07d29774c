# SPDX-License-Identifier: Apache-2.0
"""cofferctl token import: the tokens of the service before go on working, or nothing changes."""

import datetime
import json

import pytest

from clients import s3
from clients.rest import desk
from lib import rest

pytestmark = pytest.mark.functional

DAY = datetime.timedelta(days=1)


@pytest.fixture
def door(operator):
    return rest.Store(operator.server.rest_endpoint)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tokens.json"


def imported(done):
    assert (done.returncode, done.stderr) == (0, ""), done


def row(operator, name):
    found, = (r for r in operator.listed()["tokens"] if r["name"] == name)
    return found


def test_imported_tokens_work_with_their_scopes(operator, path, name, door):
    made = {scope: desk.entry(f"{name}-{scope}", scopes=[scope]) for scope in desk.SCOPES}
    imported(operator.import_tokens(path, [entry for entry, _ in made.values()]))
    asked = {"read": ("GET", "/objects"), "write": ("PUT", f"/objects/{name}"),
             "delete": ("DELETE", f"/objects/{name}")}
    for scope in ("write", "read", "delete"):
        store = door.with_token(made[scope][1])
        for needed, (method, target) in asked.items():
            answer = store.ask(method, target)
            if needed == scope:
                assert answer.status in (200, 204)
            else:
                rest.refused(answer, 403, f"Missing required scopes: ['{needed}']")


@pytest.mark.parametrize("form", ["secret{}", "{}", "ab+/cd{}==", "-._~+/{}", "x" * 500 + "{}",
                                  "a:b!c@d#e$f%g&h*i(j)k,l;m?{}", "'\"\\{}<>|"])
def test_tokens_of_any_form_go_on_working(operator, path, name, door, form):
    """Coffer makes its own in one form. Of those in the field nothing is known but the hash."""
    token = form.format(name)
    entry, _ = desk.entry(name, token=token)
    imported(operator.import_tokens(path, [entry]))
    assert door.with_token(token).ask("GET", "/objects").status == 200
    shorter = door.with_token(token[:-1])
    rest.refused(shorter.ask("GET", "/objects"), 401, "Invalid or missing token")


def test_imported_tokens_are_listed_with_what_they_were(operator, path, name):
    end = (datetime.datetime.now(desk.UTC) + 40 * DAY).replace(microsecond=0)
    entry, _ = desk.entry(name, scopes=["write", "read"], expires=end)
    imported(operator.import_tokens(path, [entry]))
    assert row(operator, name)["scopes"] == ["read", "write"]
    line, = (r for r in operator.type("list").stdout.splitlines() if name in r)
    assert end.date().isoformat() in line


def test_imported_tokens_can_be_refreshed_and_deleted(operator, path, name, door):
    entry, token = desk.entry(name)
    imported(operator.import_tokens(path, [entry]))
    new = operator.type("refresh", name, "--ttl", 1).stdout.splitlines()[-1]
    rest.refused(door.with_token(token).ask("GET", "/objects"), 401, "Invalid or missing token")
    assert door.with_token(new).ask("GET", "/objects").status == 200
    assert operator.type("delete", name).stdout == f"Token '{name}' deleted.\n"
    rest.refused(door.with_token(new).ask("GET", "/objects"), 401, "Invalid or missing token")


def test_import_takes_tenant_and_bucket(operator, path, name, door, bucket_name):
    tenant = operator.server.add_tenant(f"t-{name}")
    entry, token = desk.entry(name)
    imported(operator.import_tokens(path, [entry], "--tenant", f"t-{name}", "--bucket",
                                    bucket_name))
    door.with_token(token).put("k", b"body")
    assert s3.read(s3.client(tenant), bucket_name, "k") == b"body"


def test_the_default_bucket_of_an_import_is_made(operator, path, name, door):
    tenant = operator.server.add_tenant(f"t-{name}")
    entry, token = desk.entry(name)
    imported(operator.import_tokens(path, [entry], "--tenant", f"t-{name}"))
    door.with_token(token).put("k", b"body")
    assert s3.read(s3.client(tenant), f"t-{name}-objects", "k") == b"body"


def test_many_tokens(operator, path, name, door):
    made = [desk.entry(f"{name}-{i}") for i in range(500)]
    imported(operator.import_tokens(path, [entry for entry, _ in made]))
    for _, token in (made[0], made[250], made[-1]):
        assert door.with_token(token).ask("GET", "/objects").status == 200


def test_a_file_written_for_humans(operator, path, name, door):
    entry, token = desk.entry(name)
    imported(operator.import_tokens(path, json.dumps([entry], indent=4) + "\n"))
    assert door.with_token(token).ask("GET", "/objects").status == 200


def test_an_empty_array_changes_nothing(operator, path):
    """Silent in the contract: nothing to do, or not what an operator can have meant."""
    before = operator.listed()
    assert operator.import_tokens(path, []).returncode in (0, 1)
    assert operator.listed() == before


@pytest.mark.parametrize("scopes", ["missing", None, []])
def test_an_entry_without_scopes_gives_no_right(operator, path, name, door, scopes):
    """Silent in the contract: it may do nothing, or is refused; never is it for everything."""
    entry, token = desk.entry(name)
    if scopes == "missing":
        del entry["scopes"]
    else:
        entry["scopes"] = scopes
    done = operator.import_tokens(path, [entry])
    answer = door.with_token(token).ask("GET", "/objects")
    rest.refused(answer, 403 if done.returncode == 0 else 401)


# Times

NOW = datetime.datetime.now(desk.UTC)
EAST = datetime.timezone(datetime.timedelta(hours=14))
WEST = datetime.timezone(-datetime.timedelta(hours=11, minutes=30))


@pytest.mark.parametrize("written", [
    lambda t: t.isoformat(), lambda t: t.isoformat(timespec="seconds"),
    lambda t: t.replace(tzinfo=None).isoformat(),
    lambda t: t.replace(tzinfo=None, microsecond=0).isoformat(),
    lambda t: t.isoformat(timespec="milliseconds"),
    lambda t: t.replace(tzinfo=None).isoformat() + "Z", lambda t: t.isoformat(sep=" "),
    lambda t: t.astimezone(EAST).isoformat(), lambda t: t.astimezone(WEST).isoformat()],
    ids=["aware", "seconds", "naive", "naive-seconds", "milliseconds", "Z", "blank", "east",
         "west"])
@pytest.mark.parametrize("delta, status", [(datetime.timedelta(hours=1), 200),
                                           (-datetime.timedelta(hours=1), 401)])
def test_times_in_every_form(operator, path, name, door, written, delta, status):
    """Naive means UTC: an hour either way tells, wherever the operator's clock lives."""
    entry, token = desk.entry(name)
    entry["expires"] = written(NOW + delta)
    entry["created_at"] = written(NOW - 30 * DAY)
    imported(operator.import_tokens(path, [entry]))
    answer = door.with_token(token).ask("GET", "/objects")
    if status == 401:
        rest.refused(answer, 401, "Token expired")
    else:
        assert answer.status == 200


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_operators_time_zone_does_not_matter(operator, path, name, door, zone, monkeypatch):
    monkeypatch.setenv("TZ", zone)
    alive, alive_token = desk.entry(f"{name}-1")
    dead, dead_token = desk.entry(f"{name}-2")
    alive["expires"] = (NOW + DAY / 24).replace(tzinfo=None).isoformat()
    dead["expires"] = (NOW - DAY / 24).replace(tzinfo=None).isoformat()
    imported(operator.import_tokens(path, [alive, dead]))
    assert door.with_token(alive_token).ask("GET", "/objects").status == 200
    rest.refused(door.with_token(dead_token).ask("GET", "/objects"), 401, "Token expired")


# Files that are none

def without(member):
    return lambda name: [{n: v for n, v in desk.entry(name)[0].items() if n != member}]


def changed(**members):
    return lambda name: [{**desk.entry(name)[0], **members}]


HASH = desk.entry("x")[0]["hash"]

WRONG = {
    "nothing": lambda name: "", "blank": lambda name: "\n", "no JSON": lambda name: "tokens\n",
    "cut": lambda name: json.dumps([desk.entry(name)[0]])[:-5],
    "more behind": lambda name: json.dumps([desk.entry(name)[0]]) + "[]",
    "object": lambda name: {"tokens": [desk.entry(name)[0]]},
    "one": lambda name: desk.entry(name)[0],
    "string": lambda name: '"tokens"', "null": lambda name: "null",
    "array of strings": lambda name: [name], "array of null": lambda name: [None],
    "array in array": lambda name: [[desk.entry(name)[0]]],
    "not UTF-8": lambda name: json.dumps([desk.entry(name)[0]]).encode().replace(b"read",
                                                                                 b"r\xffd"),
    "deep": lambda name: "[" * 100_000,
    "no name": without("name"), "no hash": without("hash"), "no expires": without("expires"),
    "name empty": changed(name=""), "name no string": changed(name=5),
    "name with newline": changed(name="a\nb"), "name with NUL": changed(name="a\x00b"),
    "hash empty": changed(hash=""), "hash no string": changed(hash=5),
    "hash null": changed(hash=None),
    "hash short": changed(hash=HASH[:-1]), "hash long": changed(hash=HASH + "0"),
    "hash no hex": changed(hash="g" * 64), "hash of another kind": changed(hash="0" * 128),
    "hash in base64": changed(hash="qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo="),
    "expires empty": changed(expires=""), "expires in words": changed(expires="tomorrow"),
    "expires no string": changed(expires=5),
    "expires no date": changed(expires="2026-02-30T00:00:00"),
    "expires in month 13": changed(expires="2026-13-01T00:00:00"),
    "expires with more": changed(expires="2026-11-22T01:51:56 or so"),
    "expires at 25 h": changed(expires="2026-11-22T25:00:00"),
    "created in words": changed(created_at="once"),
    "scopes no array": changed(scopes="read"), "scopes unknown": changed(scopes=["read", "admin"]),
    "scopes of numbers": changed(scopes=[1]),
    # What nobody here understands may have limited the token.
    "member of another kind": changed(prefix="mine/"),
    "a name twice": lambda name: [desk.entry(name)[0], desk.entry(name)[0]],
    "a hash twice": lambda name: [desk.entry(name, token="t")[0],
                                  desk.entry(name + "-2", token="t")[0]],
}


@pytest.mark.parametrize("form", WRONG)
def test_a_wrong_file_is_refused_whole(operator, path, name, form, door):
    """A sentence, and nothing changed: also when what is wrong comes behind what is right."""
    good, token = desk.entry(name + "-good")
    wrong = WRONG[form](name)
    before = operator.listed()
    attempts = [wrong]
    if isinstance(wrong, list):
        attempts += [[good, *wrong], [*wrong, good]]
    for attempt in attempts:
        done = operator.import_tokens(path, attempt)
        assert (done.returncode, done.stdout) == (1, ""), done
        assert desk.REFUSAL.fullmatch(done.stderr), done.stderr
        assert operator.listed() == before
    rest.refused(door.with_token(token).ask("GET", "/objects"), 401, "Invalid or missing token")


def test_a_name_that_exists_refuses_the_file(operator, path, name, door):
    operator.token(name=name)
    good, token = desk.entry(name + "-good")
    before = operator.listed()
    for entries in ([desk.entry(name)[0]], [good, desk.entry(name)[0]]):
        done = operator.import_tokens(path, entries)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"ERROR: A token with name '{name}' already exists.\n")
        assert operator.listed() == before
    rest.refused(door.with_token(token).ask("GET", "/objects"), 401)


def test_a_file_imported_twice_is_refused_and_goes_on_working(operator, path, name, door):
    entry, token = desk.entry(name)
    imported(operator.import_tokens(path, [entry]))
    assert operator.import_tokens(path, [entry]).returncode == 1
    assert door.with_token(token).ask("GET", "/objects").status == 200


@pytest.mark.parametrize("where", ["missing", "directory", "/dev/null"])
def test_a_file_that_cannot_be_read(operator, tmp_path, where):
    path = {"missing": tmp_path / "missing.json", "directory": tmp_path}.get(where, where)
    before = operator.listed()
    done = operator.type("import", path)
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.strip()
    assert operator.listed() == before


def test_import_into_anothers_bucket(operator, path, name, bucket_name):
    other = operator.server.add_tenant(f"t-{name}")
    s3.client(other).create_bucket(Bucket=bucket_name)
    entry, _ = desk.entry(name)
    before = operator.listed()
    done = operator.import_tokens(path, [entry], "--bucket", bucket_name)
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.startswith("ERROR: ")
    assert operator.listed() == before


def test_import_for_an_unknown_tenant(operator, path, name):
    entry, _ = desk.entry(name)
    before = operator.listed()
    done = operator.import_tokens(path, [entry], "--tenant", "no-such-tenant")
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.startswith("ERROR: ")
    assert operator.listed() == before


def test_json_of_an_import(operator, path, name):
    entry, token = desk.entry(name)
    path.write_text(json.dumps([entry]))
    done = operator.server.control("--json", "token", "import", str(path))
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    assert json.loads(done.stdout)["ok"] is True
    assert token not in done.stdout and entry["hash"] not in done.stdout
