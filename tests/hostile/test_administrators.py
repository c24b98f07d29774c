# SPDX-License-Identifier: Apache-2.0
"""A tenant's administrator, and who would be one: nothing here reaches another tenant or raises anybody."""

import dataclasses
import datetime
import json
import uuid

import pytest

from lib import coffer, ipc, rawhttp, rest, sigv4
from lib.administrators import PREFIX, Administrator, credentials_of, fields_of, send

pytestmark = pytest.mark.usefixtures("unharmed")

EVERYTHING = {"Version": "2012-10-17",
              "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
# Method, path, body; {u}, {k} and {t} are a user, a key and a token.
RESOURCES = [
    ("GET", "/tenant", None),
    ("GET", "/users", None),
    ("POST", "/users", {"user": "n-{n}"}),
    ("GET", "/users/{u}", None),
    ("GET", "/users/{u}/policy", None),
    ("PUT", "/users/{u}/policy", EVERYTHING),
    ("DELETE", "/users/{u}/policy", None),
    ("GET", "/users/{u}/keys", None),
    ("POST", "/users/{u}/keys", {"ttl_days": 1}),
    ("GET", "/keys", None),
    ("PATCH", "/keys/{k}", {"enabled": False}),
    ("DELETE", "/keys/{k}", None),
    ("GET", "/tokens", None),
    ("POST", "/tokens", {"token_name": "n-{n}", "ttl_days": 1, "bucket": "{b}"}),
    ("GET", "/tokens/{t}", None),
    ("POST", "/tokens/{t}/refresh", {"ttl_days": 2}),
    ("DELETE", "/tokens/{t}", None),
    ("DELETE", "/users/{u}", None),
]
# Those that name something of a tenant's.
NAMING = [r for r in RESOURCES if "{" in r[1]]


@dataclasses.dataclass
class Party:
    """A tenant with an administrator, and one of each that he manages."""
    admin: Administrator
    tenant: str
    u: str
    k: str
    t: str
    b: str
    key: dict


def party_of(victim):
    tenant = f"t-{uuid.uuid4().hex[:12]}"
    victim.ctl("tenant", "create", tenant)
    admin = Administrator(victim, tenant)
    user, bucket = f"u-{uuid.uuid4().hex[:12]}", f"b-{uuid.uuid4().hex[:12]}"
    victim.ctl("user", "create", user, "--tenant", tenant)
    key = victim.ctl("key", "create", "--tenant", tenant, "--user", user)["key"]
    victim.ctl("token", "add", user, "--ttl", "9", "--tenant", tenant, "--bucket", bucket)
    return Party(admin, tenant, user, key["access_key"], user, bucket, key)


@pytest.fixture
def party(victim):
    return party_of(victim)


@pytest.fixture
def other(victim):
    return party_of(victim)


def fill(what, party):
    """A row's texts with a party's names in them."""
    if isinstance(what, dict):
        return {n: fill(v, party) for n, v in what.items()}
    if not isinstance(what, str):
        return what
    for name in ("u", "k", "t", "b"):
        what = what.replace(f"{{{name}}}", getattr(party, name))
    return what.replace("{n}", uuid.uuid4().hex[:12])


def state(victim):
    """All that the host's operator sees of users, keys and tokens, but for when a key was used."""
    told = [victim.ctl("tenant", "list")["tenants"], victim.ctl("user", "list")["users"],
            victim.ctl("key", "list")["keys"], victim.ctl("token", "list")["tokens"]]
    for kind in told:
        for item in kind:
            item.pop("last_used", None)
    return told


@pytest.fixture
def unchanged(victim, party, other):
    before = state(victim)
    yield
    assert state(victim) == before


# --- who may ---------------------------------------------------------------------------------

@pytest.mark.parametrize("who", ["user", "tenant", "anonymous", "token"])
def test_t26_nobody_but_an_administrator_is_let_in(victim, party, who, unchanged):
    for method, path, body in RESOURCES:
        path, body = fill(path, party), fill(body, party)
        sent = b"" if body is None else json.dumps(body).encode()
        length = [("Content-Length", str(len(sent)))]
        if who == "anonymous":
            got = send(victim, method, PREFIX + path, [("Host", victim.netloc), *length], sent)
        elif who == "token":
            got = send(victim, method, PREFIX + path,
                       [("Host", victim.netloc), ("Authorization", f"Bearer {victim.token}"),
                        *length], sent)
            assert got.status in (400, 403), (method, path, got)
            continue
        else:
            key = party.key if who == "user" else {"access_key": victim.access_key,
                                                   "secret_key": victim.secret_key}
            got = party.admin.ask(method, path, body, credentials_of(victim, key))
        assert (got.status, got.code) == (403, "AccessDenied"), (method, path, got)


def test_t26_who_is_no_administrator_any_more_is_not_let_in(victim, party):
    party.admin.done("GET", "/tenant")
    victim.ctl("user", "update", party.admin.user, "--tenant", party.tenant, "--administrator", "no")
    assert party.admin.ask("GET", "/tenant").code == "AccessDenied"
    victim.ctl("user", "update", party.admin.user, "--tenant", party.tenant, "--administrator", "yes")
    party.admin.done("GET", "/tenant")


def test_t26_who_administers_has_no_right_to_objects_by_that(victim, party):
    s3 = dataclasses.replace(party.admin.credentials, service="s3")
    fields, _ = sigv4.header_auth(s3, "GET", f"/{party.b}", host=victim.netloc)
    assert rawhttp.exchange(victim, rawhttp.head("GET", f"/{party.b}", fields)).code == "AccessDenied"


def test_t26_it_is_not_there_for_rest(victim, party):
    store = rest.Store(victim.rest_endpoint, victim.token)
    for path in ("/tenant", "/openapi.json"):
        assert store.ask("GET", PREFIX + path).status == 404


# --- what none may ---------------------------------------------------------------------------

def test_t26_nobody_raises_himself_or_another(victim, party, unchanged):
    ask, own = party.admin.ask, party.admin.user
    for body in ({"user": "x", "administrator": True}, {"user": "x", "tenant": "default"},
                 {"user": "x", "policy": "{}"}, {"user": "x", "do": "tenant.create"},
                 {"user": "x", "id": "0" * 32}):
        assert ask("POST", "/users", body).code == "InvalidRequest", body
    for method, path, body in (("PUT", f"/users/{own}/policy", EVERYTHING),
                               ("DELETE", f"/users/{own}/policy", None),
                               ("DELETE", f"/users/{own}", None)):
        assert ask(method, path, body).code == "AccessDenied", (method, path)
    for method in ("PATCH", "PUT", "POST"):
        assert ask(method, f"/users/{party.u}", {"administrator": True}).status == 405
    for body in ({"access_key": "CFCHOSEN", "secret_key": "secretsecret"}, {"user": own},
                 {"tenant": "default"}):
        assert ask("POST", f"/users/{party.u}/keys", body).code == "InvalidRequest", body
    assert ask("POST", "/keys", {}).status == 405
    for body in ({"token_name": "x", "ttl_days": 1, "tenant": "default"},
                 {"token_name": "x", "ttl_days": 1, "token": "chosen"}):
        assert ask("POST", "/tokens", body).code == "InvalidRequest", body


def test_t26_another_administrator_is_left_alone(victim, party):
    second = Administrator(victim, party.tenant)
    before = state(victim)
    for method, path, body in (
            ("DELETE", f"/users/{second.user}", None),
            ("PUT", f"/users/{second.user}/policy", EVERYTHING),
            ("DELETE", f"/users/{second.user}/policy", None),
            ("POST", f"/users/{second.user}/keys", {}),
            ("PATCH", f"/keys/{second.access_key}", {"enabled": False}),
            ("DELETE", f"/keys/{second.access_key}", None)):
        assert party.admin.ask(method, path, body).code == "AccessDenied", (method, path)
    assert state(victim) == before


def test_t26_the_tenants_own_keys_are_shown_and_not_changed(victim, party):
    own = victim.ctl("key", "create", "--tenant", party.tenant)["key"]
    shown = [k for k in party.admin.done("GET", "/keys")["keys"] if k["access_key"] == own["access_key"]]
    assert shown[0]["user"] is None and "secret_key" not in shown[0]
    before = state(victim)
    for method, body in (("PATCH", {"enabled": False}), ("PATCH", {"enabled": True}), ("DELETE", None)):
        assert party.admin.ask(method, f"/keys/{own['access_key']}", body).code == "AccessDenied"
    assert state(victim) == before


def test_an_administrator_exchanges_his_own_key_and_hears_when_it_was_the_last(victim, party):
    admin = party.admin
    made = admin.done("POST", f"/users/{admin.user}/keys", {}, 201)["key"]
    old = admin.credentials
    assert "warning" not in admin.done("PATCH", f"/keys/{made['access_key']}", {"enabled": True})
    assert "warning" in admin.done("PATCH", f"/keys/{old.access_key}", {"enabled": False})
    assert admin.ask("GET", "/tenant").code == "InvalidAccessKeyId"
    admin.credentials = credentials_of(victim, made)
    assert "warning" not in admin.done("DELETE", f"/keys/{old.access_key}")
    assert "warning" in admin.done("DELETE", f"/keys/{made['access_key']}")
    assert admin.ask("GET", "/tenant").code == "InvalidAccessKeyId"


# --- other tenants ---------------------------------------------------------------------------

def test_t30_what_is_anothers_looks_like_what_is_not_there(victim, party, other, unchanged):
    @dataclasses.dataclass
    class Nothing:
        u: str = f"u-{uuid.uuid4().hex[:12]}"
        t: str = u
        k: str = "CF" + uuid.uuid4().hex[:18].upper()
        b: str = f"b-{uuid.uuid4().hex[:12]}"

    nothing = Nothing()
    for method, path, body in NAMING:
        there = party.admin.ask(method, fill(path, other), body)
        absent = party.admin.ask(method, fill(path, nothing), body)
        assert (there.status, there.code) == (404, absent.code) == (absent.status, there.code)
        for name in ("u", "k", "t"):
            there_text = there.raw.body.decode().replace(getattr(other, name), "*")
            absent_text = absent.raw.body.decode().replace(getattr(nothing, name), "*")
            if getattr(other, name) in path or f"{{{name}}}" in path:
                assert there_text == absent_text
        assert {n for n, _ in there.raw.headers} == {n for n, _ in absent.raw.headers}


def test_t30_another_tenants_administrator_looks_like_nobody(party, other, unchanged):
    """Also what one's own tenant has of that kind, and hears another word about, is not told of another's."""
    nobody, no_key = f"a-{uuid.uuid4().hex[:12]}", "CF" + uuid.uuid4().hex[:18].upper()
    for method, path, body in NAMING:
        if "{t}" in path:
            continue
        told = []
        for user, key in ((other.admin.user, other.admin.access_key), (nobody, no_key)):
            got = party.admin.ask(method, path.format(u=user, k=key), body)
            assert got.status == 404, (method, path)
            told.append((got.raw.body.decode().replace(user, "*").replace(key, "*"),
                         {n for n, _ in got.raw.headers}))
        assert told[0] == told[1], (method, path)


def test_t30_a_name_that_another_tenant_uses_is_free_and_says_nothing(victim, party, other):
    def shown(answer, name):
        """All that is said, but for the name, the times, and a secret that is another each time."""
        (kind, made), = answer.json.items()
        return kind, {n: str(v).replace(name, "*") for n, v in made.items()
                      if n not in ("id", "created_at", "expires_at", "token")}, sorted(made)

    before = {p: other.admin.ask("GET", p).raw.body for p in ("/users", "/tokens")}
    for path, member, body, taken in (
            ("/users", "user", {}, [other.u, other.admin.user]),
            ("/tokens", "token_name", {"ttl_days": 1, "bucket": party.b}, [other.t])):
        free = f"n-{uuid.uuid4().hex[:12]}"
        answers = {name: party.admin.ask("POST", path, body | {member: name}) for name in [*taken, free]}
        assert {a.status for a in answers.values()} == {201}
        told = [shown(a, name) for name, a in answers.items()]
        assert told.count(told[0]) == len(told)
        # Whose it is now is answered; and who else has one of that name is as before.
        twice = party.admin.ask("POST", path, body | {member: taken[0]})
        assert twice.status == 409 and other.tenant not in twice.raw.body.decode()
        assert party.admin.done("GET", f"{path}/{taken[0]}")
    made = party.admin.done("POST", f"/users/{other.u}/keys", {}, 201)["key"]
    assert party.admin.done("GET", f"/users/{other.u}/keys")["keys"][0]["access_key"] == made["access_key"]
    party.admin.done("DELETE", f"/keys/{made['access_key']}")
    for path in (f"/users/{other.u}", f"/tokens/{other.t}"):
        party.admin.done("DELETE", path)
    assert {p: other.admin.ask("GET", p).raw.body for p in before} == before


def test_t30_lists_show_ones_own_only(victim, party, other):
    for path in ("/users", "/keys", "/tokens", "/tenant"):
        text = party.admin.ask("GET", path).raw.body.decode()
        assert party.tenant in text
        for name in (other.tenant, other.u, other.k, other.admin.user, other.admin.access_key):
            assert name not in text, path
    told = party.admin.done("GET", "/tenant")["tenant"]
    assert (told["users"], told["keys"], told["tokens"]) == (2, 2, 1)


def test_t30_a_token_opens_no_bucket_of_another_tenant(victim, party, other, unchanged):
    got = party.admin.ask("POST", "/tokens", {"token_name": "x", "ttl_days": 1, "bucket": other.b})
    assert (got.status, got.code) == (409, "BucketNotAvailable")
    got = party.admin.ask("POST", f"/tokens/{party.t}/refresh", {"ttl_days": 1, "bucket": other.b})
    assert (got.status, got.code) == (409, "BucketNotAvailable")


def test_t30_a_cursor_of_anothers_names_nothing_of_his(party, other):
    for path, name in (("/users", other.u), ("/keys", other.k), ("/tokens", other.t)):
        got = party.admin.done("GET", f"{path}?cursor={name}&limit=100")
        assert other.u not in json.dumps(got) and other.k not in json.dumps(got)


# --- signatures ------------------------------------------------------------------------------

def test_t01_a_field_of_amazons_that_is_not_signed_is_refused(victim, party):
    target = PREFIX + "/tenant"
    fields = fields_of(victim, party.admin.credentials, "GET", target, b"")
    got = send(victim, "GET", target, [*fields, ("x-amz-meta-more", "x")])
    assert (got.status, got.code) == (403, "AccessDenied")


def test_t10_a_signature_is_for_this_api_alone(victim, party, unchanged):
    s3 = dataclasses.replace(party.admin.credentials, service="s3")
    for method, path, body in (("GET", "/tenant", None), ("POST", "/users", {"user": "x"})):
        assert party.admin.ask(method, path, body, s3).code == "AuthorizationHeaderMalformed"
    for target in ("/", f"/{party.b}", f"/{party.b}/k"):
        fields, _ = sigv4.header_auth(party.admin.credentials, "GET", target, host=victim.netloc)
        got = rawhttp.exchange(victim, rawhttp.head("GET", target, fields))
        assert got.code == "AuthorizationHeaderMalformed", target


def test_t10_time_place_and_form_are_those_of_s3(victim, party, unchanged):
    now = datetime.datetime.now(datetime.timezone.utc)
    for minutes in (-16, 16):
        when = sigv4.date_of(now + datetime.timedelta(minutes=minutes))
        assert party.admin.ask("GET", "/tenant", amz_date=when).code == "RequestTimeTooSkewed"
    right = party.admin.credentials
    for wrong, code in ((dataclasses.replace(right, secret_key="not the secret"), "SignatureDoesNotMatch"),
                        (dataclasses.replace(right, access_key="CFNOSUCHKEY"), "InvalidAccessKeyId")):
        assert party.admin.ask("GET", "/tenant", credentials=wrong).code == code
    link = sigv4.presign(right, "GET", PREFIX + "/tenant", host=victim.netloc)
    got = send(victim, "GET", link, [("Host", victim.netloc)])
    assert (got.status, got.code) == (403, "AccessDenied")


def test_t10_a_disabled_or_deleted_key_and_a_suspended_tenant(victim, party):
    victim.ctl("key", "disable", party.admin.access_key)
    assert party.admin.ask("GET", "/tenant").code == "InvalidAccessKeyId"
    victim.ctl("key", "enable", party.admin.access_key)
    victim.ctl("tenant", "suspend", party.tenant)
    got = party.admin.ask("POST", "/users", {"user": "x"})
    assert (got.code, got.message) == ("AccessDenied", "The tenant is suspended.")
    victim.ctl("tenant", "resume", party.tenant)
    party.admin.done("GET", "/tenant")


@pytest.mark.parametrize("payload", [sigv4.UNSIGNED_PAYLOAD, sigv4.STREAMING_SIGNED,
                                     sigv4.STREAMING_UNSIGNED_TRAILER, "", "0" * 63, "A" * 64])
def test_t02_a_payload_that_is_not_signed_is_refused(party, payload, unchanged):
    got = party.admin.ask("POST", "/users", {"user": "x"}, payload_hash=payload or " ")
    assert got.status == 400, got


def test_t11_another_body_than_was_signed_is_refused(victim, party, unchanged):
    signed, sent = b'{"user":"alice"}', b'{"user":"mallo"}'
    target = PREFIX + "/users"
    fields = fields_of(victim, party.admin.credentials, "POST", target, signed)
    got = send(victim, "POST", target, fields, sent)
    assert (got.status, got.code) == (400, "XAmzContentSHA256Mismatch")


def test_t12_a_change_is_made_once_for_its_signature(victim, party):
    target, body = PREFIX + "/tokens", json.dumps(
        {"token_name": "once", "ttl_days": 1, "bucket": party.b}).encode()
    fields = fields_of(victim, party.admin.credentials, "POST", target, body)
    assert send(victim, "POST", target, fields, body).status == 201
    party.admin.done("DELETE", "/tokens/once")
    before = state(victim)
    for _ in range(3):
        assert send(victim, "POST", target, fields, body).code == "RequestReplayed"
    assert state(victim) == before
    # To look again harms nobody.
    fields = fields_of(victim, party.admin.credentials, "GET", target, b"")
    assert [send(victim, "GET", target, fields).status for _ in range(2)] == [200, 200]


def test_t12_what_was_signed_before_a_start_changes_nothing_after_it(party, unchanged):
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=14)
    got = party.admin.ask("POST", "/users", {"user": "x"}, amz_date=sigv4.date_of(before))
    assert (got.status, got.code) == (503, "ServiceUnavailable")


