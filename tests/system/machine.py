# SPDX-License-Identifier: Apache-2.0
"""A Debian 12 with a systemd of its own, in a container, as a test sees it.

It lives on a copy of a bare installation, shares the network namespace of whoever starts it (which
is none of the host's: tools/check-system sees to that), and leaves nothing behind: no process, no
mount, no control group, no file.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from lib import coffer, procfs

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
BOOT_LIMIT_S = 60
STOP_LIMIT_S = 40
RUN_LIMIT_S = 120
APPEAR_LIMIT_S = 30
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb", "LANG": "C.UTF-8",
               "DEBIAN_FRONTEND": "noninteractive"}
# What systemd-nspawn's own filter keeps from a container, and Coffer needs.
ADDED_CALLS = "@memlock landlock_add_rule landlock_create_ruleset landlock_restrict_self"
# Where control groups that systemd cares about may be mounted: v2, v2 beside v1, v1 by name.
HIERARCHIES = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd")


class Failed(AssertionError):
    """A command inside ended with an error; carries what it said."""

    def __init__(self, argv, done):
        super().__init__(f"{' '.join(argv)}\nended with {done.returncode}:\n"
                         f"{done.stdout}{done.stderr}")
        self.done = done


class Groups:
    """Control groups of the machine's own, so that several machines do not meet in one."""

    def __init__(self, name):
        self.paths = [pathlib.Path(h) / name for h in HIERARCHIES
                      if (pathlib.Path(h) / "cgroup.procs").exists()]
        for path in self.paths:
            path.mkdir()

    def enter(self):
        """In the new process: it is in them, and ends in order when whoever started it is killed."""
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        for path in self.paths:
            (path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        for top in self.paths:
            for path, _, _ in os.walk(top, topdown=False):
                pathlib.Path(path).rmdir()


class Machine:
    def __init__(self, base, place, name):
        self.name = name
        self.root = place / name
        self.log_file = place / f"{name}.log"
        self.process = self.leader = self.groups = None
        shutil.rmtree(self.root, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", base, self.root], check=True)
        (self.root / "etc" / "hostname").write_text(f"{name}\n")

    def __enter__(self):
        try:
            self.boot()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc_info):
        self.close()

    # Life

    def boot(self):
        self.groups = Groups(self.name)
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot",
                 f"--machine={self.name}", f"--directory={self.root}", "--console=pipe",
                 f"--system-call-filter={ADDED_CALLS}"],
                env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=self.groups.enter)
        self._wait(self._is_up, BOOT_LIMIT_S, "did not boot")

    def _is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"systemd-nspawn ended with {self.process.returncode}:\n"
                                 f"{self.log_file.read_text(errors='replace')}")
        children = procfs.children(self.process.pid)
        if not children:
            return False
        self.leader = children[0]
        done = self.try_run("systemctl", "is-system-running")
        return done.stdout.strip() in ("running", "degraded")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def _wait(self, condition, limit_s, what):
        deadline = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name}: {what} within {limit_s} s\n{self.said()}")
            time.sleep(0.1)

    def wait(self, condition, what, limit_s=APPEAR_LIMIT_S):
        self._wait(condition, limit_s, what)

    def close(self):
        if self.process:
            self._end()
        if self.groups:
            self._wait(self._groups_removed, STOP_LIMIT_S, "control groups were not free")
        with contextlib.suppress(OSError):
            os.rmdir(f"/run/systemd/nspawn/propagate/{self.name}")
        shutil.rmtree(self.root)
        self.log_file.unlink()

    def _end(self):
        """Powers it off, as systemd-nspawn does when it is asked to end; else kills it whole."""
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            if self.leader and procfs.is_alive(self.leader):
                os.kill(self.leader, signal.SIGKILL)
            self.process.kill()
            self.process.wait()

    def _groups_removed(self):
        try:
            self.groups.remove()
        except OSError:
            return False
        return True

    # Inside

    def try_run(self, *argv, user=None, stdin=None):
        """A command inside, as root or somebody else; its outcome, whatever it is."""
        as_user = ["runuser", "-u", user, "--"] if user else []
        return subprocess.run(
            ["nsenter", "--target", str(self.leader), "--mount", "--uts", "--ipc", "--pid",
             "--cgroup", "--root", "--wd", "--", *as_user, *map(str, argv)],
            env=ENVIRONMENT, input=stdin, capture_output=True, text=True, errors="replace",
            timeout=RUN_LIMIT_S, check=False)

    def run(self, *argv, **how):
        """What a command inside printed; an error of it raises Failed."""
        done = self.try_run(*argv, **how)
        if done.returncode != 0:
            raise Failed([str(a) for a in argv], done)
        return done.stdout

    def path(self, inside):
        return self.root / str(inside).lstrip("/")

    def python(self, script, *argv, user=None):
        return self.run("/usr/bin/python3", "-c", script, *argv, user=user)

    def said(self):
        """The journal, or what there was before one could be read."""
        if self.leader and procfs.is_alive(self.leader):
            return self.try_run("journalctl", "--boot", "--no-pager").stdout
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    # Services

    def show(self, unit, name):
        return self.run("systemctl", "show", "--property", name, "--value", unit).strip()

    def pid(self, unit):
        """A service's main process, as this side of the container sees it; None while it is down."""
        inside = self.show(unit, "MainPID")
        if inside == "0":
            return None
        space = os.readlink(f"/proc/{self.leader}/ns/pid")
        for entry in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError, KeyError):
                if entry.name.isdigit() and os.readlink(entry / "ns" / "pid") == space \
                        and procfs.status(entry.name)["NSpid"].split()[-1] == inside:
                    return int(entry.name)
        return None

    @contextlib.contextmanager
    def drop_in(self, unit, name, text):
        """Settings of that unit until the block ends; nothing is restarted."""
        folder = f"/run/systemd/system/{unit}.d"
        self.run("mkdir", "-p", folder)
        self.run("tee", f"{folder}/{name}.conf", stdin=text)
        self.run("systemctl", "daemon-reload")
        try:
            yield
        finally:
            self.run("rm", f"{folder}/{name}.conf")
            self.try_run("rmdir", folder)
            self.run("systemctl", "daemon-reload")

    def unit(self, daemon, instance=None):
        return f"coffer-{daemon}@{instance}.service" if instance else f"coffer-{daemon}.service"

    def kill(self, daemon, instance=None):
        """kill -9, and then the pid that came instead."""
        unit = self.unit(daemon, instance)
        gone = self.pid(unit)
        os.kill(gone, signal.SIGKILL)
        self.wait(lambda: self.pid(unit) not in (None, gone)
                  and self.show(unit, "ActiveState") == "active", f"{daemon} did not come back")
        return self.pid(unit)

    # Coffer

    def install(self, *packages):
        """As an operator would, from files; all that they depend on is in the base already."""
        for package in packages:
            shutil.copy(package, self.path("/root"))
        names = [f"/root/{package.name}" for package in packages]
        return self.run("apt-get", "install", "--yes", "--quiet", *names)

    def ctl(self, *argv, instance=None, stdin=None):
        socket = f"/run/coffer{f'@{instance}' if instance else ''}/authd-admin.sock"
        return self.run("cofferctl", "--socket", socket, *argv, stdin=stdin)

    def new_server(self, tenant, port=9000, instance=None):
        """A tenant with a key of its own: a Server that points inside."""
        self.ctl("tenant", "create", tenant, instance=instance)
        key = json.loads(self.ctl("--json", "key", "create", "--tenant", tenant,
                                  instance=instance))["key"]
        return coffer.Server(f"http://127.0.0.1:{port}", key["access_key"], key["secret_key"])

    def wait_until_served(self, server):
        self.wait(server.serves, f"{server.endpoint} did not serve")
