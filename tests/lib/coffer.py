# SPDX-License-Identifier: Apache-2.0
"""A running Coffer, as a test sees it.

`start()` gives a server: a fresh one from the build directory in $COFFER_BUILD, or, when
$COFFER_ENDPOINT is set, the one already running there with $COFFER_ACCESS_KEY and
$COFFER_SECRET_KEY, and for REST $COFFER_REST_ENDPOINT and $COFFER_TOKEN. A fresh one lives in its own short directory, runs in its own process group, is
ended by pid, and keeps everything it said in `log()`.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse

from . import procfs, rawhttp, sigv4

START_LIMIT_S = 30
STOP_LIMIT_S = 20
CONTROL_LIMIT_S = 20
DAEMONS = ("frontend", "authd", "stored")
# Tests show wrong credentials by the hundred, all from one address, and look at what each is told.
# Those of the limit on that (tests/hostile/test_rates.py) start their servers with limits=True.
NO_LIMITS = ("--login-failures", "0")
# How the reports of address, leak, thread and undefined-behaviour sanitizers begin.
SANITIZER_REPORT = re.compile(r"(?:ERROR|WARNING): \w+Sanitizer|: runtime error: ")


class CofferError(Exception):
    """The server under test did not do what it is started for; carries its log."""


class ControlError(Exception):
    """cofferctl refused; what it said stands in `stderr`, how it ended in `status`."""

    def __init__(self, argv, status, stderr):
        super().__init__(f"{' '.join(argv)}: exit {status}: {stderr.strip()}")
        self.status = status
        self.stderr = stderr


def build_dir():
    """The build directory the tests run against, or None."""
    named = os.environ.get("COFFER_BUILD")
    return pathlib.Path(named).resolve() if named else None


def is_sanitized(build):
    """Whether a build has sanitizers in it: such a one starts degraded only."""
    told = json.loads((build / "meson-info" / "intro-buildoptions.json").read_text())
    return any(option["name"] == "b_sanitize" and option["value"] != "none" for option in told)


def is_external():
    return "COFFER_ENDPOINT" in os.environ


class Server(rawhttp.Listener):
    """What every test may know of a server: where it listens and one key that works there."""

    def __init__(self, endpoint=None, access_key=None, secret_key=None, region="us-east-1",
                 rest_endpoint=None, token=None):
        self.endpoint = endpoint
        self.access_key = access_key
        self.secret_key = secret_key
        self.region = region
        self.rest_endpoint = rest_endpoint
        self.token = token

    @property
    def rest_port(self):
        return urllib.parse.urlsplit(self.rest_endpoint).port

    @property
    def credentials(self):
        return sigv4.Credentials(self.access_key, self.secret_key, self.region)

    def serves(self):
        """Whether a signed ListBuckets is answered: every process must be up for that."""
        try:
            return rawhttp.request(self, "GET", "/").status == 200
        except (OSError, rawhttp.ProtocolError):
            return False

    def log_size(self):
        return 0

    def log(self, since=0):
        """What the server has said, from a log_size() on."""
        return ""

    def stop(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.stop()


class Coffer(Server):
    """A Coffer of the test's own: `with Coffer() as server: …`, or start() and stop().

    `under` is what starts the launcher in its place: unshare with its options, for one.
    """

    poll_s = 0.02

    def __init__(self, build=None, args=(), env=None, parent="/tmp", limits=False,
                 under=()):
        super().__init__()
        self.build = pathlib.Path(build) if build else build_dir()
        if self.build is None:
            raise CofferError("COFFER_BUILD names no build directory")
        self.under = under
        self.args = [*(() if limits else NO_LIMITS), *args]
        if is_sanitized(self.build):
            self.args += ["--confine", "degraded"]
        self.env = dict(env or {})
        # UNIX socket paths end at 107 bytes. Other uids must be able to walk through.
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="cf-", dir=parent))
        self.dir.chmod(0o711)
        self.data = self.dir / "d"
        self.credentials_file = self.dir / "credentials.json"
        self.log_file = self.dir / "log"
        # Not what this host has in /etc.
        self.config = "/dev/null"
        self.process = None
        self.exit_status = None

    def __enter__(self):
        try:
            return self if self.process else self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *exc_info):
        self.close()

    # Life

    def start(self):
        """Starts the server and waits until it serves. A second start keeps the ports."""
        listen = f"127.0.0.1:{self.port if self.endpoint else 0}"
        listen_rest = f"127.0.0.1:{self.rest_port if self.rest_endpoint else 0}"
        argv = [*self.under, str(self.build / "client" / "coffer"), "up", "--config", str(self.config),
                "--data", str(self.data),
                "--s3", listen, "--rest", listen_rest,
                "--credentials", str(self.credentials_file), *self.args]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **self.env}, process_group=0)
        self.exit_status = None
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise CofferError(f"coffer up ended with {self.process.returncode}:\n{self.log()}")
            if self._read_credentials() and self.serves():
                return
            time.sleep(self.poll_s)
        raise CofferError(f"coffer up did not serve within {START_LIMIT_S} s:\n{self.log()}")

    def _read_credentials(self):
        try:
            told = json.loads(self.credentials_file.read_text())
        except (FileNotFoundError, ValueError):
            return False
        self.endpoint = told["s3_endpoint"]
        self.access_key = told["access_key"]
        self.secret_key = told["secret_key"]
        self.region = told.get("region") or "us-east-1"
        self.rest_endpoint = told["rest_endpoint"]
        self.token = told["token"]
        return True

    def stop(self, how=signal.SIGTERM):
        """Ends the launcher and waits for it; what does not end in time is killed by group."""
        if self.process is None:
            return None
        pid = self.process.pid
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        try:
            self.exit_status = self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.exit_status = None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
        return self.exit_status

    def restart(self, how=signal.SIGTERM):
        """Stops (SIGKILL: as a crash would) and starts again on the same data and port."""
        self.stop(how)
        return self.start()

    def close(self):
        """Stops for good and removes the directory; says what sanitizers have found till then."""
        self.stop()
        said = self.log()
        shutil.rmtree(self.dir, ignore_errors=True)
        if found := SANITIZER_REPORT.search(said):
            raise CofferError(f"a sanitizer has found something:\n{said[found.start():]}")

    # Processes

    def pid(self, daemon):
        """The pid of "frontend" (the parent), "authd" or "stored", or None while it is down."""
        for child in procfs.children(self.process.pid):
            if procfs.name(child) == f"coffer-{daemon}":
                return child
        return None

    def pids(self):
        return {daemon: self.pid(daemon) for daemon in DAEMONS}

    def workers(self):
        """The pids of the frontend's workers."""
        parent = self.pid("frontend")
        return procfs.children(parent) if parent else []

    def kill(self, daemon, how=signal.SIGKILL):
        """Sends a daemon a signal and returns the pid it had."""
        pid = self.pid(daemon)
        if pid is None:
            raise CofferError(f"{daemon} is not running:\n{self.log()}")
        os.kill(pid, how)
        return pid

    def kill_and_wait(self, daemon, how=signal.SIGKILL):
        """Kills a daemon, waits until the launcher has replaced it, returns the new pid."""
        gone = self.kill(daemon, how)
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            pid = self.pid(daemon)
            if pid not in (None, gone) and self.serves():
                return pid
            time.sleep(0.02)
        raise CofferError(f"{daemon} did not come back:\n{self.log()}")

    # Administration

    @property
    def admin_socket(self):
        return self.data / "run" / "authd-admin.sock"

    def control(self, *args, stdin=None):
        """`cofferctl …` on this server as an operator types it: its output and exit status."""
        argv = [str(self.build / "client" / "cofferctl"), "--socket", str(self.admin_socket), *args]
        return subprocess.run(argv, input=stdin, capture_output=True, text=True,
                              timeout=CONTROL_LIMIT_S, check=False)

    def ctl(self, *args, stdin=None):
        """`cofferctl --json …` on this server; its answer, decoded."""
        done = self.control("--json", *args, stdin=stdin)
        if done.returncode != 0:
            raise ControlError(done.args, done.returncode, done.stderr)
        return json.loads(done.stdout)

    def add_tenant(self, name):
        """Another tenant with a key of its own: a Server that points at the same endpoint."""
        self.ctl("tenant", "create", name)
        answer = self.ctl("key", "create", "--tenant", name)
        key = answer.get("key", answer)
        return Server(self.endpoint, key["access_key"], key["secret_key"], self.region,
                      self.rest_endpoint)

    def files_of(self, tenant):
        """Every path below the server's data whose name, or whose directory's, has the tenant's id in it."""
        return [path for path in self.data.rglob("*") if tenant in str(path)]

    def log_size(self):
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    def log(self, since=0):
        if not self.log_file.exists():
            return ""
        return self.log_file.read_bytes()[since:].decode(errors="replace")


def start(**how):
    """The server that $COFFER_ENDPOINT points at, or a fresh one from $COFFER_BUILD."""
    if is_external():
        return Server(os.environ["COFFER_ENDPOINT"], os.environ["COFFER_ACCESS_KEY"],
                      os.environ["COFFER_SECRET_KEY"],
                      os.environ.get("COFFER_REGION", "us-east-1"),
                      os.environ.get("COFFER_REST_ENDPOINT"), os.environ.get("COFFER_TOKEN"))
    server = Coffer(**how)
    try:
        return server.start()
    except BaseException:
        server.close()
        raise
