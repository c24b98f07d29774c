# SPDX-License-Identifier: Apache-2.0
"""T26, T29, T30, T50, T54 at the REST door: what a token, or nobody, must not reach there."""

import re
import uuid

import pytest

from clients.rest import desk
from lib import rawhttp, rest, sigv4

pytestmark = pytest.mark.usefixtures("unharmed")

INSIDE = ["mine/", "mine/a", "mine/b", "mine/c/d"]
OUTSIDE = ["a", "mine", "mind/x", "mine!", "mine.txt", "mine0", "minf/x", "z", "Mine/x"]


@pytest.fixture(scope="module")
def operator(victim):
    return desk.Operator(victim)


@pytest.fixture(scope="module")
def whole(operator):
    """A token for all of a bucket."""
    store = operator.store(bucket=f"t-{uuid.uuid4().hex[:20]}")
    for key in INSIDE + OUTSIDE:
        store.put(key, key.encode())
    return store


@pytest.fixture(scope="module")
def part(operator, whole):
    """A token for what begins with `mine/` there."""
    return whole.with_token(operator.token("--bucket", whole.bucket, "--prefix", "mine/"))


@pytest.fixture
def intact(whole):
    yield
    assert whole.keys() == sorted(INSIDE + OUTSIDE)
    for key in INSIDE + OUTSIDE:
        assert whole.read(key) == key.encode()


# --- T29: a prefix -------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 100])
def test_t29_a_listing_shows_what_is_inside_the_prefix(part, limit):
    assert part.keys(limit=limit) == INSIDE


def test_t29_the_last_page_does_not_tell_that_there_is_more_outside(part):
    assert part.page(limit=len(INSIDE)) == {"keys": INSIDE, "next_cursor": None, "has_more": False}


@pytest.mark.parametrize("prefix", ["", "m", "mine", "mine/", "mine/c", "mine/c/d", "mine/x",
                                    "mind/", "mine!", "a", "z", "Mine/", "%", "_ine/"])
def test_t29_an_asked_prefix_only_narrows(part, prefix):
    """One outside finds nothing or is refused; which of both does not depend on what is there."""
    answer = part.ask("GET", rest.listing(prefix=prefix))
    if answer.status == 403:
        rest.refused(answer, 403)
        assert not prefix.startswith("mine/") and not "mine/".startswith(prefix)
    else:
        assert rest.document(answer) == {
            "keys": [key for key in INSIDE if key.startswith(prefix)], "next_cursor": None,
            "has_more": False}


@pytest.mark.parametrize("last", ["0", "mind", "mine", "mine!", "mine/", "mine/a", "mine/zzz",
                                  "mine0", "z", "\U0010ffff"])
def test_t29_a_cursor_leads_nowhere_outside(part, last):
    page = part.page(cursor=rest.cursor(last))
    assert page == {"keys": [key for key in INSIDE if key.encode() > last.encode()],
                    "next_cursor": None, "has_more": False}


@pytest.mark.parametrize("limit", [0, 1])
def test_t29_no_cursor_names_a_key_outside(part, limit):
    told = rest.document(part.ask("GET", rest.listing(limit=limit, cursor=rest.cursor("0"))))
    if told["next_cursor"] is not None:
        following = part.page(cursor=told["next_cursor"])["keys"]
        assert following == INSIDE[limit:]


OUT_THERE = [*OUTSIDE, "missing", "mine/../a", "mine//../../a", "%6dine", "mine%2Fa", "/mine/a",
             "./mine/a", "mine\x01", " mine/a", "MINE/a"]


@pytest.mark.parametrize("key", OUT_THERE)
def test_t29_no_operation_reaches_a_key_outside(part, whole, intact, key):
    if key.startswith("mine/"):
        # Nothing is resolved: these are keys inside, of those names.
        rest.refused(part.get(key), 404, f"Object {key} not found")
        return
    answers = [part.ask(method, rest.target(key), body=b"stolen" if method == "PUT" else None)
               for method in ("GET", "PUT", "DELETE")]
    said = {rest.refused(answer, 403).replace(key, "") for answer in answers}
    assert len(said) == 1
    rest.refused_without_body(part.ask("HEAD", rest.target(key)), 403)


@pytest.mark.parametrize("headers", [[("If-None-Match", "*")], [("If-Match", '"x"')],
                                     [("Range", "bytes=0-0")], [("Range", "bytes=99-")]])
