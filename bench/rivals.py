# SPDX-License-Identifier: Apache-2.0
"""What the machine itself allows: nginx for what goes out, a loop of files and flushes for what
comes in, one core's hashes for what has to be hashed."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

from lib import procfs

START_LIMIT_S = 10
STOP_LIMIT_S = 10
MIB = 1 << 20

# As fast as it goes: no log, sendfile, a worker on each processor, connections that stay.
NGINX_CONFIGURATION = """
daemon off;
{user}
worker_processes auto;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{ worker_connections 4096; }}
http {{
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 1000000000;
	open_file_cache max=10000;
	default_type application/octet-stream;
	client_body_temp_path {dir}/body;
	proxy_temp_path {dir}/proxy;
	fastcgi_temp_path {dir}/fastcgi;
	uwsgi_temp_path {dir}/uwsgi;
	scgi_temp_path {dir}/scgi;
	server {{
		listen 127.0.0.1:{port} backlog=1024;
		root {files};
	}}
}}
"""


class RivalError(Exception):
    """What Coffer is compared with does not run."""


def _free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_s(pid):
    """The CPU time that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Nginx:
    """nginx in the foreground over the files in `self.files`."""

    name = "nginx"
    host = "127.0.0.1"

    def __init__(self, parent):
        self.dir = pathlib.Path(parent) / "nginx"
        self.files = self.dir / "files"
        self.files.mkdir(parents=True)
        self.port = _free_port()
        self.process = None

    def __enter__(self):
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if program is None:
            raise RivalError("nginx is not installed")
        configuration = self.dir / "nginx.conf"
        configuration.write_text(NGINX_CONFIGURATION.format(
            dir=self.dir, files=self.files, port=self.port,
            user="user root;" if os.getuid() == 0 else ""))
        self.process = subprocess.Popen(
            [program, "-p", str(self.dir), "-c", str(configuration),
             "-e", str(self.dir / "error.log")],
            stdin=subprocess.DEVNULL)
        try:
            self._wait_until_it_listens()
        except BaseException:
            self.__exit__()
            raise
        return self

    def prepare(self, sizes):
        """Files of the same lengths as the objects of the works."""
        for n in range(sizes.keys):
            (self.files / f"k{n:06}").write_bytes(os.urandom(sizes.small))
        for name, size in (("large", sizes.large), ("whole", sizes.whole)):
            with (self.files / name).open("wb") as out:
                for _ in range(size // MIB):
                    out.write(os.urandom(MIB))

    def _wait_until_it_listens(self):
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection((self.host, self.port), 1).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise RivalError(f"nginx does not listen; see {self.dir}/error.log")

    def cpu_s(self):
        return sum(cpu_s(pid) for pid in (self.process.pid, *procfs.children(self.process.pid)))

    def __exit__(self, *exc_info):
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class FileLoop:
    """One writer who stores small files durably, one after another."""

    def __init__(self, tools, parent, size):
        self.program = tools / "files"
        self.dir = pathlib.Path(parent) / "files"
        self.size = size
        self.dir.mkdir()

    def run(self, seconds):
        """What load would have said of it."""
        argv = [self.program, self.dir, self.size, seconds]
        done = subprocess.run([str(a) for a in argv], check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)


def hashed_per_second(name, seconds=1):
    """Bytes that one core hashes, as `openssl speed` says, in pieces of 16 KiB."""
    done = subprocess.run(
        ["openssl", "speed", "-mr", "-seconds", str(seconds), "-bytes", "16384", "-evp", name],
        capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        if line.startswith("+F:"):
            return float(line.split(":")[-1])
    raise RivalError(f"openssl speed says nothing of {name}: {done.stdout}")
