# SPDX-License-Identifier: Apache-2.0
"""cofferctl against a pretending authd: what it prints, and how it ends."""

import json
import os
import pty
import subprocess

import pytest


@pytest.fixture
def server(launcher):
    return launcher.start()


def test_json_is_authds_answer_on_one_line(server):
    done = server.ctl("tenant", "create", "acme", "--display-name", "Acme", "--email", "a@b")
    assert done.returncode == 0 and done.stdout.count("\n") == 1 and done.stderr == ""
    answer = json.loads(done.stdout)
    assert answer["ok"] is True
    assert answer["tenant"]["display_name"] == "Acme" and answer["tenant"]["email"] == "a@b"


def test_refusal_is_told_and_exits_with_1(server):
    server.ctl("tenant", "create", "acme")
    done = server.ctl("tenant", "create", "acme")
    assert done.returncode == 1
    assert json.loads(done.stdout)["ok"] is False
    assert done.stderr == "cofferctl: the tenant acme exists\nhint: choose another name\n"


def test_a_tenant_that_is_deleted_is_waited_for(server):
    server.ctl("tenant", "create", "acme")
    done = server.ctl("tenant", "delete", "acme", json_output=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "deleted acme\n", "")
    assert server.ctl("tenant", "show", "acme").returncode == 1
    server.ctl("tenant", "create", "acme")
    answer = json.loads(server.ctl("tenant", "delete", "acme").stdout)
    assert answer["tenant"]["state"] == "deleted"


def test_a_tenant_of_the_same_name_is_not_mistaken_for_it(server):
    server.misbehave("authd", "replaced")
    server.ctl("tenant", "create", "acme")
    done = server.ctl("tenant", "delete", "acme", json_output=False)
    assert (done.returncode, done.stdout) == (0, "deleted acme\n")


def test_a_tenant_that_stays_after_all_is_told(server):
    server.misbehave("authd", "stays")
    server.ctl("tenant", "create", "acme")
    done = server.ctl("tenant", "delete", "acme")
    assert done.returncode == 1 and "acme stays" in done.stderr
    server.misbehave("authd", "buckets")
    done = server.ctl("tenant", "delete", "acme")
    assert done.returncode == 1 and "has buckets" in done.stderr
    assert server.ctl("tenant", "delete", "acme", "--with-data").returncode == 0


def test_life_of_a_key(server):
    server.ctl("tenant", "create", "acme")
    made = json.loads(server.ctl("key", "create", "--tenant", "acme").stdout)["key"]
    assert made["access_key"] and made["secret_key"]
    disabled = json.loads(server.ctl("key", "disable", made["access_key"]).stdout)["key"]
    assert disabled["status"] == "disabled"
    enabled = json.loads(server.ctl("key", "enable", made["access_key"]).stdout)["key"]
    assert enabled["status"] == "enabled"
    assert server.ctl("key", "delete", made["access_key"]).returncode == 0
    assert json.loads(server.ctl("key", "list", "--tenant", "acme").stdout)["keys"] == []


def test_secret_comes_from_standard_input(server):
    done = server.ctl("key", "create", "--tenant", "default", "--access-key", "mine",
                      "--secret-key-stdin", stdin="  a secret, spaces and all  \r\nnot this\n")
    assert json.loads(done.stdout)["key"]["secret_key"] == "  a secret, spaces and all  "
    empty = server.ctl("key", "create", "--tenant", "default", "--access-key", "other",
                       "--secret-key-stdin", stdin="")
    assert empty.returncode == 1 and "no secret key" in empty.stderr
    long = server.ctl("key", "create", "--tenant", "default", "--access-key", "other",
                      "--secret-key-stdin", stdin="x" * 129)
    assert long.returncode == 1 and "128" in long.stderr


