# SPDX-License-Identifier: Apache-2.0
"""What the works run on: the load generator, the rivals, and the objects that they need."""

import json
import os
import subprocess
import sys

import control
import rivals
import targets
from works import BUCKET, FEW_BUCKET, FEW_MEMBERS, MANY_BUCKET

# Heads are signed and kept before the clock starts: half a KiB each.
FILLED_AT_ONCE = 100000
FILLING_CONNECTIONS = 32


class LoadError(Exception):
    """The load generator met what it does not count as success."""


def say(what):
    """Where a terminal waits, what is going on."""
    if sys.stderr.isatty():
        print(f"\r{what:<78}\r", end="", file=sys.stderr, flush=True)


class Generator:
    """bench/load, signing with the keys of its target, where that has any."""

    def __init__(self, tools):
        self.program = tools / "load"

    def load(self, target, arguments, limit):
        """Runs it and returns what it has printed."""
        access_key = getattr(target, "access_key", None)
        # In its environment, since everybody may read its arguments.
        env = dict(os.environ)
        if access_key:
            env |= {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": target.secret_key}
        argv = [self.program, "--host", target.host, "--port", target.port, *arguments, *limit]
        done = subprocess.run([str(a) for a in argv], env=env, check=False, capture_output=True,
                              text=True)
        if done.returncode != 0:
            raise LoadError(f"{target.name}: {done.stderr.strip()}")
        return json.loads(done.stdout)


class Stage:
    """One directory's Coffer, the peers, and what they are compared with."""

    def __init__(self, options, place, server, peers=(), nginx=None):
        self.seconds = options.seconds
        self.sizes = options.sizes
        self.generator = Generator(options.build / "bench")
        self.files = rivals.FileLoop(options.build / "bench", place, options.sizes.small)
        self.server = server
        self.peers = peers
        self.nginx = nginx

    def fill(self, target, bucket, pattern, keys, size, *more):
        for first in range(0, keys, FILLED_AT_ONCE):
            n = min(FILLED_AT_ONCE, keys - first)
            say(f"{target.name}: {bucket}, {first:,} of {keys:,} keys")
            self.generator.load(
                target, ("--method", "PUT", "--path", f"/{bucket}/{pattern}", "--first", first,
                         "--keys", n, "--size", size, "--connections", min(FILLING_CONNECTIONS, n),
                         *more), ("--requests", n))

    def put(self, target, key, size):
        self.generator.load(target, ("--method", "PUT", "--path", f"/{BUCKET}/{key}", "--size", size,
                                     "--unsigned-payload"), ("--requests", 1))

    def upload(self, target, key, size, part, connections=4):
        """An object uploaded in parts; returns what load said of these."""
        upload = control.begin_upload(target, BUCKET, key)
        n = size // part
        got = self.generator.load(
            target, ("--method", "PUT", "--path", f"/{BUCKET}/{key}", "--query",
                     f"partNumber={{part}}&uploadId={upload}", "--keys", n, "--size", part,
                     "--unsigned-payload", "--connections", min(connections, n)), ("--requests", n))
        control.complete_upload(target, BUCKET, key, upload)
        return got

    def prepare(self, target, listed):
        """The objects that these works on the disk need. The buckets must be there, and empty."""
        sizes = self.sizes
        self.fill(target, BUCKET, "k{key}", sizes.keys, sizes.small)
        for key, size in (("large", sizes.large), ("whole", sizes.whole)):
            self.put(target, key, size)
        self.upload(target, "parts", sizes.large, sizes.part)
        if any(work.of_spread for work in listed):
            self.fill(target, BUCKET, "s{key}", sizes.spread, sizes.small)
        if not any(work.of_lists for work in listed):
            return
        self.fill(target, FEW_BUCKET, "{group}/{member}", sizes.few, 0, "--group", FEW_MEMBERS)
        self.fill(target, MANY_BUCKET, "{group}/{member}", sizes.many, 0, "--group", sizes.members)

    def delete(self, target, bucket, keys):
        """One DeleteObjects, told as load tells of many requests; of Coffer also its commits."""
        is_own = isinstance(target, targets.Server)
        before = target.commits() if is_own else 0
        seconds = control.delete_objects(target, bucket, keys)
        us = seconds * 1e6
        got = {"all": 1, "requests": len(keys), "seconds": seconds, "bytes": 0, "p50_us": us,
               "p99_us": us, "counts": []}
        if is_own:
            got["commits"] = target.commits() - before
        return got

    def on_server(self, work):
        before = self.server.cpu_s()
        got = work.asked.on(self, self.server)
        after = self.server.cpu_s()
        got["cpu_us"] = {n: (after[n] - before[n]) / max(got["all"], 1) * 1e6
                         for n in targets.PROCESSES}
        got["memory_kib"] = sum(self.server.memory_kib().values())
        return got

    def beside(self, work):
        beside = work.beside
        if beside.kind == "nginx":
            before = self.nginx.cpu_s()
            got = beside.load.on(self, self.nginx)
            got["cpu_us"] = (self.nginx.cpu_s() - before) / max(got["all"], 1) * 1e6
            return got
        if beside.kind == "coffer":
            return beside.load.on(self, self.server)
        if beside.kind == "files":
            return self.files.run(self.seconds)
        return {"seconds": 1, "bytes": rivals.hashed_per_second("md5")}

    def round(self, works, results):
        """Each work once: on Coffer, directly after that beside it, and on the peers."""
        for work in works:
            say(work.name)
            got = {"coffer": self.on_server(work), "beside": self.beside(work)}
            for peer in self.peers:
                say(f"{work.name}: {peer.name}")
                got[peer.name] = work.asked.on(self, peer)
            results.setdefault(work, []).append(got)
