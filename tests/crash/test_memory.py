# SPDX-License-Identifier: Apache-2.0
"""`--data memory:`: nothing is kept, and nothing of others is taken away."""

import contextlib
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import urllib.request

import pytest

from lib import coffer, procfs, rawhttp

SHARED = pathlib.Path("/dev/shm")
NAME = "coffer-memory-"
NOBODY = 65534
# Longer than the next start waits for what a killed launcher left.
GONE_S = 5


class InMemory(coffer.Coffer):
    """A server that chooses its directory itself, below one of the test's own where it is given."""

    def __init__(self, where="", **how):
        super().__init__(args=["--data", f"memory:{where}", *how.pop("args", ())], **how)

    def start(self):
        super().start()
        argv = pathlib.Path(f"/proc/{self.pid('stored')}/cmdline").read_bytes().split(b"\0")
        self.data = pathlib.Path(argv[argv.index(b"--data") + 1].decode()).parent
        return self


@pytest.fixture
def where():
    """A directory in memory that no other test looks into."""
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    if not is_tmpfs(SHARED):
        pytest.skip(f"{SHARED} is not on a tmpfs")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="cf-", dir=SHARED))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)


def is_tmpfs(directory):
    told = subprocess.run(["stat", "-f", "-c", "%T", str(directory)], capture_output=True,
                          text=True, check=True)
    return told.stdout.strip() == "tmpfs"


def fill(server):
    assert rawhttp.request(server, "PUT", "/kept").status == 200
    for key, body in [("small", b"x"), ("large", os.urandom(1 << 20))]:
        assert rawhttp.request(server, "PUT", f"/kept/{key}", body=body).status == 200
        assert rawhttp.request(server, "GET", f"/kept/{key}").body == body


def left_in(where):
    return sorted(path.name for path in where.iterdir())


def fails(where, said, *args):
    """Starts a server there that must give up with those words."""
    server = InMemory(where, args=args)
    with pytest.raises(coffer.CofferError, match="ended with 1"):
        server.start()
    told = server.log()
    server.close()
    assert said in told


# What it is


def test_it_is_an_ordinary_directory_that_ends_with_the_server(where):
    with InMemory(where) as server:
        fill(server)
        assert server.data.parent == where and is_tmpfs(server.data)
        assert stat.S_IMODE(server.data.stat().st_mode) == (0o700 if os.geteuid() else 0o711)
        assert {"auth", "data", "run", "credentials", "coffer.lock"} == set(left_in(server.data))
        assert "NOTHING IS KEPT" in server.log()
        assert server.stop() == 0
        assert left_in(where) == []


def test_both_dialects_serve_what_is_in_memory(where):
    with InMemory(where) as server:
        token = server.ctl("token", "add", "one", "--ttl", "1")["token"]["token"]
        request = urllib.request.Request(f"{server.rest_endpoint}/objects/a%20b", b"x" * 100_000,
                                         {"Authorization": f"Bearer {token}"}, method="PUT")
        with urllib.request.urlopen(request, timeout=rawhttp.TIMEOUT_S) as answer:
            assert answer.status == 200
        got = rawhttp.request(server, "GET", "/default-objects/a%20b")
        assert got.body == b"x" * 100_000


def test_it_is_found_without_being_told_where(where):
    with InMemory() as server:
        fill(server)
        assert is_tmpfs(server.data) and server.data.name.startswith(NAME)
        assert server.stop() == 0
        assert not server.data.exists()


def test_nothing_touches_the_disk(where):
    with InMemory(where) as server:
        fill(server)
        for daemon in ("authd", "stored"):
            for fd in pathlib.Path(f"/proc/{server.pid(daemon)}/fd").iterdir():
                with contextlib.suppress(FileNotFoundError):
                    if stat.S_ISREG(fd.stat().st_mode) and fd.resolve() != server.log_file:
                        assert server.data in fd.resolve().parents
        assert left_in(server.dir) == ["credentials.json", "log"]


def test_it_is_confined_as_ever(where):
    with InMemory(where) as server:
        if coffer.is_sanitized(server.build):
            pytest.skip("a build with sanitizers is never confined")
        for daemon in coffer.DAEMONS:
            assert procfs.status(server.pid(daemon))["Seccomp"] == "2"
        assert "confinement=degraded" not in server.log()


def test_the_next_start_is_a_first_one(where):
    with InMemory(where) as server:
        fill(server)
        first = server.access_key
        server.restart()
        assert server.access_key != first
        assert rawhttp.request(server, "GET", "/kept/small").code == "NoSuchBucket"


def test_daemons_that_die_lose_nothing(where):
    with InMemory(where) as server:
        fill(server)
        for daemon in coffer.DAEMONS:
            server.kill_and_wait(daemon)
        assert rawhttp.request(server, "GET", "/kept/small").body == b"x"