def test_t41_who_guesses_is_slowed(party):
    with coffer.Coffer(limits=True) as guarded:
        guarded.ctl("tenant", "create", "acme")
        admin = Administrator(guarded, "acme")
        for wrong in ({"secret_key": "guessed"}, {"access_key": "CFNOSUCHKEY"}):
            credentials = dataclasses.replace(admin.credentials, **wrong)
            codes = [admin.ask("GET", "/tenant", credentials=credentials).code for _ in range(60)]
            assert "SlowDown" in codes
        assert admin.ask("GET", "/tenant", credentials=credentials).raw.get("Retry-After")
        admin.done("GET", "/tenant")


# --- secrets ---------------------------------------------------------------------------------

def test_t42_a_secret_is_told_once_and_to_no_log(victim, party):
    mark = victim.log_size()
    made = party.admin.done("POST", f"/users/{party.u}/keys", {}, 201)["key"]
    token = party.admin.done("POST", f"/tokens/{party.t}/refresh", {"ttl_days": 1})["token"]
    shown = "".join(party.admin.ask("GET", path).raw.body.decode()
                    for path in ("/keys", f"/users/{party.u}/keys", "/tokens", f"/tokens/{party.t}"))
    for secret in (made["secret_key"], token["token"], party.admin.credentials.secret_key):
        for shape in (secret.encode(), secret.encode().hex().encode()):
            assert shape not in victim.log(mark).encode() and shape not in shown.encode()
            for path in victim.data.rglob("*"):
                if path.is_file() and not path.is_socket():
                    assert shape not in path.read_bytes(), path


