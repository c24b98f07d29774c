# SPDX-License-Identifier: Apache-2.0
"""The S3 servers that are measured: a Coffer of the benchmark's own, and peers that run elsewhere."""

import pathlib
import re
import time
import urllib.parse

import rivals
from lib import coffer, metrics, procfs

PROCESSES = ("frontend", "authd", "stored")
PEER_SHAPE = "http://host:port,ACCESS,SECRET,NAME"
_PEER_NAME = re.compile(r"[\w.-]{1,24}", re.ASCII)


class PeerError(Exception):
    """A peer is not named as it must be, or does not do what it is asked. Never holds its secret."""


class Server(coffer.Coffer):
    """A Coffer whose start is watched closely, and whose processes are measured."""

    name = "Coffer"
    poll_s = 0.001

    def start_timed(self):
        begin = time.monotonic()
        self.start()
        return time.monotonic() - begin

    def groups(self):
        """The pids of each daemon, a parent with its workers."""
        pids = self.pids()
        return {name: [pid, *procfs.children(pid)] for name, pid in pids.items()}

    def memory_kib(self):
        """The proportional share of each daemon in what is resident."""
        return {name: sum(_pss_kib(p) for p in pids) for name, pids in self.groups().items()}

    def cpu_s(self):
        return {name: sum(rivals.cpu_s(p) for p in pids) for name, pids in self.groups().items()}

    def commits(self):
        """How many transactions the catalogs have committed since stored's start."""
        return metrics.scrape(self).sum("coffer_stored_commit_seconds_count")


class Peer(coffer.Server):
    """Any S3 server, with one key that may make buckets there."""

    def __init__(self, name, endpoint, access_key, secret_key):
        super().__init__(endpoint, access_key, secret_key)
        self.name = name


def _read_peer(text):
    url, _, rest = text.partition(",")
    access_key, _, rest = rest.partition(",")
    # A secret may have commas in it.
    secret_key, _, name = rest.rpartition(",")
    refused = PeerError(f"PEER: what begins with {url[:40]!r} is not {PEER_SHAPE}")
    try:
        parts = urllib.parse.urlsplit(url)
        has_port = parts.port is not None
    except ValueError:
        raise refused from None
    if parts.scheme != "http" or not parts.hostname or not has_port or parts.username:
        raise refused
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise refused
    if not access_key or not secret_key or not _PEER_NAME.fullmatch(name):
        raise refused
    return Peer(name, f"http://{parts.netloc}", access_key, secret_key)


def read_peers(text):
    """The peers of a list that blanks divide."""
    peers = [_read_peer(one) for one in text.split()]
    names = [Server.name, *(p.name for p in peers)]
    if len(set(names)) < len(names):
        raise PeerError("PEER: each needs a name of its own")
    return peers


def _pss_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise rivals.RivalError(f"no Pss of {pid}")
