# SPDX-License-Identifier: Apache-2.0
"""The container image, and the container that compose.yaml describes, as a test sees them.

What a container runtime makes of the two files, made here of namespaces, a chroot and setpriv: the
image says what runs, compose.yaml what it is given and what it is denied. There is no system call
filter of a runtime's around it; `buildah run` has one, and a test uses that. It shares the network
namespace of whoever starts it (which is none of the host's: tools/check-system sees to that).
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

import yaml

from lib import coffer, procfs

TREE = pathlib.Path(__file__).resolve().parents[2]
START_LIMIT_S = 60
BUILDAH_LIMIT_S = 120
# As process 1 of its namespaces: mounts what a container has, and becomes what it runs.
ENTER = """
set -e
root=$1 data=$2 writable=$3
shift 3
mount --rbind "$root" "$root"
mount -o remount,bind,ro "$root"
mount --bind "$data" "$root/data"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in full null random urandom zero; do
	touch "$root/dev/$device"
	mount --bind "/dev/$device" "$root/dev/$device"
done
for place in $writable; do
	mount -t tmpfs tmpfs "$root$place"
done
cd "$root"
exec chroot . "$@"
"""


class Image:
    """What tools/make-image left in a directory."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        told = json.loads(self.buildah("inspect", "--type", "image", "coffer"))
        self.config = told["Docker"]["config"]
        self.history = [entry.get("created_by", "") for entry in told["OCIv1"]["history"]]

    def command(self, *argv):
        return ["buildah", "--root", str(self.directory / "storage"), "--runroot",
                str(self.directory / "run"), "--storage-driver", "vfs", *argv]

    def buildah(self, *argv):
        return subprocess.run(self.command(*argv), check=True, capture_output=True, text=True,
                              timeout=BUILDAH_LIMIT_S).stdout.strip()

    @contextlib.contextmanager
    def unpacked(self):
        """A container of buildah's: its name, and its files."""
        name = self.buildah("from", "--pull-never", "coffer")
        try:
            yield name, pathlib.Path(self.buildah("mount", name))
        finally:
            self.buildah("umount", name)
            self.buildah("rm", name)


def composed():
    """The one service of compose.yaml."""
    return yaml.safe_load((TREE / "compose.yaml").read_text())["services"]["coffer"]


class Container(coffer.Server):
    """`with Container(image, root, place) as c: …`; then start(), stop(), and all that a Server is."""

    def __init__(self, image, root, place, user=0, without=()):
        super().__init__()
        self.image = image
        self.root = root
        self.user = user
        self.service = composed()
        added = self.service["cap_add"] if user == 0 else []
        self.capabilities = [f"+{name.lower()}" for name in added if name not in without]
        self.data = place / "data"
        self.data.mkdir(exist_ok=True)
        os.chown(self.data, user, user)
        self.log_file = place / "log"
        self.process = None

    def __exit__(self, *exc_info):
        self.close()

    def _setpriv(self):
        assert self.service["cap_drop"] == ["ALL"]
        assert self.service["security_opt"] == ["no-new-privileges:true"]
        return ["setpriv", "--no-new-privs", "--inh-caps=-all",
                "--bounding-set=" + ",".join(["-all", *self.capabilities]),
                f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]

    def launch(self, *options, env=None):
        """Starts it and does not wait."""
        assert self.service["read_only"] is True
        inside = [*self._setpriv(), *self.image.config["Entrypoint"], *options]
        environment = dict(word.split("=", 1) for word in self.image.config["Env"])
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--",
                 "/bin/sh", "-c", ENTER, "sh", self.root, self.data,
                 " ".join(self.service["tmpfs"]), *inside],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**environment, **(env or {})})
        return self

    def start(self, *options, env=None):
        """Starts it and waits until it serves; its first key and token are then known."""
        self.launch(*options, env=env)
        deadline = time.monotonic() + START_LIMIT_S
        while not (self._learn() and self.serves()):
            assert self.process.poll() is None, f"it ended:\n{self.log()}"
            assert time.monotonic() < deadline, f"it did not serve:\n{self.log()}"
            time.sleep(0.1)
        return self

    def _learn(self):
        try:
            told = json.loads((self.data / "access.json").read_text())
        except FileNotFoundError:
            return False
        super().__init__(told["s3_endpoint"], told["access_key"], told["secret_key"],
                         told["region"], told["rest_endpoint"], told["token"])
        return True

    def first(self):
        """The pid, on this side, of process 1 inside; None when there is none."""
        found = procfs.children(self.process.pid)
        return found[0] if found else None

    def daemons(self):
        """Every process of Coffer's but the launcher: workers, too."""
        below = procfs.children(self.first())
        return below + [worker for pid in below for worker in procfs.children(pid)]

    def run(self, *argv):
        """A command inside, as `docker exec` has it."""
        environment = dict(word.split("=", 1) for word in self.image.config["Env"])
        return subprocess.run(
            ["nsenter", "--target", str(self.first()), "--mount", "--uts", "--ipc", "--pid",
             "--root", "--wd", "--", *self._setpriv(), *argv],
            env=environment, capture_output=True, text=True, timeout=coffer.CONTROL_LIMIT_S,
            check=False)

    def is_healthy(self):
        """What the image's own question is answered with."""
        kind, *argv = self.image.config["Healthcheck"]["Test"]
        assert kind == "CMD"
        return self.run(*argv).returncode == 0

    def stop(self):
        """As a runtime does; how it ended."""
        os.kill(self.first(), signal.Signals[self.image.config["StopSignal"]])
        return self.process.wait(int(self.service["stop_grace_period"].rstrip("s")))

    def close(self):
        """Whatever still runs is killed: process 1 takes the rest with it."""
        if self.process and self.process.poll() is None:
            if first := self.first():
                os.kill(first, signal.SIGKILL)
            self.process.kill()
            self.process.wait()

    def log(self, since=0):
        return self.log_file.read_bytes()[since:].decode(errors="replace")
