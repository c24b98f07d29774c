# SPDX-License-Identifier: Apache-2.0
"""The table of credentials: who is told what, in which order, and for how long a token works."""

import datetime
import secrets
import time
import uuid

import pytest

from clients.rest import desk
from lib import rawhttp, rest, sigv4

pytestmark = pytest.mark.functional

NOT_AUTHENTICATED = "Not authenticated"
UNKNOWN = "Invalid or missing token"
EXPIRED = "Token expired"

# Every request of the contract that needs a token, and the scope it needs.
REQUESTS = [("PUT", "/objects/k", "write"), ("GET", "/objects/k", "read"),
            ("HEAD", "/objects/k", "read"), ("DELETE", "/objects/k", "delete"),
            ("GET", "/objects", "read")]
EVERY = pytest.mark.parametrize("method, path, scope", REQUESTS,
                                ids=[f"{m} {p}" for m, p, _ in REQUESTS])
DONE = {"PUT": 200, "GET": 200, "HEAD": 200, "DELETE": 204}


def check(answer, method, status, message=None):
    if method == "HEAD":
        rest.refused_without_body(answer, status)
    else:
        rest.refused(answer, status, message)


def ask(store, method, path, *headers):
    return store.ask(method, path, headers, b"" if method == "PUT" else None)


@pytest.fixture(scope="module")
def kept(operator):
    """A bucket with the object `k`, to be the same after every refusal."""
    made = operator.store(bucket=f"t-kept-{uuid.uuid4().hex[:12]}")
    made.put("k", b"kept")
    return made


@pytest.fixture(autouse=True)
def unchanged(request):
    """No refused request changes anything."""
    if "kept" not in request.fixturenames:
        yield
        return
    store = request.getfixturevalue("kept")
    yield
    assert (store.read("k"), store.page()["keys"]) == (b"kept", ["k"])


# 401

NONE = {
    "no field": [], "empty field": [("Authorization", "")],
    "scheme alone": [("Authorization", "Bearer")],
    "scheme and blank": [("Authorization", "Bearer ")],
    "scheme and blanks": [("Authorization", "Bearer     ")],
    "Basic": [("Authorization", "Basic dXNlcjpwYXNzd29yZA==")],
    "Basic without more": [("Authorization", "Basic")],
    "Token": [("Authorization", "Token {token}")],
    "Digest": [("Authorization", 'Digest username="x"')],
    "no scheme": [("Authorization", "{token}")], "no blank": [("Authorization", "Bearer{token}")],
    "colon": [("Authorization", "Bearer:{token}")],
    "longer scheme": [("Authorization", "Bearers {token}")],
    "S3": [("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, "
                             "SignedHeaders=host, Signature=0")],
    "other field": [("X-Api-Key", "{token}")], "proxy": [("Proxy-Authorization", "Bearer {token}")],
    "cookie": [("Cookie", "token={token}")],
}


@EVERY
@pytest.mark.parametrize("form", NONE)
def test_no_credentials(kept, form, method, path, scope):
    headers = [(n, v.format(token=kept.token)) for n, v in NONE[form]]
    check(ask(kept.with_token(None), method, path, *headers), method, 401, NOT_AUTHENTICATED)


@pytest.mark.parametrize("query", ["token={t}", "access_token={t}", "Authorization=Bearer%20{t}",
                                   "api_key={t}"])
def test_a_token_in_the_query_is_none(kept, query):
    answer = kept.with_token(None).ask("GET", "/objects/k?" + query.format(t=kept.token))
    rest.refused(answer, 401, NOT_AUTHENTICATED)


def test_a_presigned_url_is_none(kept, server):
    target = sigv4.presign(server.credentials, "GET", "/objects/k", host=kept.netloc)
    rest.refused(kept.with_token(None).ask("GET", target), 401, NOT_AUTHENTICATED)


def test_a_signature_of_s3_is_none(kept, server):
    fields, _ = sigv4.header_auth(server.credentials, "GET", "/objects/k", host=kept.netloc)
    answer = rawhttp.exchange(kept, rawhttp.head("GET", "/objects/k", fields))
    rest.refused(answer, 401, NOT_AUTHENTICATED)


@EVERY
def test_unknown_token(kept, method, path, scope):
    answer = ask(kept.with_token(secrets.token_urlsafe(32)), method, path)
    check(answer, method, 401, UNKNOWN)