def test_t24_conditions_and_ranges_outside_tell_nothing(part, headers):
    """The same answer for a key that is there and for one that is not."""
    said = {rest.refused(part.get(key, headers), 403).replace(key, "") for key in ("a", "aa")}
    assert len(said) == 1


def test_t29_what_is_inside_is_served(part, whole):
    part.put("mine/new", b"new")
    assert (part.read("mine/new"), whole.read("mine/new")) == (b"new", b"new")
    assert part.delete("mine/new").status == 204


def test_t29_t51_a_prefix_is_literal(operator, whole, intact):
    wild = whole.with_token(operator.token("--bucket", whole.bucket, "--prefix", "m_n%"))
    assert wild.keys() == []
    rest.refused(wild.get("mine/a"), 403)


def test_t29_a_prefix_holds_for_bytes_not_for_letters(operator, whole):
    """`e` with an accent in two spellings are two keys."""
    token = operator.token("--bucket", whole.bucket, "--prefix", "\u00e9")
    accent = whole.with_token(token)
    rest.refused(accent.ask("PUT", rest.target("e\u0301"), body=b"x"), 403)
    accent.put("\u00e9")
    assert accent.keys() == ["\u00e9"]
    assert accent.delete("\u00e9").status == 204


# --- T26: no token makes itself greater ---------------------------------------------------------


@pytest.mark.parametrize("method, path", [
    ("POST", "/tokens"), ("GET", "/tokens"), ("PUT", "/tokens/x"), ("POST", "/admin/tokens"),
    ("POST", "/token/refresh"), ("GET", "/objects/../tokens"), ("GET", "/admin")])
def test_t26_the_door_has_no_administration(whole, method, path):
    answer = whole.ask(method, path, body=b"{}")
    rest.refused(answer, 404) if path.startswith("/objects/") else rest.detailed(
        answer, 404, "Not Found")


@pytest.mark.parametrize("query", ["prefix=", "scope=write", "bucket={b}", "tenant=default",
                                   "token={t}", "limit=1&prefix=a"])
def test_t26_nothing_in_a_request_widens_a_token(operator, part, whole, intact, query):
    asked = query.format(b=whole.bucket, t=whole.token)
    reader = part.with_token(operator.token("--bucket", part.bucket, "--prefix", "mine/",
                                            "--scope", "read"))
    rest.refused(reader.ask("GET", f"/objects/a?{asked}"), 403)
    answer = reader.ask("PUT", f"/objects/mine/a?{asked}", body=b"x")
    rest.refused(answer, 403, "Missing required scopes: ['write']")


@pytest.mark.parametrize("name", ["X-Coffer-Tenant", "X-Coffer-Bucket", "X-Scope",
                                  "X-Forwarded-User", "X-Original-URL", "X-Rewrite-URL",
                                  "X-Amz-Bucket"])
def test_t28_no_header_leads_elsewhere(part, whole, name):
    answer = part.ask("GET", "/objects/a", [(name, "/objects/mine/a")])
    rest.refused(answer, 403)


def test_t26_a_token_is_no_key_of_s3(victim, whole):
    """Neither as access key nor as secret, nor as a bearer at the other door."""
    for credentials in (sigv4.Credentials(whole.token, whole.token),
                        sigv4.Credentials(victim.access_key, whole.token)):
        fields, _ = sigv4.header_auth(credentials, "GET", f"/{whole.bucket}", host=victim.netloc)
        answer = rawhttp.exchange(victim, rawhttp.head("GET", f"/{whole.bucket}", fields))
        assert answer.status == 403
    for target in (f"/{whole.bucket}", f"/{whole.bucket}/a", "/", "/objects", "/objects/a"):
        answer = rawhttp.exchange(victim, rawhttp.head("GET", target, [
            ("Host", victim.netloc), ("Authorization", f"Bearer {whole.token}")]))
        assert answer.status in (400, 403) and answer.code, target


def test_t26_a_signature_is_no_token(victim, whole):
    fields, _ = sigv4.header_auth(victim.credentials, "GET", "/objects", host=whole.netloc)
    rest.refused(rawhttp.exchange(whole, rawhttp.head("GET", "/objects", fields)), 401,
                 "Not authenticated")


# --- T30: another tenant ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stranger(victim, operator):
    """Another tenant's server and its token for its own bucket."""
    victim.add_tenant("stranger")
    return operator.store("--tenant", "stranger", bucket=f"s-{uuid.uuid4().hex[:20]}")


