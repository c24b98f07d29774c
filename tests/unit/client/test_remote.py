# SPDX-License-Identifier: Apache-2.0
"""cofferctl --endpoint against a pretending server, which answers as a real one never should."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading

import pytest

from lib import coffer

from fakes.fake_administration import FakeAdministration, Says, refuses, says

LIMIT_S = 60
USER = {"id": "00" * 16, "user": "alice", "tenant": "acme", "created_at": "2026-11-26T20:00:00.000Z",
        "policy": False, "administrator": False}
KEY = {"access_key": "AKALICE", "tenant": "acme", "user": "alice", "status": "enabled",
       "created_at": "2026-11-26T20:00:00.000Z", "expires": None, "expired": False, "last_used": None}
TOKEN = {"name": "laptop", "tenant": "acme", "scopes": ["read"], "bucket": "acme-objects", "prefix": "",
         "rate": None, "created_at": "2026-11-26T20:00:00Z", "expires": "2026-12-26T20:00:00Z",
         "expired": False, "last_used": None}
POLICY = '{ "Statement": [] }\n'


@pytest.fixture
def new_fake():
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    made = []

    def make(**how):
        made.append(FakeAdministration(**how))
        return made[-1]

    yield make
    for fake in made:
        fake.close()


@pytest.fixture
def fake(new_fake):
    return new_fake()


def argv_of(*args):
    return [str(coffer.build_dir() / "client" / "cofferctl"), *map(str, args)]


def environment(fake, **more):
    named = fake.credentials
    return {"AWS_ACCESS_KEY_ID": named.access_key, "AWS_SECRET_ACCESS_KEY": named.secret_key,
            "AWS_REGION": named.region,
            **{n: v for n, v in os.environ.items() if n.endswith("SAN_OPTIONS")}, **more}


def ctl(fake, *args, endpoint=None, env=None, stdin=None):
    """Ends, whatever is answered, and shows nobody the secret."""
    to = () if endpoint == "" else ("--endpoint", endpoint or fake.endpoint)
    done = subprocess.run(argv_of(*args, *to), env=environment(fake) if env is None else env,
                          input=stdin, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert fake.credentials.secret_key not in done.stdout + done.stderr
    return done


def credentials_file(fake, path, mode=0o600):
    path.write_text(json.dumps({"access_key": fake.credentials.access_key,
                                "secret_key": fake.credentials.secret_key}))
    path.chmod(mode)
    return path


# --- what is asked ---------------------------------------------------------------------------

@pytest.mark.parametrize("args,method,target,body,answer", [
    (["user", "create", "alice"], "POST", "/users", {"user": "alice"}, says(201, {"user": USER})),
    (["user", "show", "a+b@c"], "GET", "/users/a%2Bb%40c", None, says(200, {"user": USER})),
    (["user", "list"], "GET", "/users", None, says(200, {"users": [USER], "next_cursor": None})),
    (["user", "delete", "alice"], "DELETE", "/users/alice", None, says(200, {"user": USER})),
    (["policy", "put", "alice", "--file", "-"], "PUT", "/users/alice/policy", POLICY,
     says(200, {"user": USER})),
    (["policy", "get", "alice"], "GET", "/users/alice/policy", None, says(200, {"Statement": []})),
    (["policy", "delete", "alice"], "DELETE", "/users/alice/policy", None, says(200, {"user": USER})),
    (["key", "create", "--user", "alice", "--ttl", "9"], "POST", "/users/alice/keys",
     {"ttl_days": 9}, says(201, {"key": {**KEY, "secret_key": "new"}})),
    (["key", "list"], "GET", "/keys", None, says(200, {"keys": [KEY], "next_cursor": None})),
    (["key", "list", "--user", "alice"], "GET", "/users/alice/keys", None,
     says(200, {"keys": [KEY], "next_cursor": None})),
    (["key", "disable", "AKALICE"], "PATCH", "/keys/AKALICE", {"enabled": False},
     says(200, {"key": KEY})),
    (["key", "enable", "AKALICE"], "PATCH", "/keys/AKALICE", {"enabled": True},
     says(200, {"key": KEY})),
    (["key", "delete", "AKALICE"], "DELETE", "/keys/AKALICE", None, says(200, {"key": KEY})),
    (["token", "add", "laptop", "--ttl", "30", "--scope", "read"], "POST", "/tokens",
     {"token_name": "laptop", "ttl_days": 30, "scopes": ["read"]},
     says(201, {"token": {**TOKEN, "token": "new"}})),
    (["token", "list"], "GET", "/tokens", None, says(200, {"tokens": [TOKEN], "next_cursor": None})),
    (["token", "refresh", "ä/b", "--ttl", "3"], "POST", "/tokens/%C3%A4%2Fb/refresh",
     {"ttl_days": 3}, says(200, {"token": {**TOKEN, "token": "new"}})),
    (["token", "delete", "laptop"], "DELETE", "/tokens/laptop", None, says(200, {"token": TOKEN})),
], ids=lambda v: " ".join(v[:2]) if isinstance(v, list) else "")
def test_a_command_is_one_signed_request(fake, args, method, target, body, answer):
    fake.always(answer)
    done = ctl(fake, *args, stdin=POLICY)
    assert (done.returncode, done.stderr) == (0, "")
    [asked] = fake.asked
    assert asked.wrong is None
    assert (asked.method, asked.target) == (method, "/-/admin/v1" + target)
    if isinstance(body, dict):
        assert json.loads(asked.body) == body
    else:
        assert asked.body.decode() == (body or "")
    assert fake.credentials.secret_key.encode() not in asked.body
    assert not any(fake.credentials.secret_key in value for _, value in asked.headers)


def test_two_requests_that_are_the_same_have_two_signatures(fake):
    fake.always(says(201, {"user": USER}))
    for _ in range(4):
        ctl(fake, "user", "create", "alice")
    assert len({asked.get("authorization") for asked in fake.asked}) == 4
    assert all(asked.wrong is None for asked in fake.asked)


def test_the_region_of_the_environment_is_signed(new_fake):
    fake = new_fake(region="eu-test-7")
    fake.always(says(200, {"user": USER}))
    ctl(fake, "user", "show", "alice")
    assert fake.asked[0].wrong is None


# --- who asks --------------------------------------------------------------------------------

def test_a_file_has_the_credentials(fake, scratch):
    fake.always(says(200, {"user": USER}))
    file = credentials_file(fake, scratch / "admin.json")
    assert ctl(fake, "user", "show", "alice", "--credentials", file, env={}).returncode == 0
    assert fake.asked[0].wrong is None
    file.write_text(json.dumps({"ok": True, "key": json.loads(file.read_text())}))
    assert ctl(fake, "user", "show", "alice", "--credentials", file, env={}).returncode == 0
    assert fake.asked[1].wrong is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_t43_a_file_that_others_can_read_is_refused_and_nobody_asked(fake, scratch, mode):
    file = credentials_file(fake, scratch / "admin.json", mode)
    done = ctl(fake, "user", "show", "alice", "--credentials", file)
    assert done.returncode == 1 and f"{mode:04o}" in done.stderr and "chmod 600" in done.stderr
    assert fake.asked == []


def test_without_credentials_nobody_is_asked(fake, scratch):
    done = ctl(fake, "user", "list", env={})
    assert done.returncode == 1 and "AWS_ACCESS_KEY_ID" in done.stderr
    done = ctl(fake, "user", "list", "--credentials", scratch / "none.json")
    assert done.returncode == 1 and "No such file" in done.stderr
    assert fake.asked == []


def test_t43_while_it_waits_its_secret_is_nowhere_to_be_read(fake):
    asked, go_on = threading.Event(), threading.Event()

    def answer(_):
        asked.set()
        assert go_on.wait(LIMIT_S)
        return says(200, {"user": USER})

    fake.answer = answer
    with subprocess.Popen(argv_of("user", "show", "alice", "--endpoint", fake.endpoint),
                          env=environment(fake), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert asked.wait(LIMIT_S)
        seen = [pathlib.Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
        go_on.set()
        process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0
    assert b"AWS_REGION" in seen[1]
    assert not any(fake.credentials.secret_key.encode() in text for text in seen)


# --- what is not asked -----------------------------------------------------------------------

@pytest.mark.parametrize("args,word", [
    (["user", "list", "--tenant", "acme"], "tenant whose access key signs"),
    (["user", "create", "a", "--administrator", "yes"], "host's own operator"),
    (["user", "update", "a", "--administrator", "yes"], "host's own operator"),
    (["key", "create"], "--user"),
    (["key", "create", "--user", "a", "--access-key", "AK1", "--secret-key-stdin"],
     "host's own operator"),
    (["token", "import", "x"], "cannot be asked with --endpoint"),
    (["tenant", "list"], "cannot be asked with --endpoint"),
    (["bucket", "list"], "cannot be asked with --endpoint"),
    (["status"], "cannot be asked with --endpoint"),
    (["user", "list", "--socket", "/x"], "--socket is not for"),
])
def test_what_cannot_be_asked_there_is_a_usage_error(fake, args, word):
    done = ctl(fake, *args)
    assert done.returncode == 2 and done.stdout == "" and word in done.stderr
    assert fake.asked == []


@pytest.mark.parametrize("option", [["--credentials", "x"], ["--ca-file", "x"], ["--insecure-http"]])
def test_options_of_an_endpoint_go_with_one(fake, option):
    done = ctl(fake, "user", "list", *option, endpoint="")
    assert done.returncode == 2 and option[0] in done.stderr


@pytest.mark.parametrize("endpoint", [
    "127.0.0.1:9000", "ftp://127.0.0.1", "file:///etc/passwd", "http://a/path", "http://u:p@127.0.0.1",
    "http://127.0.0.1:0", "http://a b", "http://"])
def test_an_endpoint_that_is_none_is_refused(fake, endpoint):
    done = ctl(fake, "user", "list", endpoint=endpoint)
    assert done.returncode == 1 and "http://HOST:PORT" in done.stderr


def test_t42_another_host_is_not_asked_in_the_clear(fake):
    fake.always(says(200, {"user": USER}))
    # It comes to this host, but of an address of which cofferctl cannot know that.
    away = f"http://0.0.0.0:{fake.port}"
    done = ctl(fake, "user", "show", "alice", endpoint=away)
    assert done.returncode == 1 and "--insecure-http" in done.stderr and fake.asked == []
    assert ctl(fake, "user", "show", "alice", "--insecure-http", endpoint=away).returncode == 0
    assert fake.asked[0].wrong is None


def test_the_environment_names_an_endpoint_too(fake):
    fake.always(says(200, {"user": USER}))
    env = environment(fake, COFFER_ADMIN_ENDPOINT=fake.endpoint)
    assert ctl(fake, "user", "show", "alice", endpoint="", env=env).returncode == 0
    assert len(fake.asked) == 1
    done = ctl(fake, "user", "show", "alice", "--tenant", "acme", endpoint="", env=env)
    assert done.returncode == 2
    for args in (["user", "show", "alice", "--socket", "/nowhere/a.sock"],
                 ["tenant", "list", "--socket", "/nowhere/a.sock"]):
        done = ctl(fake, *args, endpoint="", env=env)
        assert done.returncode == 1 and "/nowhere/a.sock" in done.stderr
    assert len(fake.asked) == 1


# --- what is answered ------------------------------------------------------------------------

def test_refusals_are_told_in_the_words_of_the_server(fake):
    fake.always(refuses(403, "AccessDenied", "You may not.\x1b[2J", hint="ask\nsomebody"))
    done = ctl(fake, "user", "list")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "cofferctl: You may not.?[2J\nhint: ask?somebody\n"
    done = ctl(fake, "user", "list", "--json")
    assert json.loads(done.stdout) == {"ok": False, "error": "You may not.\x1b[2J",
                                       "hint": "ask\nsomebody", "code": "AccessDenied"}
    done = ctl(fake, "token", "list")
    assert done.stderr.startswith("ERROR: You may not.")


def test_that_a_user_has_no_policy_is_no_refusal(fake):
    fake.always(refuses(404, "NoSuchPolicy", "He has none."))
    done = ctl(fake, "policy", "get", "alice")
    assert (done.returncode, done.stdout, done.stderr) == (0, "alice has no policy\n", "")
    fake.always(refuses(404, "NoSuchUser", "There is no user alice."))
    assert ctl(fake, "policy", "get", "alice").returncode == 1


def test_a_warning_is_told_beside_the_answer(fake):
    fake.always(says(200, {"key": KEY, "warning": "That was your own.\x1b[m"}))
    done = ctl(fake, "key", "disable", "AKALICE")
    assert done.returncode == 0 and "AKALICE" in done.stdout
    assert done.stderr == "warning: That was your own.?[m\n"


def test_no_answer_moves_the_cursor_of_a_terminal(fake):
    evil = "\x1b]0;evil\x07"
    fake.always(says(201, {"token": {**TOKEN, "token": f"text{evil}", "scopes": [evil],
                                     "expires": evil}}))
    done = ctl(fake, "token", "add", "laptop", "--ttl", "1")
    assert done.returncode == 0 and "\x1b" not in done.stdout and "text?]0;evil?" in done.stdout
    fake.always(says(200, {"keys": [{**KEY, "user": evil}], "next_cursor": None}))
    assert "\x1b" not in ctl(fake, "key", "list").stdout


def test_a_list_is_all_of_its_pages(fake):
    pages = {None: ([1, 2], "a/b="), "cursor=a%2Fb%3D": ([], "c"), "cursor=c": ([3], None)}

    def answer(asked):
        items, following = pages[asked.target.partition("?")[2] or None]
        return says(200, {"users": [{**USER, "user": f"u{n}"} for n in items], "next_cursor": following})

    fake.answer = answer
    done = ctl(fake, "user", "list", "--json")
    assert [u["user"] for u in json.loads(done.stdout)["users"]] == ["u1", "u2", "u3"]
    assert len(fake.asked) == 3 and all(asked.wrong is None for asked in fake.asked)


def test_a_list_that_is_refused_in_its_midst_is_not_told_by_half(fake):
    fake.answer = lambda asked: (refuses(503, "SlowDown", "Later.") if "cursor" in asked.target else
                                 says(200, {"users": [USER], "next_cursor": "c"}))
    done = ctl(fake, "user", "list")
    assert (done.returncode, done.stdout, done.stderr.split("\n")[0]) == (1, "", "cofferctl: Later.")


@pytest.mark.parametrize("items", [[], [{**USER, "user": "x" * 3_000_000}]])
def test_a_list_without_end_is_ended(fake, items):
    fake.always(says(200, {"users": items, "next_cursor": "again"}))
    done = ctl(fake, "user", "list")
    assert done.returncode == 1 and done.stdout == "" and "does not end" in done.stderr


def test_nobody_is_followed_elsewhere(fake, new_fake):
    other = new_fake()
    for status in (301, 302, 303, 307, 308):
        fake.always(Says(status, b"", {"Location": f"{other.endpoint}/-/admin/v1/users"}))
        done = ctl(fake, "user", "list")
        assert done.returncode == 1 and "elsewhere" in done.stderr
    assert other.asked == []


@pytest.mark.parametrize("answer", [
    Says(200, b""), Says(200, b"{"), Says(200, b"[]"), Says(200, b'{"user": []}'), Says(204, b""),
    Says(200, b'{"user": {}}', {"Content-Type": "text/html"}), Says(200, b'{"user": {}}', {}),
    Says(404, b"<Error><Code>NoSuchKey</Code></Error>", {"Content-Type": "application/xml"}),
    Says(200, b'{"user": {}, "user": {}}'), Says(502, b"<html>"), Says(200, b"\xff\xfe"),
    Says(200, b"[" * 100_000),
])
def test_garbage_is_no_answer(fake, answer):
    fake.always(answer)
    for form in ([], ["--json"]):
        done = ctl(fake, "user", "show", "alice", *form)
        assert (done.returncode, done.stdout) == (1, "")
        assert "not understood" in done.stderr


def test_a_huge_answer_is_not_taken(fake):
    fake.always(Says(200, b'{"user": {}}' + b" " * (5 << 20)))
    done = ctl(fake, "user", "show", "alice")
    assert done.returncode == 1 and "4194304" in done.stderr


def test_a_server_that_is_away_is_told(fake):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = ctl(fake, "user", "list", endpoint=f"http://127.0.0.1:{port}")
    assert done.returncode == 1 and f"http://127.0.0.1:{port}" in done.stderr and "hint:" in done.stderr


# --- TLS -------------------------------------------------------------------------------------

@pytest.fixture
def certificate(scratch):
    """Of localhost, by itself."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    made = scratch / "server.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", made, "-out", scratch / "cert.pem"], check=True, capture_output=True)
    made.write_text(made.read_text() + (scratch / "cert.pem").read_text())
    return made


