# SPDX-License-Identifier: Apache-2.0
"""A tenant's users, keys and tokens go with its backup, sealed, and come back with it."""

import contextlib
import hashlib
import json
import pathlib
import re
import subprocess

import pytest

from lib import coffer, rawhttp, rest

from .conftest import wait_for

PASSPHRASE = "correct horse battery staple"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
NONE = ("--without-identities",)


def remove(host, name):
    if name in {t["name"] for t in host.ctl("tenant", "list")["tenants"]}:
        host.ctl("tenant", "delete", name, "--with-data")


class Tenant:
    """With a bucket of its name, an object in it, a key of its own, alice with another, and a token."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.own = server.add_tenant(name)
        assert rawhttp.request(self.own, "PUT", f"/{name}").status == 200
        assert rawhttp.request(self.own, "PUT", f"/{name}/cat", (), b"meow").status == 200
        server.ctl("user", "create", "alice", "--tenant", name)
        server.ctl("policy", "put", "alice", "--tenant", name, "--file", "-", stdin=POLICY)
        key = server.ctl("key", "create", "--tenant", name, "--user", "alice", "--ttl", "7")["key"]
        self.alice = coffer.Server(server.endpoint, key["access_key"], key["secret_key"],
                                   self.own.region)
        self.token = server.ctl("token", "add", "laptop", "--ttl", "7", "--tenant", name,
                                "--bucket", name)["token"]["token"]
        self.secrets = (self.own.secret_key, key["secret_key"], self.token, PASSPHRASE)

    def on(self, who, host):
        """The same credentials at another host."""
        return coffer.Server(host.endpoint, who.access_key, who.secret_key, who.region)

    def is_served(self, host):
        """Each of the three, as far as it may."""
        alice = self.on(self.alice, host)
        store = rest.Store(host.rest_endpoint, self.token, self.name)
        return (rawhttp.request(self.on(self.own, host), "GET", f"/{self.name}/cat").body == b"meow"
                and rawhttp.request(alice, "GET", f"/{self.name}/cat").body == b"meow"
                and rawhttp.request(alice, "PUT", f"/{self.name}/dog", (), b"woof").status == 403
                and store.read("cat") == b"meow")

    def is_refused(self, host):
        return rawhttp.request(self.on(self.own, host), "GET", f"/{self.name}/cat").status == 403


@pytest.fixture
def tenant(server, elsewhere, bucket_name):
    made = Tenant(server, bucket_name)
    yield made
    for host in (server, elsewhere):
        remove(host, bucket_name)


@pytest.fixture
def place(server, bucket_name):
    return str(server.dir / f"b-{bucket_name}")


@pytest.fixture
def passphrase(server):
    path = server.dir / "passphrase"
    path.touch(0o600)
    path.write_text(PASSPHRASE + "\n")
    return ("--passphrase-file", str(path))


def key_of(host):
    return host.ctl("host", "key")["host"]["key"]


def backup(tenant, place, *how):
    return tenant.server.ctl("tenant", "backup", tenant.name, place, *how)


def sealed_file(place):
    found = list(pathlib.Path(place).glob("identities-*.sealed"))
    assert len(found) == 1
    return found[0]


def refused(host, *argv, stdin=None):
    done = host.control(*argv, stdin=stdin)
    assert done.returncode != 0, done.stdout
    return done.stderr


# --- there and back ---------------------------------------------------------------------------


def test_what_is_sealed_to_a_host_is_restored_there(tenant, elsewhere, place):
    backup(tenant, place, "--to-host", key_of(elsewhere))
    elsewhere.ctl("tenant", "restore", place)
    assert tenant.is_served(elsewhere)
    mine = [tenant.server.ctl("key", "list", "--tenant", tenant.name)["keys"],
            tenant.server.ctl("user", "list", "--tenant", tenant.name)["users"],
            tenant.server.ctl("token", "list", "--tenant", tenant.name)["tokens"]]
    theirs = [elsewhere.ctl("key", "list", "--tenant", tenant.name)["keys"],
              elsewhere.ctl("user", "list", "--tenant", tenant.name)["users"],
              elsewhere.ctl("token", "list", "--tenant", tenant.name)["tokens"]]
    for side in (mine, theirs):
        for item in (i for items in side for i in items):
            item.pop("last_used", None)
    assert mine == theirs
    policy = elsewhere.ctl("policy", "get", "alice", "--tenant", tenant.name)["policy"]
    assert json.loads(policy) == json.loads(POLICY)
    elsewhere.kill_and_wait("authd")
    assert tenant.is_served(elsewhere)


def test_what_is_sealed_with_a_passphrase_is_restored_wherever_that_is_known(
        tenant, elsewhere, place, passphrase):
    backup(tenant, place, *passphrase)
    elsewhere.ctl("tenant", "restore", place, "--passphrase-file", "-", stdin=PASSPHRASE)
    assert tenant.is_served(elsewhere)


def test_a_tenant_is_restored_on_its_own_host_after_it_was_deleted(tenant, place):
    backup(tenant, place, "--to-host", key_of(tenant.server))
    remove(tenant.server, tenant.name)
    assert tenant.is_refused(tenant.server)
    tenant.server.ctl("tenant", "restore", place)
    assert tenant.is_served(tenant.server)


def test_without_identities_nobody_can_use_what_is_restored(tenant, elsewhere, place):
    told = tenant.server.control("tenant", "backup", tenant.name, place, *NONE)
    assert "nobody can use what is restored until he is given a key" in told.stdout
    assert not list(pathlib.Path(place).glob("identities-*"))
    elsewhere.ctl("tenant", "restore", place)
    assert tenant.is_refused(elsewhere)
    assert elsewhere.ctl("tenant", "show", tenant.name)["tenant"]["keys"] == 0
    elsewhere.ctl("key", "create", "--tenant", tenant.name, "--access-key", "given", "--secret-key-stdin",
                  stdin="givengiven\n")
    given = coffer.Server(elsewhere.endpoint, "given", "givengiven", elsewhere.region)
    assert rawhttp.request(given, "GET", f"/{tenant.name}/cat").body == b"meow"


def test_who_restores_may_leave_them_out_too(tenant, elsewhere, place, passphrase):
    backup(tenant, place, *passphrase)
    elsewhere.ctl("tenant", "restore", place, *NONE)
    assert tenant.is_refused(elsewhere)


def test_a_tenant_may_be_left_suspended(tenant, elsewhere, place):
    backup(tenant, place, "--to-host", key_of(elsewhere))
    elsewhere.ctl("tenant", "restore", place, "--suspended")
    assert elsewhere.ctl("tenant", "show", tenant.name)["tenant"]["state"] == "suspended"
    assert tenant.is_refused(elsewhere)
    elsewhere.ctl("tenant", "resume", tenant.name)
    assert tenant.is_served(elsewhere)


def test_a_tenant_with_thousands_of_tokens_travels_whole(tenant, elsewhere, place):
    n = 4000
    tokens = [{"name": f"t{i}", "hash": hashlib.sha256(str(i).encode()).hexdigest(), "expires": None}
              for i in range(n)]
    tenant.server.ctl("token", "import", "-", "--tenant", tenant.name, "--bucket", tenant.name,
                      stdin=json.dumps(tokens))
    backup(tenant, place, "--to-host", key_of(elsewhere))
    assert sealed_file(place).stat().st_size > 64 * 1024
    elsewhere.ctl("tenant", "restore", place)
    assert elsewhere.ctl("tenant", "show", tenant.name)["tenant"]["tokens"] == n + 1
    assert tenant.is_served(elsewhere)


# --- what is refused --------------------------------------------------------------------------


def test_for_whom_must_be_said_before_anything_is_copied(tenant, place):
    said = refused(tenant.server, "tenant", "backup", tenant.name, place)
    assert "for whom are the tenant's users, keys and tokens to be sealed?" in said
    assert not pathlib.Path(place).exists()


def test_a_mistyped_key_is_refused_before_anything_is_copied(tenant, place):
    key = key_of(tenant.server)
    for wrong in (key[:-1], key.swapcase(), "cfpub_", key[:10] + "A" + key[11:] if key[10] != "A"
                  else key[:10] + "B" + key[11:]):
        assert "mistyped" in refused(tenant.server, "tenant", "backup", tenant.name, place,
                                     "--to-host", wrong)
    assert not pathlib.Path(place).exists()


def test_a_passphrase_that_is_too_short_is_refused(tenant, place):
    said = refused(tenant.server, "tenant", "backup", tenant.name, place, "--passphrase-file", "-",
                   stdin="short")
    assert "at least 8 characters" in said


def test_t42_a_passphrase_that_others_can_read_is_none(tenant, place, passphrase):
    for mode in (0o640, 0o604):
        pathlib.Path(passphrase[1]).chmod(mode)
        said = refused(tenant.server, "tenant", "backup", tenant.name, place, *passphrase)
        assert f"is not for its owner only: its mode is {mode:04o}" in said
    pathlib.Path(passphrase[1]).chmod(0o600)
    backup(tenant, place, *passphrase)


def test_another_host_is_told_whose_they_are(tenant, elsewhere, place):
    backup(tenant, place, "--to-host", key_of(tenant.server))
    said = refused(elsewhere, "tenant", "restore", place)
    assert f"sealed to another host: to {key_of(tenant.server)}, and this is {key_of(elsewhere)}" in said
    assert tenant.name not in {t["name"] for t in elsewhere.ctl("tenant", "list")["tenants"]}


def test_t40_another_passphrase_opens_nothing_and_changes_nothing(tenant, elsewhere, place, passphrase):
    backup(tenant, place, *passphrase)
    for wrong in ("correct horse battery stapl", PASSPHRASE.upper(), PASSPHRASE + " "):
        said = refused(elsewhere, "tenant", "restore", place, "--passphrase-file", "-", stdin=wrong)
        assert "this is not the passphrase of the backup" in said
    assert tenant.name not in {t["name"] for t in elsewhere.ctl("tenant", "list")["tenants"]}


def test_identities_of_another_tenant_are_refused_though_they_are_sealed_well(
        server, elsewhere, tenant, place, bucket_name):
    """Somebody has put one tenant's file into another's backup, and made the manifest fit."""
    other = Tenant(server, f"o-{bucket_name}"[:60])
    there = place + "-other"
    try:
        backup(tenant, place, "--to-host", key_of(elsewhere))
        backup(other, there, "--to-host", key_of(elsewhere))
        fit(place, sealed_file(there).read_bytes())
        assert f"identities of another tenant, {other.name}" in refused(elsewhere, "tenant", "restore", place)
        assert not other.is_served(elsewhere)
    finally:
        remove(server, other.name)


def fit(place, sealed):
    """The backup with other identities in it, and a manifest that vouches for them."""
    path = sealed_file(place)
    path.write_bytes(sealed)
    manifest = pathlib.Path(place) / "manifest.json"
    told = json.loads(manifest.read_text())
    told["identities"] |= {"bytes": len(sealed), "blake2b": blake2b(sealed)}
    del told["digest"]
    told["digest"] = blake2b(json.dumps(told, sort_keys=True, separators=(",", ":"),
                                        ensure_ascii=False).encode())
    manifest.write_text(json.dumps(told))


def blake2b(data):
    return subprocess.run(["b2sum", "-l", "256"], input=data, capture_output=True, check=True,
                          ).stdout.split()[0].decode()


def test_a_damaged_file_is_refused_with_and_without_a_manifest_that_fits(
        tenant, elsewhere, place):
    backup(tenant, place, "--to-host", key_of(elsewhere))
    whole = sealed_file(place).read_bytes()
    damaged = whole[:-1] + bytes([whole[-1] ^ 1])
    sealed_file(place).write_bytes(damaged)
    assert "the backup is damaged" in refused(elsewhere, "tenant", "restore", place)
    assert "the backup is damaged" in refused(elsewhere, "tenant", "verify", place)
    fit(place, damaged)
    assert "not sealed to this host, or they are damaged" in refused(elsewhere, "tenant", "restore", place)
    fit(place, b"")
    assert "the backup is damaged" in refused(elsewhere, "tenant", "restore", place)
    assert tenant.is_refused(elsewhere)


def test_keys_that_another_tenant_has_are_named_and_may_be_left_out(
        tenant, elsewhere, place):
    elsewhere.ctl("key", "create", "--tenant", "default", "--access-key", tenant.alice.access_key,
                  "--secret-key-stdin", stdin="another secret\n")
    try:
        backup(tenant, place, "--to-host", key_of(elsewhere))
        said = refused(elsewhere, "tenant", "restore", place)
        assert f"there is already an access key {tenant.alice.access_key}" in said
        assert tenant.is_refused(elsewhere)
        elsewhere.ctl("tenant", "restore", place, "--skip-existing")
        own = tenant.on(tenant.own, elsewhere)
        assert rawhttp.request(own, "GET", f"/{tenant.name}/cat").body == b"meow"
        assert rawhttp.request(tenant.on(tenant.alice, elsewhere), "GET", f"/{tenant.name}/cat"
                               ).code == "SignatureDoesNotMatch"
    finally:
        elsewhere.ctl("key", "delete", tenant.alice.access_key)


# --- secrets ----------------------------------------------------------------------------------


def test_t42_no_secret_is_in_a_backup_a_log_or_an_answer(tenant, elsewhere, place, passphrase):
    said = []
    for argv in (("tenant", "backup", tenant.name, place, *passphrase),
                 ("--json", "tenant", "backup", tenant.name, place, *passphrase)):
        done = tenant.server.control(*argv)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout + done.stderr)
    done = elsewhere.control("--json", "tenant", "restore", place, *passphrase)
    assert done.returncode == 0, done.stderr
    said += [done.stdout, done.stderr, tenant.server.log(), elsewhere.log()]
    for host in (tenant.server, elsewhere):
        said += [p.read_text() for p in (host.data / "auth").glob("*.log")]
    held = [p.read_bytes() for p in pathlib.Path(place).rglob("*") if p.is_file()]
    for secret in tenant.secrets:
        assert not any(secret in text for text in said)
        assert not any(secret.encode() in data for data in held)
    # What was looked through is what there is to look through.
    assert any(tenant.name in text for text in said) and len(held) > 3


def test_the_audit_log_tells_who_took_whose_identities_for_whom(tenant, elsewhere, place):
    to = key_of(elsewhere)
    backup(tenant, place, "--to-host", to)
    elsewhere.ctl("tenant", "restore", place)
    gone = wait_for(lambda: records(tenant.server, "identity.export", tenant.name))
    assert [(r["recipient"], r["outcome"], r["users"], r["keys"], r["tokens"]) for r in gone] == \
        [(to, "done", 1, 2, 1)]
    come = wait_for(lambda: records(elsewhere, "identity.import", tenant.name))
    assert [(r["outcome"], r["users"], r["keys"], r["tokens"]) for r in come] == [("done", 1, 2, 1)]
    assert all("uid" in r and "pid" in r for r in gone + come)


def records(host, order, tenant):
    """Such orders, each with what came of it."""
    lines = "".join(p.read_text() for p in (host.data / "auth").glob("audit.*.log"))
    found = [json.loads(line) for line in lines.splitlines()]
    outcomes = {r["order"]: r for r in found if r["event"] == "outcome"}
    return [r | outcomes[r["order"]] for r in found
            if r["event"] == "order" and (r["do"], r.get("tenant")) == (order, tenant)
            and r["order"] in outcomes]


def test_t42_a_passphrase_is_never_an_argument(server):
    said = server.control("tenant", "backup", "--help").stdout
    assert "--passphrase-file" in said and not re.search(r"--passphrase[ =]", said)


# --- interrupted ------------------------------------------------------------------------------


def test_t80_authd_killed_while_identities_come_has_all_of_them_or_none(tenant, elsewhere, place):
    """Wherever it dies, the same command again ends it."""
    backup(tenant, place, "--to-host", key_of(elsewhere))
    for _ in range(4):
        argv = [str(elsewhere.build / "client" / "cofferctl"), "--socket", str(elsewhere.admin_socket),
                "tenant", "restore", place]
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            with contextlib.suppress(coffer.CofferError):
                elsewhere.kill_and_wait("authd")
            running.wait(60)
        shown = elsewhere.control("--json", "tenant", "show", tenant.name)
        if shown.returncode == 0:
            told = json.loads(shown.stdout)["tenant"]
            assert (told["users"], told["keys"], told["tokens"]) in ((0, 0, 0), (1, 2, 1))
            if not tenant.is_refused(elsewhere):
                assert tenant.is_served(elsewhere)
            elsewhere.ctl("tenant", "delete", tenant.name, "--with-data")
    elsewhere.ctl("tenant", "restore", place)
    assert tenant.is_served(elsewhere)