def test_a_start_that_fails_leaves_nothing(where, tmp_path):
    credentials = tmp_path / "letter"
    with InMemory(where) as server:
        fails(where, "Address already in use", "--s3", server.netloc)
        assert left_in(where) == [server.data.name]
    credentials.write_text("dear diary")
    fails(where, "is no credentials file", "--credentials", str(credentials))
    assert left_in(where) == []


# What a killed launcher left


def kill_all(server):
    """As if the host took launcher and daemons away; the directory stays."""
    server.stop(signal.SIGKILL)
    deadline = time.monotonic() + GONE_S
    while server.data.exists() and time.monotonic() < deadline:
        if not any(str(server.data) in command_line(pid) for pid in processes()):
            return
        time.sleep(0.01)
    raise AssertionError("daemons have survived their launcher")


def processes():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_what_a_killed_launcher_left_goes_with_the_next_start(where):
    with InMemory(where) as server:
        fill(server)
        before = server.data
        kill_all(server)
        assert left_in(where) == [before.name]
        server.start()
        assert left_in(where) == [server.data.name] and server.data != before
        assert f"memory-freed name={before.name}" in server.log()


def test_the_next_start_waits_for_daemons_that_are_being_killed(where):
    with InMemory(where) as server:
        for _ in range(5):
            fill(server)
            before = server.data
            server.process.kill()
            server.process.wait()
            server.start()
            assert left_in(where) == [server.data.name] and server.data != before


def test_servers_that_run_leave_each_other_alone(where):
    with InMemory(where) as one:
        fill(one)
        with InMemory(where) as other:
            fill(other)
            assert left_in(where) == sorted([one.data.name, other.data.name])
        assert rawhttp.request(one, "GET", "/kept/small").body == b"x"
        assert left_in(where) == [one.data.name]


def look_alike(where, suffix, with_lock=True):
    made = where / (NAME + suffix)
    (made / "data").mkdir(parents=True)
    (made / "data" / "precious").write_text("of somebody")
    if with_lock:
        (made / "coffer.lock").write_text("1\n")
    return made


def test_what_only_looks_like_it_is_left_alone(where, tmp_path):
    target = look_alike(tmp_path, "aaaaaaaa")
    look_alike(where, "bbbbbbbb", with_lock=False)
    look_alike(where, "short")
    look_alike(where, "Capitals")
    look_alike(where, "cccccccc-mine")
    look_alike(where, "llllllll", with_lock=False).joinpath("coffer.lock").symlink_to("data")
    os.mkfifo(look_alike(where, "ffffffff", with_lock=False) / "coffer.lock")
    (where / f"{NAME}dddddddd").write_text("a file")
    (where / f"{NAME}eeeeeeee").symlink_to(target)
    before = left_in(where)
    with InMemory(where) as server:
        fill(server)
        assert server.stop() == 0
    assert left_in(where) == before
    assert (target / "data" / "precious").exists() and (target / "coffer.lock").exists()
    assert all((where / name / "data" / "precious").exists() for name in before
               if (where / name).is_dir())


def test_a_look_alike_of_somebody_else_is_left_alone(where):
    if os.geteuid() != 0:
        pytest.skip("making a directory somebody else's needs root")
    where.chmod(0o1777)
    theirs, lock_theirs = look_alike(where, "aaaaaaaa"), look_alike(where, "bbbbbbbb")
    os.chown(theirs, NOBODY, NOBODY)
    os.chown(lock_theirs / "coffer.lock", NOBODY, NOBODY)
    with InMemory(where) as server:
        fill(server)
    assert left_in(where) == [theirs.name, lock_theirs.name]
    assert (theirs / "data" / "precious").exists()
    assert (lock_theirs / "data" / "precious").exists()


def test_a_link_that_a_daemon_made_is_not_followed(where, tmp_path):
    """Whoever owned stored could have put it there."""
    precious = tmp_path / "precious"
    precious.write_text("of somebody")
    with InMemory(where) as server:
        (server.data / "data" / "tenants" / "link").symlink_to(tmp_path)
        assert server.stop() == 0
    assert precious.exists() and left_in(where) == []


# Where it may be


def test_a_disk_is_refused(where, tmp_path):
    if is_tmpfs(tmp_path):
        pytest.skip("temporary files are on a tmpfs here")
    fails(tmp_path, f"nothing can be kept in memory in {tmp_path}: it is not on a tmpfs")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_everybodys_is_refused(where):
    where.chmod(0o777)
    fails(where, "others can exchange what is in it")
    where.chmod(0o1777)
    with InMemory(where) as server:
        fill(server)


def test_what_is_not_there_is_named(where):
    fails(where / "nothing", f"{where}/nothing: No such file or directory")