def test_tls_is_for_whom_its_certificate_is(new_fake, certificate):
    fake = new_fake(certificate=certificate)
    fake.always(says(200, {"user": USER}))
    named, numbered = f"https://localhost:{fake.port}", f"https://127.0.0.1:{fake.port}"
    ca = ("--ca-file", certificate.parent / "cert.pem")
    done = ctl(fake, "user", "show", "alice", *ca, endpoint=named)
    assert (done.returncode, done.stderr) == (0, "") and fake.asked[0].wrong is None
    done = ctl(fake, "user", "show", "alice", endpoint=named)
    assert done.returncode == 1 and "--ca-file" in done.stderr
    assert ctl(fake, "user", "show", "alice", "--insecure-http", endpoint=named).returncode == 1
    assert ctl(fake, "user", "show", "alice", *ca, endpoint=numbered).returncode == 1
    assert len(fake.asked) == 1


def test_t42_where_tls_is_asked_for_nothing_goes_without(fake):
    done = ctl(fake, "user", "list", endpoint=f"https://127.0.0.1:{fake.port}")
    assert done.returncode == 1 and "TLS" in done.stderr
    assert fake.asked == []


# --- what speaks to a network ----------------------------------------------------------------

def test_only_cofferctl_is_linked_with_libcurl():
    build = coffer.build_dir()
    if build is None:
        pytest.skip("COFFER_BUILD is not set")
    programs = ["client/cofferctl", "client/coffer", "authd/coffer-authd", "stored/coffer-stored",
                "frontend/coffer-frontend"]
    with_it = [p for p in programs if b"libcurl" in (build / p).read_bytes()]
    assert with_it == ["client/cofferctl"]
