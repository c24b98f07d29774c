# SPDX-License-Identifier: Apache-2.0
"""`cofferctl reload`: what changes while the server runs, what takes a restart, and what changes nothing."""

import json
import socket
import subprocess

import pytest

from lib import coffer, rawhttp, sigv4

LIMIT_S = 20


def settings():
    """The table of settings, as the build knows it; none where there is no build."""
    build = coffer.build_dir()
    if build is None:
        return []
    return json.loads(subprocess.run([build / "tools/describe-config", "--json"], check=True,
                                     capture_output=True, timeout=LIMIT_S).stdout)


LIVE = [s["key"] for s in settings() if s["live"]]
# Neither its default nor what a test's server is started with.
OTHER = {"number": "11", "network": "192.0.2.0/24", "word": None, "text": "other.example",
         "account": "4242", "hash": "0" * 64, "duration": "3h", "size": "3MiB"}


@pytest.fixture
def own(new_coffer):
    return new_coffer(limits=True)


@pytest.fixture
def conf(tmp_path):
    return tmp_path / "coffer.conf"


def reload(server, conf, *args):
    return subprocess.run([server.build / "client/cofferctl", "--socket", server.admin_socket,
                           "reload", "--config", conf, *args], capture_output=True, text=True,
                          timeout=LIMIT_S, check=False)


def reloaded(server, conf):
    done = reload(server, conf, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["reload"]


def ask(server, request):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(LIMIT_S)
        s.connect(str(server.admin_socket))
        s.sendall(json.dumps(request).encode() + b"\n")
        return json.loads(s.makefile().readline())


def guess(server):
    nobody = sigv4.Credentials("CFNOSUCHKEY000000000", "secret" * 4, server.region)
    fields, _ = sigv4.header_auth(nobody, "GET", "/", host=server.netloc)
    return rawhttp.exchange(server, rawhttp.head("GET", "/", fields)).code


def test_a_limit_is_in_force_at_once_and_gone_at_once(own, conf):
    conf.write_text("[limits]\nlogin-failures = 3\nlogin-pause = 3600\n")
    assert guess(own) == "InvalidAccessKeyId"
    assert reloaded(own, conf)["changed"] == ["login-failures", "login-pause"]
    assert [guess(own) for _ in range(5)][-1] == "SlowDown"
    conf.write_text("[limits]\nlogin-failures = 0\n")
    assert reloaded(own, conf)["changed"] == ["login-failures", "login-pause"]
    assert guess(own) == "InvalidAccessKeyId"
    assert "setting-changed key=login-failures" in own.log()


@pytest.mark.parametrize("key", LIVE)
def test_what_the_table_calls_live_is(own, conf, key):
    setting = next(s for s in settings() if s["key"] == key)
    conf.write_text("")
    reloaded(own, conf)
    conf.write_text(f"[{setting['section']}]\n{key} = {OTHER[setting['type']]}\n")
    assert reloaded(own, conf)["changed"] == [key]
    assert reloaded(own, conf)["changed"] == []
    conf.write_text("")
    assert reloaded(own, conf)["changed"] == [key]


def test_what_takes_a_restart_is_said(own, conf):
    conf.write_text("")
    before = reloaded(own, conf)["restart"]
    for setting in settings():
        daemons = [d for d in coffer.DAEMONS if setting[d]]
        if setting["live"] or not daemons:
            continue
        other = OTHER[setting["type"]] or setting["argument"].split("|")[-1]
        conf.write_text(f"[{setting['section']}]\n{setting['key']} = {other}\n")
        told = reloaded(own, conf)
        assert told["changed"] == [] and told["unseen"] == []
        if (setting["key"], other) == ("confine", "degraded") and coffer.is_sanitized(own.build):
            assert set(told["restart"]) == {*before} - {"confine"}   # it runs with that
        else:
            assert set(told["restart"]) == {*before, setting["key"]}


def test_from_another_pid_namespace_no_daemon_is_judged(own, conf, apart):
    conf.write_text("[processes]\nworkers = 7\n")
    done = subprocess.run([*apart, own.build / "client" / "cofferctl", "--socket", own.admin_socket,
                           "--json", "reload", "--config", conf], capture_output=True, check=True)
    told = json.loads(done.stdout)["reload"]
    assert (told["restart"], sorted(told["unseen"])) == ([], sorted(coffer.DAEMONS))


def test_one_wrong_line_changes_nothing(own, conf):
    conf.write_text("")
    reloaded(own, conf)
    conf.write_text("[limits]\nrequest-rate = 7\nlogin-pause = soon\n")
    done = reload(own, conf)
    assert (done.returncode, done.stdout) == (1, "")
    assert f'{conf}:3: login-pause cannot be "soon"' in done.stderr
    conf.write_text("")
    assert reloaded(own, conf)["changed"] == []


def test_people_are_told(own, conf):
    conf.write_text("[limits]\nrequest-rate = 100000\n[s3]\ndomain = a.example\n")
    assert "request-rate" in reload(own, conf).stdout.splitlines()[0]
    assert "After a restart: domain" in reload(own, conf).stdout


def test_authd_alone_refuses_what_cannot_change(own):
    for setting in settings():
        if setting["live"]:
            continue
        asked = {"do": "reload", "settings": {setting["key"]: ["1"]}}
        answer = ask(own, asked)
        assert answer["ok"] is False and "cannot change while authd runs" in answer["error"]