def test_t42_a_secret_in_the_wrong_place_is_not_repeated(victim, party):
    mark, secret = victim.log_size(), "cft_pasted-into-the-wrong-place"
    for method, path, body in (("POST", "/users", {"user": {"secret": secret}}),
                               ("POST", "/users", {secret: 1}), ("POST", "/users", secret.encode()),
                               ("GET", f"/users?{secret}=1", None)):
        got = party.admin.ask(method, path, body)
        assert got.status == 400 and secret not in got.raw.body.decode()
    assert secret not in victim.log(mark)


def test_the_audit_log_says_who_it_was_also_of_what_was_refused(victim, party):
    mark = victim.log_size()
    party.admin.done("POST", "/users", {"user": "made-by-him"}, 201)
    party.admin.ask("DELETE", f"/users/{party.admin.user}")
    who = (f"by_key={party.admin.access_key} by_user={party.admin.user} "
           f"by_tenant={party.tenant} by_peer=127.0.0.1")
    lines = [line for line in victim.log(mark).splitlines() if who in line]
    assert any("do=user.create" in line and "outcome=done" in line for line in lines)
    assert any("do=user.delete" in line and "outcome=refused" in line for line in lines)
    kept = [json.loads(line) for path in (victim.data / "auth").glob("audit.*.log")
            for line in path.read_text().splitlines()]
    assert any(r.get("by_key") == party.admin.access_key and r.get("outcome") == "done" for r in kept)


