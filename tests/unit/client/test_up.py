# SPDX-License-Identifier: Apache-2.0
"""`coffer up` as a service manager: what the daemons are given, who lives and who dies."""

import json
import os
import pathlib
import signal
import stat
import time

import pytest

from lib import procfs

from launcher import DAEMONS, wait_until

# Python ignores the first two; 32 and 33 are glibc's own, which it lets nobody change.
SIGNALS_LEFT_OUT = (signal.SIGPIPE, signal.SIGXFSZ, 32, 33)


def bit(number):
    return 1 << (number - 1)


# What a daemon is given


def test_sockets_come_from_descriptor_3_on_with_their_names(launcher):
    launcher.start()
    run = str(launcher.data / "run")
    stream, seqpacket = 1, 5
    assert launcher.seen("authd")["sockets"] == [
        ["frontend", seqpacket, f"{run}/authd-frontend.sock"],
        ["stored", seqpacket, f"{run}/authd-stored.sock"],
        ["admin", stream, f"{run}/authd-admin.sock"]]
    assert launcher.seen("stored")["sockets"] == [
        ["frontend", seqpacket, f"{run}/stored-frontend.sock"],
        ["operator", seqpacket, f"{run}/stored-operator.sock"]]
    *doors, metrics = launcher.seen("frontend")["sockets"]
    assert metrics == ["metrics", stream, f"{run}/metrics.sock"]
    assert [(name, kind, host) for name, kind, (host, _) in doors] == [
        ("s3", stream, "127.0.0.1"), ("rest", stream, "127.0.0.1")]
    assert all(port > 0 for _, _, (_, port) in doors)
    assert all(launcher.seen(daemon)["listen_pid"] for daemon in DAEMONS)


def test_several_addresses_are_several_sockets(launcher):
    launcher.start("--s3", "127.0.0.2:0", "--rest", "127.0.0.2:0")
    assert [name for name, _, _ in launcher.seen("frontend")["sockets"]] == [
        "s3", "s3", "rest", "rest", "metrics"]


@pytest.mark.parametrize("daemon", DAEMONS)
def test_nothing_but_its_own_descriptors_is_inherited(launcher, daemon):
    stray = os.open("/dev/zero", os.O_RDONLY)
    try:
        launcher.start(pass_fds=[stray])
    finally:
        os.close(stray)
    seen = launcher.seen(daemon)
    sockets = len(seen["sockets"])
    assert sorted(map(int, seen["descriptors"])) == list(range(3 + sockets))
    assert seen["descriptors"]["0"] == "/dev/null"
    assert seen["descriptors"]["1"] == seen["descriptors"]["2"] == str(launcher.dir / "err.txt")