def test_secret_is_not_echoed_on_a_terminal(server):
    ours, theirs = pty.openpty()
    argv = [str(server.cofferctl), "--socket", str(server.data / "run/authd-admin.sock"), "key",
            "create", "--tenant", "default", "--access-key", "typed", "--secret-key-stdin", "--json"]
    with subprocess.Popen(argv, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        assert process.stderr.read(len("secret key: ")) == "secret key: "
        os.write(ours, b"whispered\n")
        answer = json.loads(process.stdout.read())
    assert answer["key"]["secret_key"] == "whispered"
    os.set_blocking(ours, False)
    try:
        assert b"whispered" not in os.read(ours, 1000)
    except BlockingIOError:
        pass
    os.close(ours)
    os.close(theirs)


def test_tables_are_for_people(server):
    server.ctl("tenant", "create", "acme", "--display-name", "Acme \x1b[2J Ltd")
    out = server.ctl("tenant", "list", json_output=False).stdout
    assert out.splitlines()[0].split() == ["NAME", "STATE", "ID", "DISPLAY", "NAME", "EMAIL", "CREATED"]
    assert "Acme ?[2J Ltd" in out and "\x1b" not in out
    made = server.ctl("key", "create", "--tenant", "acme", json_output=False).stdout
    assert "secret key" in made and "shown this once" in made
    assert server.ctl("status", json_output=False).stdout.startswith("WARNING: no figures from ")


def test_usage_errors_exit_with_2(server):
    for args, of in ((["tenant"], "tenant "), (["key", "create"], "key create "), (["frob"], ""),
                     (["--colour", "status"], "status "), (["status", "now"], "status ")):
        done = server.ctl(*args, json_output=False)
        assert done.returncode == 2 and done.stdout == ""
        assert f"hint: `cofferctl {of}--help`" in done.stderr


def told(server, *words):
    done = server.ctl(*words, "--help", json_output=False)
    assert done.returncode == 0 and done.stderr == ""
    return done.stdout


def test_help_lists_commands_and_each_teaches(server):
    everything = told(server)
    for command in ("tenant create", "key create", "token add", "import", "status"):
        assert f"\n  {command} " in everything
        own = told(server, *command.split())
        assert own.startswith(f"usage: cofferctl {command}")
        assert f"\n  cofferctl {command}" in own.partition("\nExample")[2]
    assert "COFFER_ADMIN_SOCKET" in everything
    assert "--secret-key-stdin" in told(server, "key", "create")


def test_help_of_a_group_lists_only_its_own(server):
    of_tokens = told(server, "token")
    assert "token refresh NAME" in of_tokens and "tenant create" not in of_tokens


REFUSED = {
    "a name that is taken": ["tenant", "create", "default"],
    "a tenant that is not there": ["key", "disable", "NOPE"],
    "a config that is not there": ["reload", "--config", "/nonexistent"],
    "a server that is not there": ["doctor", "--data", "/nonexistent"],
    "a source that is not there": ["import", "/nonexistent", "--format", "filesystem", "--bucket", "b"],
    "a source that is none": ["import", "/dev/null", "--format", "sqlite", "--bucket", "b"],
    "a format that is none": ["import", "/tmp", "--format", "tar", "--bucket", "b"],
    "a place that cannot be": ["export", "/proc/nonexistent", "--bucket", "b"],
    "tokens that are not there": ["token", "import", "/nonexistent"],
    "tokens that are none": ["token", "import", "/dev/null"],
    "no secret": ["key", "create", "--tenant", "default", "--access-key", "AKX", "--secret-key-stdin"],
    "what is no text": ["tenant", "create", b"\xff"],
}


@pytest.mark.parametrize("form", REFUSED)
def test_every_error_has_a_hint(server, form):
    done = server.ctl(*REFUSED[form], json_output=False, stdin="")
    assert done.returncode in (1, 2) and done.stdout == ""
    error, hint = done.stderr.splitlines()
    assert error.startswith(("cofferctl: ", "ERROR: ")) and hint.startswith("hint: ")


def test_unreachable_server_is_explained(launcher):
    done = launcher.ctl("status", json_output=False)
    assert done.returncode == 1
    assert "authd-admin.sock" in done.stderr and "hint: " in done.stderr