def test_t30_the_same_key_is_another_object(stranger, whole, intact):
    rest.refused(stranger.get("mine/a"), 404, "Object mine/a not found")
    rest.refused(stranger.delete("mine/a"), 404, "Object mine/a not found")
    assert stranger.page()["keys"] == []
    stranger.put("mine/a", b"theirs")
    assert (stranger.read("mine/a"), whole.read("mine/a")) == (b"theirs", b"mine/a")


@pytest.mark.usefixtures("stranger")
def test_t30_the_refusal_of_anothers_bucket_is_the_same_whatever_is_in_it(victim, operator, whole,
                                                                         bucket):
    """That the name is taken is told, as S3 tells it; nothing more."""
    said = set()
    for taken in (whole.bucket, bucket):
        done = operator.type("add", f"x-{taken}", "--ttl", 1, "--tenant", "stranger", "--bucket",
                             taken)
        assert (done.returncode, done.stdout) == (1, "")
        said.add(done.stderr.replace(taken, "<bucket>"))
    text, = said
    assert "default" not in text and victim.access_key not in text


def test_t30_a_bucket_that_became_anothers_serves_the_old_token_nothing(victim, operator, stranger):
    """The name of a deleted bucket is free to others; its token opens nothing of theirs."""
    name = f"b-{uuid.uuid4().hex[:20]}"
    store = operator.store(bucket=name)
    store.put("k", b"ours")
    assert store.delete("k").status == 204
    assert rawhttp.request(victim, "DELETE", f"/{name}").status == 204
    theirs = operator.store("--tenant", "stranger", bucket=name)
    theirs.put("k", b"theirs")
    theirs.put("other", b"theirs")
    seen = set()
    for key in ("k", "missing"):
        for method in ("GET", "PUT", "DELETE"):
            answer = store.ask(method, rest.target(key))
            assert answer.status in (403, 404), (method, answer.status)
            seen.add((method, answer.status, rest.refused(answer, answer.status).replace(key, "")))
        assert store.ask("HEAD", rest.target(key)).status in (403, 404)
    assert len(seen) == 3
    answer = store.ask("GET", "/objects")
    assert answer.status in (403, 404)
    assert b"other" not in answer.body
    assert (theirs.read("k"), theirs.keys()) == (b"theirs", ["k", "other"])


# --- T50: keys ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/objects/../../etc/passwd", "/objects/%2e%2e/%2e%2e/etc/passwd",
                                  "/objects//etc/passwd", "/objects/..%2f..%2fetc%2fpasswd",
                                  "/objects/..\\..\\etc\\passwd".replace("\\", "%5C")])
def test_t50_a_path_is_a_key_and_no_path(whole, path):
    answer = whole.ask("GET", path)
    assert "not found" in rest.refused(answer, 404)


@pytest.mark.parametrize("path", ["/health/../objects", "/health/../objects/a", "/./objects",
                                  "/objects/../objects", "/objects/../health"])
def test_t50_dots_lead_to_no_other_route(whole, path):
    answer = whole.ask("GET", path)
    assert answer.status == 404
    rest.document(answer)


# --- T52: what comes back as a header -----------------------------------------------------------


@pytest.mark.parametrize("value", [b"a/b\rX-Injected: 1", b"a/b\x00", b"a/b\x01", b"a/b\x7f"],
                         ids=ascii)
@pytest.mark.parametrize("name", ["Content-Type", "Accept"])
def test_t52_a_control_byte_in_a_type_is_refused(whole, intact, name, value):
    method = "PUT" if name == "Content-Type" else "GET"
    answer = whole.ask(method, "/objects/a", [(name, value)], b"x" if method == "PUT" else None)
    rest.refused(answer, 400)
    assert answer.get("X-Injected") is None


@pytest.mark.parametrize("value", [b"text/\xff", "text/pl\u00e4in", b"text/html\t<b>"], ids=ascii)
def test_t52_an_odd_accept_never_comes_back(whole, value):
    answer = whole.ask("GET", "/objects/a", [("Accept", value)])
    assert answer.status in (200, 400)
    assert answer.get("Content-Type") in ("application/octet-stream", "application/json")


# --- T54: request smuggling ---------------------------------------------------------------------

H = b"Host: 127.0.0.1\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + H + b"\r\n"
PUT = b"PUT /objects/k HTTP/1.1\r\n" + H
GET = b"GET /objects HTTP/1.1\r\n" + H