FORGED = {
    "first missing": lambda t: t[1:], "last missing": lambda t: t[:-1],
    "one more": lambda t: t + "A",
    "padded": lambda t: t + "=", "half": lambda t: t[:len(t) // 2], "twice": lambda t: t + t,
    "case": str.swapcase, "lower": str.lower, "upper": str.upper, "reversed": lambda t: t[::-1],
    "short": lambda t: "x", "long": lambda t: "x" * 4000, "quoted": lambda t: f'"{t}"',
    "wildcard": lambda t: "*", "percent": lambda t: "%", "sql": lambda t: "'OR'1'='1",
    "comma": lambda t: t + ",", "null": lambda t: "null", "undefined": lambda t: "undefined",
}


@pytest.mark.parametrize("form", FORGED)
def test_a_token_that_is_another_is_unknown(kept, form):
    forged = FORGED[form](kept.token)
    if forged == kept.token:
        pytest.skip("this token is the same in that form")
    rest.refused(kept.with_token(forged).ask("GET", "/objects/k"), 401, UNKNOWN)


def test_the_hash_of_a_token_is_none(operator, name, tmp_path):
    """Whoever reads the database, or an old tokens.json, has nothing to log in with."""
    entry, _ = desk.entry(name)
    assert operator.import_tokens(tmp_path / "t.json", [entry]).returncode == 0
    store = rest.Store(operator.server.rest_endpoint, entry["hash"])
    rest.refused(store.ask("GET", "/objects"), 401, UNKNOWN)
    rest.refused(store.with_token(entry["name"]).ask("GET", "/objects"), 401, UNKNOWN)


@pytest.mark.parametrize("value", ["Bearer {t} more", "Bearer {t},{t}", "Bearer {t} {t}"])
def test_a_token_with_something_behind_is_no_token(kept, value):
    answer = kept.with_token(None).ask(
        "GET", "/objects/k", [("Authorization", value.format(t=kept.token))])
    rest.refused(answer, 401)


def test_a_token_of_bytes_that_are_no_text_is_refused(kept):
    answer = kept.with_token(None).ask("GET", "/objects/k", [("Authorization", b"Bearer \xff\xfe")])
    rest.refused(answer, 401)


def test_two_authorizations_are_refused(kept):
    """Whichever were taken, a proxy before it might have checked the other."""
    answer = kept.ask("GET", "/objects/k", [("Authorization", f"Bearer {kept.token}")])
    assert answer.status in (400, 401)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_has_no_case(kept, scheme):
    answer = kept.with_token(None).ask("GET", "/objects/k",
                                       [("Authorization", f"{scheme} {kept.token}")])
    assert (answer.status, answer.body) == (200, b"kept")


@pytest.mark.parametrize("field", ["authorization", "AUTHORIZATION"])
def test_the_fields_name_has_no_case(kept, field):
    answer = kept.with_token(None).ask("GET", "/objects/k", [(field, f"Bearer {kept.token}  ")])
    assert answer.status == 200


# Expiry

@EVERY
def test_expired(kept, operator, name, tmp_path, method, path, scope):
    past = datetime.datetime.now(desk.UTC) - datetime.timedelta(seconds=5)
    entry, token = desk.entry(name, expires=past)
    done = operator.import_tokens(tmp_path / "t.json", [entry], "--bucket", kept.bucket)
    assert done.returncode == 0, done
    check(ask(kept.with_token(token), method, path), method, 401, EXPIRED)


def test_a_token_expires_at_its_second_on_an_open_connection(kept, operator, name, tmp_path):
    end = datetime.datetime.now(desk.UTC) + datetime.timedelta(seconds=2.5)
    entry, token = desk.entry(name, expires=end)
    done = operator.import_tokens(tmp_path / "t.json", [entry], "--bucket", kept.bucket)
    assert done.returncode == 0, done
    store = kept.with_token(token)
    with rawhttp.Connection(store) as c:
        while True:
            asked = datetime.datetime.now(desk.UTC)
            c.send(store.head("GET", "/objects/k"))
            answer = c.receive()
            if answer.status != 200:
                break
            assert datetime.datetime.now(desk.UTC) < end + datetime.timedelta(seconds=5)
            time.sleep(0.05)
    rest.refused(answer, 401, EXPIRED)
    # The database may keep whole seconds; it may not end it a second early, or later at all.
    assert asked < end + datetime.timedelta(seconds=1.1)
    assert datetime.datetime.now(desk.UTC) > end - datetime.timedelta(seconds=1.1)


def test_an_expired_token_without_the_scope_is_expired(kept, operator, name, tmp_path):
    past = datetime.datetime.now(desk.UTC) - datetime.timedelta(days=400)
    entry, token = desk.entry(name, expires=past, scopes=["write"])
    done = operator.import_tokens(tmp_path / "t.json", [entry], "--bucket", kept.bucket)
    assert done.returncode == 0, done
    rest.refused(kept.with_token(token).ask("GET", "/objects/k"), 401, EXPIRED)


def test_a_deleted_token_stops_at_once_on_an_open_connection(kept, operator, name):
    store = operator.store(bucket=kept.bucket, name=name)
    with rawhttp.Connection(store) as c:
        c.send(store.head("GET", "/objects/k"))
        assert c.receive().status == 200
        assert operator.type("delete", name).returncode == 0
        c.send(store.head("GET", "/objects/k"))
        rest.refused(c.receive(), 401, UNKNOWN)


def test_a_refreshed_token_stops_at_once_and_the_new_one_works(kept, operator, name):
    store = operator.store(bucket=kept.bucket, name=name)
    with rawhttp.Connection(store) as c:
        c.send(store.head("GET", "/objects/k"))
        assert c.receive().status == 200
        done = operator.type("refresh", name, "--ttl", 1)
        c.send(store.head("GET", "/objects/k"))
        rest.refused(c.receive(), 401, UNKNOWN)
    renewed = store.with_token(done.stdout.splitlines()[-1])
    assert renewed.ask("GET", "/objects/k").body == b"kept"


def test_an_expired_token_works_again_once_refreshed(kept, operator, name, tmp_path):
    past = datetime.datetime.now(desk.UTC) - datetime.timedelta(days=1)
    entry, token = desk.entry(name, expires=past)
    operator.import_tokens(tmp_path / "t.json", [entry], "--bucket", kept.bucket)
    done = operator.type("refresh", name, "--ttl", 1)
    renewed = kept.with_token(done.stdout.splitlines()[-1])
    assert renewed.ask("GET", "/objects/k").body == b"kept"
    rest.refused(kept.with_token(token).ask("GET", "/objects/k"), 401, UNKNOWN)


# 403

@pytest.fixture(scope="module")
def by_scope(operator, kept):
    """A token with each set of scopes, on the same bucket."""
    def make(*scopes):
        options = [word for scope in scopes for word in ("--scope", scope)]
        return kept.with_token(operator.token("--bucket", kept.bucket, *options))
    return {scopes: make(*scopes) for scopes in (
        ("read",), ("write",), ("delete",), ("read", "write"), ("read", "delete"),
        ("write", "delete"), ("read", "write", "delete"))}


@EVERY
@pytest.mark.parametrize("scopes", [
    ("read",), ("write",), ("delete",), ("read", "write"), ("read", "delete"), ("write", "delete"),
    ("read", "write", "delete")], ids="+".join)
def test_scopes(kept, by_scope, scopes, method, path, scope):
    if scope in scopes and method in ("PUT", "DELETE"):
        path = f"/objects/k-{uuid.uuid4().hex}"
        kept.put(path.removeprefix("/objects/"))
    answer = ask(by_scope[scopes], method, path)
    if scope in scopes:
        assert answer.status == DONE[method]
        if method == "PUT":
            kept.delete(path.removeprefix("/objects/"))
    else:
        check(answer, method, 403, f"Missing required scopes: ['{scope}']")


@pytest.mark.parametrize("path", ["k", "missing"])
def test_a_lack_of_scope_does_not_tell_what_is_there(by_scope, path):
    """T24: neither by its status nor by conditions."""
    for headers in ([], [("If-Match", '"x"')], [("If-None-Match", "*")], [("Range", "bytes=9-")]):
        for method, missing in (("GET", "read"), ("DELETE", "delete")):
            answer = by_scope[("write",)].ask(method, f"/objects/{path}", headers)
            rest.refused(answer, 403, f"Missing required scopes: ['{missing}']")


# The order of checks

@pytest.mark.parametrize("method, path", [
    ("GET", "/objects?limit=abc"), ("GET", "/objects?cursor=junk"), ("GET", "/objects/%ff"),
    ("PUT", "/objects/"), ("DELETE", "/objects/" + "k" * 1025), ("GET", "/objects/missing")])
def test_401_comes_before_what_is_wrong_with_the_request(kept, method, path):
    rest.refused(ask(kept.with_token(None), method, path), 401, NOT_AUTHENTICATED)
    rest.refused(ask(kept.with_token("nonsense"), method, path), 401, UNKNOWN)


@pytest.mark.parametrize("method, path, scope", [
    ("GET", "/objects?limit=abc", "read"), ("GET", "/objects?cursor=junk", "read"),
    ("GET", "/objects/%ff", "read"), ("DELETE", "/objects/" + "k" * 1025, "delete"),
    ("DELETE", "/objects/", "delete")])
def test_403_comes_before_what_is_wrong_with_the_request(by_scope, method, path, scope):
    answer = ask(by_scope[("write",)], method, path)
    rest.refused(answer, 403, f"Missing required scopes: ['{scope}']")


@pytest.mark.parametrize("token", [None, "nonsense"])
def test_404_and_405_of_paths_come_before_401(kept, token):
    nobody = kept.with_token(token)
    rest.detailed(nobody.ask("GET", "/nothing"), 404, "Not Found")
    rest.detailed(nobody.ask("POST", "/objects/k", body=b""), 405, "Method Not Allowed")


# 429

def statuses(store, count, method="GET", path="/objects/k"):
    """The answers to so many requests sent at once on one connection."""
    with rawhttp.Connection(store) as c:
        c.send(store.head(method, path) * count)
        return [c.receive(method) for _ in range(count)]


def test_over_its_rate(kept, operator):
    store = kept.with_token(operator.token("--bucket", kept.bucket, "--rate", 5))
    answers = statuses(store, 60)
    assert {a.status for a in answers} == {200, 429}
    for answer in answers:
        if answer.status == 429:
            rest.refused(answer, 429, "Rate limit exceeded")
            assert answer.get("Retry-After").isdigit() and int(answer.get("Retry-After")) >= 1
    # Others are not slowed.
    assert {a.status for a in statuses(kept, 60)} == {200}
    time.sleep(int(answers[-1].get("Retry-After")))
    assert store.ask("GET", "/objects/k").status == 200


def test_over_its_rate_with_head(kept, operator):
    store = kept.with_token(operator.token("--bucket", kept.bucket, "--rate", 1))
    refused = [a for a in statuses(store, 30, "HEAD") if a.status != 200]
    assert refused
    for answer in refused:
        rest.refused_without_body(answer, 429)
        assert answer.get("Retry-After").isdigit()


def test_over_its_rate_before_a_body_is_sent(kept, operator):
    store = kept.with_token(operator.token("--bucket", kept.bucket, "--rate", 1))
    statuses(store, 30)
    with rawhttp.Connection(store) as c:
        c.send(store.head("PUT", "/objects/k", [("Expect", "100-continue")], length=1_000_000))
        answer = c.receive("PUT")
    assert answer.interim == []
    rest.refused(answer, 429, "Rate limit exceeded")


def test_an_honest_client_meets_no_limit(kept):
    """The rate that nobody set."""
    assert {a.status for a in statuses(kept, 1000)} == {200}


def test_guessing_is_slowed_and_a_right_token_never(new_operator):
    """T41: 429, which the deployed clients wait for; only tokens that are none count."""
    operator = new_operator(limits=True)
    store = operator.store()
    reader = operator.store("--scope", "read")
    nobody = store.with_token(None)
    for _ in range(40):
        rest.refused(nobody.ask("GET", "/objects"), 401, NOT_AUTHENTICATED)
        rest.refused(reader.delete("k"), 403)
    answers = [store.with_token(f"guess-{i}").ask("GET", "/objects") for i in range(40)]
    assert [answer.status for answer in answers[:20]] == [401] * 20
    # One more is told every two seconds, which a slow machine may take for these.
    assert {answer.status for answer in answers[20:]} in ({429}, {401, 429})
    for answer in answers:
        rest.refused(answer, answer.status, UNKNOWN if answer.status == 401 else
                     "Rate limit exceeded")
        assert answer.status == 401 or int(answer.get("Retry-After")) >= 1
        assert store.ask("GET", "/objects").status == 200