# --- bad input -------------------------------------------------------------------------------

@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b'{"user":"a","user":"b"}',
                                  b'{"user":1}', b'{"user":"a b"}', b'{"user":"\xff"}',
                                  b'{"user":"' + b"x" * 65 + b'"}', b'{"user":"a"}garbage'])
def test_a_body_that_is_wrong_changes_nothing(party, body, unchanged):
    got = party.admin.ask("POST", "/users", body)
    assert got.status == 400 and got.code in ("InvalidRequest", "MalformedJSON"), got


def test_a_policy_that_is_wrong_changes_nothing(party, unchanged):
    for body in (b"", b"{}", b"\xff", b'{"Statement":[{"Effect":"Perhaps"}]}', b"[" * 60000):
        got = party.admin.ask("PUT", f"/users/{party.u}/policy", body)
        assert got.status == 400, (body[:40], got)


def test_a_body_that_is_too_long_is_refused(victim, party, unchanged):
    body = b'{"user":"x"}' + b" " * (64 * 1024)
    assert party.admin.ask("POST", "/users", body).status == 413
    target = PREFIX + "/users"
    fields = [f for f in fields_of(victim, party.admin.credentials, "POST", target, b"")]
    framed = b"".join(b"1000\r\n" + b" " * 4096 + b"\r\n" for _ in range(17)) + b"0\r\n\r\n"
    got = send(victim, "POST", target, [*fields, ("Transfer-Encoding", "chunked")], framed)
    assert (got.status, got.code) == (413, "BodyTooLarge")
    exact = b'{"user":"x y"}'.ljust(64 * 1024)
    assert party.admin.ask("POST", "/users", exact).status == 400


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=-1", "limit=",
                                   "cursor=", "cursor=%00", "cursor=%ff", "other=1", "%zz=1", "limit=%zz"])