@pytest.mark.parametrize("daemon", DAEMONS)
def test_environment_is_minimal(launcher, daemon):
    launcher.start(env={"PATH": "/bin", "SECRET": "x", "LD_BIND_NOW": "1",
                        "MINIO_ROOT_USER": "first", "MINIO_ROOT_PASSWORD": "first-secret"})
    names = set(launcher.seen(daemon)["environment"])
    # LC_CTYPE is set by the Python that the pretending daemon is.
    wanted = {"NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}
    if daemon == "authd":
        wanted.add("CREDENTIALS_DIRECTORY")
    assert {n for n in names if not n.endswith("SAN_OPTIONS")} - {"LC_CTYPE"} == wanted


@pytest.mark.parametrize("daemon", DAEMONS)
def test_process_starts_clean(launcher, daemon):
    launcher.start(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    seen = launcher.seen(daemon)
    assert seen["blocked"] == 0
    assert seen["ignored"] & ~sum(map(bit, SIGNALS_LEFT_OUT)) == 0
    assert seen["group"] == seen["pid"]
    assert seen["umask"] == "0077" and seen["cwd"] == "/"
    assert seen["parents_death"] == signal.SIGKILL


def test_options_are_handed_on(launcher):
    launcher.start("--domain", "a.local", "--domain", "b.local", "--region", "eu", "--workers", "2",
                   "--durability", "relaxed", "--inline-limit", "77", "--object-memory", "none",
                   "--admin-uid", "1234",
                   "--admin-gid", "5678", "--request-rate", "91", "--request-burst", "92",
                   "--login-failures", "93", "--login-pause", "94",
                   "--trusted-proxy", "10.0.0.0/8", "--trusted-proxy", "::1",
                   "--confine", "degraded")
    pairs = {daemon: list(zip(argv := launcher.seen(daemon)["argv"][1:], argv[1:]))
             for daemon in DAEMONS}
    for wanted in [("--domain", "a.local"), ("--domain", "b.local"), ("--workers", "2"),
                   ("--authd", str(launcher.data / "run/authd-frontend.sock")),
                   ("--stored", str(launcher.data / "run/stored-frontend.sock"))]:
        assert wanted in pairs["frontend"]
    for wanted in [("--region", "eu"), ("--admin-uid", "1234"), ("--admin-gid", "5678"),
                   ("--domain", "a.local"), ("--domain", "b.local"),
                   ("--request-rate", "91"), ("--request-burst", "92"),
                   ("--login-failures", "93"), ("--login-pause", "94"),
                   ("--trusted-proxy", "10.0.0.0/8"), ("--trusted-proxy", "::1"),
                   ("--state", str(launcher.data / "auth"))]:
        assert wanted in pairs["authd"]
    for wanted in [("--durability", "relaxed"), ("--inline-limit", "77"), ("--region", "eu"),
                   ("--object-memory", "none"), ("--admin-uid", "1234"), ("--admin-gid", "5678"),
                   ("--data", str(launcher.data / "data")),
                   ("--authd", str(launcher.data / "run/authd-stored.sock"))]:
        assert wanted in pairs["stored"]
    assert all(("--confine", "degraded") in pairs[daemon] for daemon in DAEMONS)


def test_keyring_key_is_handed_to_authd_and_stays_the_same(launcher):
    launcher.start()
    key = launcher.seen("authd")["key"]
    assert len(bytes.fromhex(key)) == 32
    launcher.stop()
    assert not (launcher.data / "run" / "credentials-authd").exists()
    launcher.start()
    assert launcher.seen("authd")["key"] == key


# User ids


def test_root_gives_each_an_id_of_its_own_and_remembers_them(root_launcher):
    root_launcher.start()
    first = {daemon: root_launcher.seen(daemon)["uid"][0] for daemon in DAEMONS}
    assert len(set(first.values())) == 3
    assert 0 not in first.values()
    assert "three user ids" in root_launcher.out()
    for daemon in DAEMONS:
        seen = root_launcher.seen(daemon)
        assert set(seen["uid"]) == {first[daemon]} and set(seen["gid"]) == {first[daemon]}
    root_launcher.stop()
    root_launcher.start()
    assert {d: root_launcher.seen(d)["uid"][0] for d in DAEMONS} == first


def test_root_tells_each_who_the_others_are(root_launcher):
    root_launcher.start()
    uid = {daemon: str(root_launcher.seen(daemon)["uid"][0]) for daemon in DAEMONS}
    authd, stored = (root_launcher.seen(d)["argv"] for d in ("authd", "stored"))
    assert authd[authd.index("--frontend-uid") + 1] == uid["frontend"]
    assert authd[authd.index("--stored-uid") + 1] == uid["stored"]
    assert "--admin-uid" not in authd
    assert stored[stored.index("--frontend-uid") + 1] == uid["frontend"]
    assert stored[stored.index("--authd-uid") + 1] == uid["authd"]


def test_barring_directory_is_named(root_launcher):
    root_launcher.home.chmod(0o700)
    assert root_launcher.fails() == 1
    assert f"{root_launcher.home} bars user" in root_launcher.err()
    assert f"chmod o+x {root_launcher.home}" in root_launcher.err()
    root_launcher.home.chmod(0o711)
    root_launcher.start()


def test_one_uid_is_said_plainly(user_launcher):
    user_launcher.start()
    uid = user_launcher.seen("authd")["uid"][0]
    assert all(set(user_launcher.seen(d)["uid"]) == {uid} for d in DAEMONS)
    assert all("--uid" not in user_launcher.seen(d)["argv"] for d in DAEMONS)
    assert "ONE user id" in user_launcher.out()
    authd = user_launcher.seen("authd")["argv"]
    assert authd[authd.index("--admin-uid") + 1] == str(uid)


def test_default_directory_of_a_user_is_in_his_home(user_launcher):
    argv = [str(user_launcher.coffer), "up", "--config", "/dev/null", "--s3", "127.0.0.1:0",
            "--rest", "127.0.0.1:0"]
    user_launcher.process = user_launcher.popen(argv)
    wait_until(lambda: " serves S3 at " in user_launcher.out())
    assert (user_launcher.home / ".local/share/coffer/auth/auth.db").exists()


# Start


@pytest.mark.parametrize("daemon", DAEMONS)
def test_daemon_that_exits_is_named_with_its_status(launcher, daemon):
    launcher.misbehave(daemon, "exit", "7")
    assert launcher.fails() == 1
    assert f"coffer-{daemon} exited with status 7 before it was ready" in launcher.err()
    assert launcher.left() == []


def test_daemon_that_its_filter_kills_is_explained(launcher):
    launcher.misbehave("stored", "kill", str(int(signal.SIGSYS)))
    assert launcher.fails() == 1
    assert "coffer-stored was killed by signal 31 (Bad system call)" in launcher.err()
    assert "system call filter" in launcher.err()


def test_daemon_that_never_gets_ready_is_given_up(launcher):
    launcher.misbehave("authd", "never-ready")
    began = time.monotonic()
    assert launcher.fails() == 1
    assert time.monotonic() - began >= 9.5
    assert "coffer-authd was not ready within 10 s" in launcher.err()
    assert launcher.left() == []


def test_ready_from_another_process_does_not_count(launcher):
    launcher.misbehave("authd", "stranger")
    assert launcher.fails() == 1
    assert "coffer-authd was not ready" in launcher.err()


def test_descriptor_in_a_notification_is_not_kept(launcher):
    launcher.misbehave("stored", "with-descriptor")
    launcher.start()
    kept = [os.readlink(f) for f in pathlib.Path(f"/proc/{launcher.process.pid}/fd").iterdir()]
    assert "/dev/zero" not in kept


def test_missing_program_is_named(launcher):
    (launcher.libexec / "coffer-stored").unlink()
    assert launcher.fails() == 1
    assert f"{launcher.libexec}/coffer-stored" in launcher.err()


def test_second_start_on_the_same_directory_is_refused(launcher):
    launcher.start()
    first = launcher.process.pid
    assert launcher.fails() == 1
    assert f"already runs on {launcher.data} (pid {first})" in launcher.err()
    assert (launcher.data / "run" / "authd-admin.sock").exists()
    assert launcher.ctl("status").returncode == 0


def test_taken_port_is_explained(launcher, new_launcher):
    launcher.start()
    port = launcher.seen("frontend")["sockets"][0][2][1]
    other = new_launcher()
    assert other.fails("--s3", f"127.0.0.1:{port}") == 1
    assert f"http://127.0.0.1:{port}: Address already in use" in other.err()
    assert "choose one with --s3" in other.err()


def test_port_of_rest_that_is_taken_is_named_with_its_option(launcher, new_launcher):
    launcher.start()
    port = launcher.seen("frontend")["sockets"][1][2][1]
    other = new_launcher(rest=f"127.0.0.1:{port}")
    assert other.fails() == 1
    assert f"http://127.0.0.1:{port}: Address already in use" in other.err()
    assert "choose one with --rest" in other.err()


def test_rest_can_be_switched_off(new_launcher):
    launcher = new_launcher(rest="none")
    launcher.start("--credentials", str(launcher.credentials))
    assert [name for name, *_ in launcher.seen("frontend")["sockets"]] == ["s3", "metrics"]
    assert launcher.told()["rest_endpoint"] is None and "REST" not in launcher.out()


def test_usage_errors_exit_with_2(launcher):
    assert launcher.fails("--colour") == 2
    assert launcher.fails("--rest", "none") == 2
    assert "rest is none, and an address too" in launcher.err()


# Life and death


@pytest.mark.parametrize("daemon", DAEMONS)
def test_daemon_that_dies_is_started_again(launcher, daemon):
    launcher.start()
    before = launcher.seen(daemon)
    os.kill(before["pid"], signal.SIGKILL)
    after = wait_until(lambda: launcher.pid(daemon) != before["pid"] and launcher.seen(daemon))
    assert after["sockets"] == before["sockets"]
    assert after["argv"] == before["argv"]
    assert f"daemon-died name={daemon}" in launcher.err()
    others = [d for d in DAEMONS if d != daemon]
    assert all(procfs.is_alive(launcher.pid(d)) for d in others)


def test_rest_between_restarts_grows(launcher):
    launcher.start()
    launcher.misbehave("stored", "exit", "1")
    os.kill(launcher.pid("stored"), signal.SIGKILL)
    wait_until(lambda: launcher.err().count("daemon-died") >= 4)
    rests = [line.split("restart_in_ms=")[1] for line in launcher.err().splitlines()
             if "daemon-died" in line]
    assert rests[:4] == ["100", "200", "400", "800"]
    launcher.behave("stored")
    wait_until(lambda: "daemon-ready name=stored" in launcher.err())


def test_workers_of_a_killed_frontend_die_and_are_reaped(launcher):
    launcher.start()
    parent = launcher.pid("frontend")
    [worker] = wait_until(lambda: procfs.children(parent))
    os.kill(parent, signal.SIGKILL)
    wait_until(lambda: launcher.pid("frontend") != parent)
    wait_until(lambda: not pathlib.Path(f"/proc/{worker}").exists())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stop_is_clean(launcher, how):
    launcher.start()
    assert launcher.stop(how) == 0
    assert launcher.left() == []
    assert list((launcher.data / "run").iterdir()) == []


def test_daemon_that_ignores_sigterm_is_killed(launcher):
    launcher.misbehave("stored", "ignore-term")
    launcher.start()
    assert launcher.stop() == 0
    assert "daemon-killed name=stored" in launcher.err()
    assert launcher.left() == []


def test_signal_that_comes_twice_at_once_is_one(launcher):
    launcher.start()
    launcher.process.send_signal(signal.SIGINT)
    assert launcher.stop(signal.SIGTERM) == 0
    assert "daemon-ended" not in launcher.err() and "killed" not in launcher.err()


def test_second_signal_does_not_wait(launcher):
    for daemon in DAEMONS:
        launcher.misbehave(daemon, "ignore-term")
    launcher.start()
    began = time.monotonic()
    launcher.process.send_signal(signal.SIGINT)
    wait_until(lambda: "stopping" in launcher.err())
    time.sleep(1.1)
    assert launcher.stop(signal.SIGINT) == 0
    assert time.monotonic() - began < 6
    assert launcher.left() == []


def test_signal_while_starting_stops_too(launcher):
    launcher.misbehave("frontend", "never-ready")
    launcher.process = launcher.popen(launcher.argv())
    wait_until(lambda: (launcher.libexec / "frontend.seen").exists())
    assert launcher.stop() == 0
    assert launcher.left() == []


def test_daemons_die_with_a_killed_launcher_and_the_next_one_starts(launcher):
    launcher.start()
    launcher.stop(signal.SIGKILL)
    wait_until(lambda: launcher.left() == [])
    launcher.start()
    assert launcher.ctl("status").returncode == 0


# The first key


def test_first_start_makes_a_key_and_writes_it_down(launcher):
    launcher.start("--credentials", str(launcher.credentials))
    told = launcher.told()
    port = launcher.seen("frontend")["sockets"][0][2][1]
    assert told["s3_endpoint"] == f"http://127.0.0.1:{port}"
    assert set(told) == {"s3_endpoint", "access_key", "secret_key", "region", "rest_endpoint",
                         "token"}
    rest_port = launcher.seen("frontend")["sockets"][1][2][1]
    assert told["rest_endpoint"] == f"http://127.0.0.1:{rest_port}"
    assert stat.S_IMODE(launcher.credentials.stat().st_mode) == 0o600
    [key] = json.loads(launcher.ctl("key", "list").stdout)["keys"]
    assert (key["access_key"], key["tenant"]) == (told["access_key"], "default")
    assert told["secret_key"] not in launcher.out() + launcher.err()


def tokens(launcher):
    return json.loads(launcher.ctl("token", "list").stdout)["tokens"]


def test_first_start_makes_a_token_and_writes_it_down(launcher):
    launcher.start("--credentials", str(launcher.credentials))
    told = launcher.told()
    [token] = tokens(launcher)
    assert (token["name"], token["tenant"], token["text"]) == ("default", "default", told["token"])
    assert token["ttl_days"] == 3650
    assert told["token"] not in launcher.out() + launcher.err()
    launcher.stop()
    launcher.start("--credentials", str(launcher.credentials))
    assert launcher.told()["token"] == told["token"] and len(tokens(launcher)) == 1


@pytest.mark.parametrize("how", ["deleted", "expired"])
def test_a_token_that_works_no_more_gets_another_into_the_file(launcher, how):
    launcher.start("--credentials", str(launcher.credentials))
    first = launcher.told()
    launcher.stop()
    file = launcher.data / "auth" / "auth.db"
    db = json.loads(file.read_text())
    if how == "deleted":
        db["tokens"][0]["text"] = "somebody has refreshed it"
    else:
        db["tokens"][0]["expired"] = True
    file.write_text(json.dumps(db))
    launcher.start("--credentials", str(launcher.credentials))
    told = launcher.told()
    assert [token["name"] for token in tokens(launcher)] == ["default", "default-2"]
    assert tokens(launcher)[1]["text"] == told["token"] != first["token"]
    assert told["access_key"] == first["access_key"]


def test_without_rest_no_token_is_made_and_one_that_is_there_is_kept(launcher, new_launcher):
    quiet = new_launcher(rest="none")
    quiet.start("--credentials", str(quiet.credentials))
    assert quiet.told()["token"] is None and tokens(quiet) == []
    quiet.stop()
    launcher.start("--credentials", str(launcher.credentials))
    token = launcher.told()["token"]
    launcher.stop()
    launcher.rest = "none"
    launcher.start("--credentials", str(launcher.credentials))
    assert (launcher.told()["token"], launcher.told()["rest_endpoint"]) == (token, None)


def test_a_token_that_is_refused_does_not_stop_the_start(launcher):
    launcher.misbehave("authd", "no-tokens")
    launcher.start("--credentials", str(launcher.credentials))
    assert launcher.told()["token"] is None and launcher.told()["access_key"]
    assert 'no-first-token reason="The bucket default-objects belongs' in launcher.err()


def test_later_start_keeps_the_pair_and_updates_the_endpoint(launcher):
    launcher.start("--credentials", str(launcher.credentials), "--region", "eu")
    first = launcher.told()
    launcher.stop()
    launcher.start("--credentials", str(launcher.credentials))
    s3, rest = (address[1] for _, _, address in launcher.seen("frontend")["sockets"][:2])
    assert launcher.told() == {**first, "s3_endpoint": f"http://127.0.0.1:{s3}",
                               "rest_endpoint": f"http://127.0.0.1:{rest}",
                               "region": "us-east-1"}
    assert len(json.loads(launcher.ctl("key", "list").stdout)["keys"]) == 1


def test_lost_file_gets_another_key(launcher):
    launcher.start("--credentials", str(launcher.credentials))
    first = launcher.told()
    launcher.stop()
    launcher.credentials.unlink()
    launcher.start("--credentials", str(launcher.credentials))
    keys = [key["access_key"] for key in json.loads(launcher.ctl("key", "list").stdout)["keys"]]
    assert keys == [first["access_key"], launcher.told()["access_key"]]


def test_foreign_file_stops_the_start_and_is_left_alone(launcher):
    launcher.credentials.write_text("dear diary")
    assert launcher.fails("--credentials", str(launcher.credentials)) == 1
    assert "is no credentials file" in launcher.err()
    assert launcher.credentials.read_text() == "dear diary"
    assert not launcher.data.exists()


@pytest.mark.parametrize("names", [("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"),
                                   ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"),
                                   ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")])
def test_environment_chooses_the_first_key(launcher, names):
    env = dict(zip(names, ("chosen", "chosen-secret")))
    for _ in range(2):
        launcher.start("--credentials", str(launcher.credentials), env=env)
        assert (launcher.told()["access_key"], launcher.told()["secret_key"]) == (
            "chosen", "chosen-secret")
        assert len(json.loads(launcher.ctl("key", "list").stdout)["keys"]) == 1
        for pid in launcher.left():
            environ = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
            assert b"chosen-secret" not in environ
        launcher.stop()


def test_half_a_pair_in_the_environment_is_refused(launcher):
    assert launcher.fails(env={"MINIO_ROOT_USER": "chosen"}) == 1
    assert "MINIO_ROOT_PASSWORD" in launcher.err()


def test_secret_is_shown_once_where_there_is_no_file(launcher):
    launcher.start()
    assert "export AWS_SECRET_ACCESS_KEY=" in launcher.out()
    assert "aws --endpoint-url http://127.0.0.1:" in launcher.out()
    assert f"export COFFER_TOKEN={tokens(launcher)[0]['text']}\n" in launcher.out()
    launcher.stop()
    launcher.start()
    assert "AWS_SECRET_ACCESS_KEY" not in launcher.out() and "cft_" not in launcher.out()
    assert "cofferctl --socket" in launcher.out() and "token add NAME" in launcher.out()
    assert len(tokens(launcher)) == 1
    assert len(json.loads(launcher.ctl("key", "list").stdout)["keys"]) == 1


def test_shown_lines_mean_the_same_to_a_shell(launcher):
    secret = "it's $HOME `x` \"q\" \\"
    launcher.start(env={"MINIO_ROOT_USER": "chosen", "MINIO_ROOT_PASSWORD": secret})
    exports = [line for line in launcher.out().splitlines() if "export AWS_SECRET" in line]
    shell = os.popen("\n".join([*exports, 'printf %s "$AWS_SECRET_ACCESS_KEY"']))
    assert shell.read() == secret
    shell.close()


def test_plain_http_beyond_this_host_is_noted(launcher):
    launcher.start("--s3", "0.0.0.0:0")
    assert "plain HTTP" in launcher.out()
    launcher.stop()
    launcher.start()
    assert "plain HTTP" not in launcher.out()
