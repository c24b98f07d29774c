# SPDX-License-Identifier: Apache-2.0
"""`coffer up` around daemons that only pretend, for tests of the launcher itself."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from lib import coffer, procfs

FAKE = pathlib.Path(__file__).parent / "fakes" / "fake_daemon.py"
DAEMONS = ("authd", "stored", "frontend")
LIMIT_S = 20
NOBODY = 65534


def wait_until(what, limit_s=LIMIT_S):
    """The first true value of what(), which must come in time."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if value := what():
            return value
        time.sleep(0.01)
    raise AssertionError(f"did not come true within {limit_s} s")


class Launcher:
    """A directory with pretending daemons, and coffer started there as often as wanted."""

    def __init__(self, as_nobody=False, rest="127.0.0.1:0"):
        self.rest = rest
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="cf-", dir="/tmp"))
        self.dir.chmod(0o711)
        self.user = NOBODY if as_nobody else None
        self.libexec = self.dir / "libexec"
        self.home = self.dir / "home"
        for directory in (self.libexec, self.home):
            directory.mkdir()
            directory.chmod(0o777)
        for name in DAEMONS:
            shutil.copy(FAKE, self.libexec / f"coffer-{name}")
        # Copied, so that a user who cannot look into the build directory can start them.
        self.coffer, self.cofferctl = (
            pathlib.Path(shutil.copy(coffer.build_dir() / "client" / program, self.dir))
            for program in ("coffer", "cofferctl"))
        self.data = self.home / "d"
        self.credentials = self.home / "credentials.json"
        # Not what this host has in /etc.
        self.config = "/dev/null"
        self.process = None

    def close(self):
        if self.process:
            self.stop(signal.SIGKILL)
        shutil.rmtree(self.dir, ignore_errors=True)

    def misbehave(self, daemon, *mode):
        (self.libexec / f"{daemon}.mode").write_text(" ".join(mode))

    def behave(self, daemon):
        (self.libexec / f"{daemon}.mode").unlink()

    def argv(self, *args, data=None):
        return [str(self.coffer), "up", "--config", str(self.config),
                "--data", str(data or self.data), "--s3", "127.0.0.1:0",
                "--rest", self.rest, *args]

    def popen(self, argv, env=None, **how):
        """In a process group of its own; its output in out.txt and err.txt."""
        base = {"COFFER_LIBEXEC": str(self.libexec), "HOME": str(self.home)}
        sanitizers = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        with open(self.dir / "out.txt", "wb") as out, open(self.dir / "err.txt", "wb") as err:
            return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                    cwd="/", env={**base, **sanitizers, **(env or {})},
                                    user=self.user, group=self.user,
                                    extra_groups=None if self.user is None else [],
                                    process_group=0, **how)

    def start(self, *args, env=None, **how):
        """Starts and waits until it serves."""
        self.process = self.popen(self.argv(*args), env=env, **how)
        wait_until(lambda: " serves S3 at " in self.out() or self.process.poll() is not None)
        assert self.process.poll() is None, self.err()
        return self

    def fails(self, *args, env=None, data=None):
        """Starts, expects it to give up by itself; returns its exit status."""
        process = self.popen(self.argv(*args, data=data), env=env)
        try:
            return process.wait(LIMIT_S)
        finally:
            process.kill()

    def stop(self, how=signal.SIGTERM):
        process, self.process = self.process, None
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        return process.wait(LIMIT_S)

    def out(self):
        return (self.dir / "out.txt").read_text()

    def err(self):
        return (self.dir / "err.txt").read_text()

    def told(self):
        return json.loads(self.credentials.read_text())

    def seen(self, daemon):
        return json.loads((self.libexec / f"{daemon}.seen").read_text())

    def pid(self, daemon):
        return self.seen(daemon)["pid"]

    def left(self):
        """Processes that were started here and still run."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
                if procfs.is_alive(pid) and str(self.dir) in command_line(pid)]

    def ctl(self, *args, stdin=None, json_output=True):
        argv = [str(self.cofferctl), "--socket", str(self.data / "run" / "authd-admin.sock"),
                *(["--json"] if json_output else []), *args]
        return subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=LIMIT_S,
                              check=False, user=self.user, group=self.user)


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