def test_a_page_that_there_is_not(party, query):
    assert party.admin.ask("GET", f"/users?{query}").status == 400


def test_pages_are_whole(victim, party):
    names = sorted(f"p{i}" for i in range(25))
    for name in names:
        party.admin.done("POST", "/users", {"user": name}, 201)
    every = sorted([*names, party.u, party.admin.user])
    for limit in (1, 7, 27, 100):
        seen, cursor = [], ""
        while cursor is not None:
            page = party.admin.done("GET", f"/users?limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
            assert len(page["users"]) <= limit
            seen += [u["user"] for u in page["users"]]
            cursor = page["next_cursor"]
        assert seen == every


def test_paths_and_methods_that_there_are_not(victim, party):
    for path in ("", "/", "/nothing", "/users/", "/users/a/b", "/keys/a/b", "/tokens/", "/users/a/policy/",
                 "//users", "/../v1/users"):
        got = party.admin.ask("GET", path)
        assert (got.status, got.code) == (404, "NoSuchResource"), path
    for version in ("/-/admin/", "/-/admin/v2/users"):
        got = send(victim, "GET", version, [("Host", victim.netloc)])
        assert got.code == "NoSuchResource"
    for method, path, allowed in (("PUT", "/users", "GET, POST"), ("HEAD", "/keys", "GET"),
                                  ("POST", "/users/x", "GET, DELETE"),
                                  ("GET", "/keys/x", "PATCH, DELETE")):
        raw = rawhttp.exchange(victim, rawhttp.head(method, PREFIX + path, [("Host", victim.netloc)]), method)
        assert (raw.status, raw.get("Allow")) == (405, allowed)


# --- a broken frontend -----------------------------------------------------------------------

@pytest.fixture
def administer(worker):
    """Asks authd as a worker does; the answer's status and document."""
    def ask(victim, party, method, path, body=b"", send_body=None, target=None, **how):
        fields = fields_of(victim, party.admin.credentials, method, PREFIX + path, body, **how)
        worker.authd.send("ADMINISTER", call=worker.next_call(), request_id=1, peer=b"127.0.0.1",
                          method=method.encode(), target=(PREFIX + path if target is None else target).encode(),
                          fields=ipc.pairs(fields), body=body if send_body is None else send_body)
        told = worker.authd.expect("ADMINISTERED")
        return told["status"], json.loads(told["body"])
    return ask


def test_t70_authd_believes_no_worker(victim, party, other, administer):
    before = state(victim)
    for path, target in (("/users/x", f"/users/{party.u}"), ("/tenant", f"/users/{party.u}")):
        status, told = administer(victim, party, "DELETE", path, target=PREFIX + target)
        assert told["error"]["code"] == "SignatureDoesNotMatch", (status, told)
    status, told = administer(victim, party, "POST", "/users", b'{"user":"a"}', send_body=b'{"user":"b"}')
    assert told["error"]["code"] == "XAmzContentSHA256Mismatch"
    for target in ("/", "*", "", "/bucket/key", "/%zz", "/-/admin/v1", "/-/admin/v1/nothing"):
        status, told = administer(victim, party, "GET", "/tenant", target=target)
        assert status in (400, 403, 404), (target, told)
    assert state(victim) == before
    assert administer(victim, party, "GET", "/tenant")[0] == 200


def test_t72_a_call_that_is_in_use_ends_the_channel_and_forget_does_not(victim, party, worker):
    def send_it(call):
        body = json.dumps({"user": f"f-{uuid.uuid4().hex[:12]}"}).encode()
        fields = fields_of(victim, party.admin.credentials, "POST", PREFIX + "/users", body)
        worker.authd.send("ADMINISTER", call=call, request_id=1, peer=b"127.0.0.1", method=b"POST",
                          target=(PREFIX + "/users").encode(), fields=ipc.pairs(fields), body=body)
    send_it(1000)
    worker.authd.send("FORGET", call=1000)
    send_it(1001)
    while worker.authd.expect("ADMINISTERED")["call"] != 1001:
        pass
    # What was forgotten is done all the same, or not at all: the channel lives.
    party.admin.done("GET", "/tenant")


def test_t70_what_is_under_way_is_bounded(victim, party, worker):
    n = 200
    for call in range(n):
        body = json.dumps({"user": f"m-{uuid.uuid4().hex[:12]}"}).encode()
        fields = fields_of(victim, party.admin.credentials, "POST", PREFIX + "/users", body)
        worker.authd.send("ADMINISTER", call=2000 + call, request_id=1, peer=b"127.0.0.1", method=b"POST",
                          target=(PREFIX + "/users").encode(), fields=ipc.pairs(fields), body=body)
    statuses = [worker.authd.expect("ADMINISTERED")["status"] for _ in range(n)]
    assert set(statuses) <= {201, 503} and 201 in statuses
    party.admin.done("GET", "/tenant")