SMUGGLING = {
    "length-and-chunked": PUT + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked-and-length": PUT + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "other-coding": PUT + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "gzip-chunked": PUT + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked-chunked": PUT + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked-twice": PUT
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked-and-tab": PUT + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "identity": PUT + b"Transfer-Encoding: identity\r\n\r\n",
    "empty-coding": PUT + b"Transfer-Encoding:\r\n\r\n",
    "two-lengths": PUT + b"Content-Length: 0\r\nContent-Length: 36\r\n\r\n",
    "same-length-twice": PUT + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "list-of-lengths": PUT + b"Content-Length: 0, 0\r\n\r\n",
    "signed-length": PUT + b"Content-Length: +0\r\n\r\n",
    "negative-length": PUT + b"Content-Length: -1\r\n\r\n",
    "hex-length": PUT + b"Content-Length: 0x5\r\n\r\nhello",
    "length-with-blank": PUT + b"Content-Length: 1 0\r\n\r\n",
    "empty-length": PUT + b"Content-Length:\r\n\r\n",
    "huge-length": PUT + b"Content-Length: 99999999999999999999\r\n\r\n",
    "two-hosts": GET + b"Host: other\r\n\r\n",
    "no-host": b"GET /objects HTTP/1.1\r\nAccept: */*\r\n\r\n",
    "two-authorizations": GET + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    "space-before-colon": PUT + b"Content-Length : 5\r\n\r\nhello",
    "name-with-space": GET + b"X Y: 1\r\n\r\n",
    "name-empty": GET + b": 1\r\n\r\n",
    "name-with-control": GET + b"X\x01Y: 1\r\n\r\n",
    "folded": GET + b"X-A: 1\r\n Content-Length: 5\r\n\r\nhello",
    "bare-cr": GET + b"X-A: 1\rContent-Length: 5\r\n\r\nhello",
    "nul-in-value": GET + b"X-A: 1\x002\r\n\r\n",
    "control-in-value": GET + b"X-A: 1\x012\r\n\r\n",
    "absolute-form": b"GET http://127.0.0.1/objects HTTP/1.1\r\n" + H + b"\r\n",
    "authority-form": b"CONNECT 127.0.0.1:80 HTTP/1.1\r\n" + H + b"\r\n",
    "asterisk-form": b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n",
    "relative-target": b"GET objects/k HTTP/1.1\r\n" + H + b"\r\n",
    "nul-in-target": b"GET /objects/a%00b HTTP/1.1\r\n" + H + b"\r\n",
    "raw-nul-in-target": b"GET /objects/a\x00b HTTP/1.1\r\n" + H + b"\r\n",
    "tab-in-target": b"GET /objects/a\tb HTTP/1.1\r\n" + H + b"\r\n",
    "high-byte-in-target": b"GET /objects/a\x80b HTTP/1.1\r\n" + H + b"\r\n",
    "raw-utf8-in-target": "GET /objects/\u20ac HTTP/1.1\r\n".encode() + H + b"\r\n",
    "blank-in-target": b"GET /objects/a b HTTP/1.1\r\n" + H + b"\r\n",
    "fragment": b"GET /objects/a#b HTTP/1.1\r\n" + H + b"\r\n",
    "http-0.9": b"GET /objects\r\n\r\n",
    "http-2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "unknown-version": b"GET /objects HTTP/1.9\r\n" + H + b"Transfer-Encoding: chunked\r\n"
    + b"Content-Length: 3\r\n\r\n0\r\n\r\n",
}


@pytest.mark.usefixtures("intact")
@pytest.mark.parametrize("name", SMUGGLING)
def test_t54_a_request_that_two_servers_read_differently_is_refused_and_closed(victim, whole,
                                                                               name):
    mark = victim.log_size()
    with rawhttp.Connection(whole) as c:
        c.send(SMUGGLING[name] + SMUGGLED)
        answered = c.until_close()
    assert "smuggled" not in victim.log(mark)
    if not answered:
        return
    heads = set(re.findall(rb"HTTP/1\.1 (\d{3} .*?)\r\n\r\n", answered, re.DOTALL))
    assert len(heads) == 1, heads
    told, = heads
    assert told.startswith((b"4", b"5")), told
    assert b"Content-Type: application/json" in told, answered
    assert answered.endswith(b"}") and b'"error":{"code":"' in answered, answered
