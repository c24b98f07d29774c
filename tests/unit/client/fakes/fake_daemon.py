#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for a daemon of Coffer, so that the launcher can be tested by itself.

It is called coffer-authd, coffer-stored or coffer-frontend through a link in a directory that the
test owns. There it leaves NAME.seen, what it was started with, and reads NAME.mode, how it shall
misbehave. authd's one also answers the admin socket, from a database that is a JSON file.
"""

import array
import ctypes
import json
import os
import pathlib
import secrets
import signal
import socket
import sys
import time

PR_SET_PDEATHSIG = 1
PR_GET_PDEATHSIG = 2

program = pathlib.Path(sys.argv[0])
name = program.name.removeprefix("coffer-")
libc = ctypes.CDLL(None, use_errno=True)


def options():
    """The arguments as a dict of lists."""
    given = {}
    for option, value in zip(sys.argv[1::2], sys.argv[2::2]):
        given.setdefault(option, []).append(value)
    return given


def parents_death_signal():
    value = ctypes.c_int()
    libc.prctl(PR_GET_PDEATHSIG, ctypes.byref(value), 0, 0, 0)
    return value.value


def descriptors():
    """What each inherited descriptor is, the listing's own left out."""
    seen = {}
    for fd in sorted(int(p) for p in os.listdir("/proc/self/fd")):
        try:
            seen[fd] = os.readlink(f"/proc/self/fd/{fd}")
        except FileNotFoundError:
            pass
    return seen


def sockets():
    count = int(os.environ["LISTEN_FDS"])
    names = os.environ["LISTEN_FDNAMES"].split(":")
    made = [socket.socket(fileno=3 + i) for i in range(count)]
    return [(n, s) for n, s in zip(names, made, strict=True)]


def status():
    return dict(line.split(":", 1) for line in
                pathlib.Path("/proc/self/status").read_text().splitlines())


def keyring_key():
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    return pathlib.Path(directory, "keyring-key").read_bytes() if directory else b""


def drop_ids(given):
    if "--uid" not in given:
        return
    kept = parents_death_signal()
    gid, uid = int(given["--gid"][0]), int(given["--uid"][0])
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    libc.prctl(PR_SET_PDEATHSIG, kept, 0, 0, 0)


def leave_seen(inherited, passed, at_start):
    seen = {
        "argv": sys.argv,
        "environment": dict(os.environ),
        "descriptors": inherited,
        "sockets": [[n, s.type & 0xf, s.getsockname()] for n, s in passed],
        "listen_pid": os.environ["LISTEN_PID"] == str(os.getpid()),
        "pid": os.getpid(),
        "group": os.getpgid(0),
        "uid": os.getresuid(),
        "gid": os.getresgid(),
        "parents_death": parents_death_signal(),
        "blocked": int(at_start["SigBlk"], 16),
        "ignored": int(at_start["SigIgn"], 16),
        "umask": at_start["Umask"].strip(),
        "cwd": os.getcwd(),
        "key": keyring_key().hex(),
    }
    temporary = program.parent / f"{name}.seen.{os.getpid()}"
    temporary.write_text(json.dumps(seen))
    temporary.rename(program.parent / f"{name}.seen")


def notify(message):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(os.environ["NOTIFY_SOCKET"])
        s.send(message)


def notify_through_stranger():
    """READY=1 from a process that is not the daemon: must not count."""
    if os.fork() == 0:
        notify(b"READY=1")
        os._exit(0)
    os.wait()


def notify_with_descriptor():
    """A descriptor that comes along must not stay with the launcher."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s, open("/dev/zero", "rb") as f:
        s.connect(os.environ["NOTIFY_SOCKET"])
        s.sendmsg([b"STATUS=x\nREADY=1\n"],
                  [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [f.fileno()]))])


def mode_of(daemon):
    """The words that say how a daemon shall misbehave."""
    file = program.parent / f"{daemon}.mode"
    return file.read_text().split() if file.exists() else []


class Refused(Exception):
    pass


class Admin:
    """The admin socket's side of things; every change is in the file before it is answered."""

    def __init__(self, directory):
        self.file = pathlib.Path(directory, "auth.db")
        self.db = json.loads(self.file.read_text()) if self.file.exists() else {
            "tenants": [], "keys": [], "tokens": []}

        self.asked = 0

    def save(self):
        self.file.write_text(json.dumps(self.db))

    def tenant_create(self, q):
        if any(t["name"] == q["name"] for t in self.db["tenants"]):
            raise Refused(f"the tenant {q['name']} exists", "choose another name")
        tenant = {"id": secrets.token_hex(16), "name": q["name"],
                  "display_name": q.get("display_name", q["name"]), "email": q.get("email", ""),
                  "canonical_id": q.get("canonical_id", secrets.token_hex(32)),
                  "created_at": "2024-01-01T00:00:00Z"}
        self.db["tenants"].append(tenant)
        return {"tenant": tenant}

    def tenant_list(self, q):
        return {"tenants": self.db["tenants"]}

    def tenant_show(self, q):
        """One that is being deleted is gone when it is looked at for the third time."""
        for tenant in self.db["tenants"]:
            if tenant["name"] != q["name"]:
                continue
            if tenant.get("state") != "deleting":
                return {"tenant": tenant}
            self.asked += 1
            if self.asked < 3:
                return {"tenant": tenant}
            if "stays" in mode_of("authd"):
                tenant["state"] = "active"
                return {"tenant": tenant}
            self.db["tenants"].remove(tenant)
            self.save()
            if "replaced" in mode_of("authd"):
                return self.tenant_create(q)
        raise Refused(f"There is no tenant {q['name']}.")

    def tenant_delete(self, q):
        tenant = self.tenant_show(q)["tenant"]
        if "buckets" in mode_of("authd") and not q.get("data"):
            raise Refused(f"The tenant {q['name']} has buckets.")
        tenant["state"] = "deleting"
        return {"tenant": tenant}

    def key_create(self, q):
        if any(k["access_key"] == q.get("access_key") for k in self.db["keys"]):
            raise Refused("that access key exists")
        key = {"access_key": q.get("access_key", "CF" + secrets.token_hex(9).upper()),
               "tenant": q["tenant"], "status": "enabled", "created_at": "2024-01-01T00:00:00Z"}
        self.db["keys"].append(key)
        return {"key": {**key, "secret_key": q.get("secret_key", secrets.token_hex(20))}}

    def key_list(self, q):
        return {"keys": [k for k in self.db["keys"] if q.get("tenant") in (None, k["tenant"])]}

    def change(self, q, what):
        for key in self.db["keys"]:
            if key["access_key"] == q["access_key"]:
                what(key)
                return {"key": key}
        raise Refused(f"there is no access key {q['access_key']}", "key list shows them")

    def key_disable(self, q):
        return self.change(q, lambda key: key.update(status="disabled"))

    def key_enable(self, q):
        return self.change(q, lambda key: key.update(status="enabled"))

    def key_delete(self, q):
        return self.change(q, self.db["keys"].remove)

    def token_create(self, q):
        if "no-tokens" in mode_of("authd"):
            raise Refused("The bucket default-objects belongs to another tenant.")
        if any(t["name"] == q["token_name"] for t in self.db["tokens"]):
            raise Refused(f"A token with name '{q['token_name']}' already exists.")
        token = {"name": q["token_name"], "tenant": q["tenant"], "text": "cft_" + secrets.token_hex(8),
                 "ttl_days": q["ttl_days"], "expired": False}
        self.db["tokens"].append(token)
        return {"token": {**token, "token": token["text"]}}

    def token_list(self, q):
        return {"tokens": [t for t in self.db["tokens"] if q.get("tenant") in (None, t["tenant"])]}

    def token_show(self, q):
        for token in self.db["tokens"]:
            if token["text"] == q["token"]:
                return {"token": token}
        raise Refused("There is no such token.")

    def status(self, q):
        confinement = "full" if "--uid" in options() else "one-uid"
        self.asked += 1
        return {"status": {"version": "fake", "uptime_s": 1, "stored_connected": self.asked > 2,
                           "workers": 1, "confinement": confinement}}

    def answer(self, line):
        question = json.loads(line)
        handler = getattr(self, question.pop("do").replace(".", "_"))
        try:
            answer = {"ok": True, **handler(question)}
            self.save()
        except Refused as refused:
            answer = dict(zip(("error", "hint"), refused.args), ok=False)
        return json.dumps(answer).encode() + b"\n"

    def serve(self, listener):
        listener.setblocking(True)
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                for line in lines:
                    connection.sendall(self.answer(line))


def main():
    inherited = descriptors()
    at_start = status()
    given = options()
    mode = mode_of(name)
    passed = sockets()
    drop_ids(given)
    leave_seen(inherited, passed, at_start)
    signal.signal(signal.SIGTERM,
                  signal.SIG_IGN if "ignore-term" in mode else lambda *_: os._exit(0))
    if name == "frontend" and os.fork() == 0:
        # A worker. It dies with its parent, which is what the real one sees to.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        time.sleep(3600)
    if "exit" in mode:
        os._exit(int(mode[1]))
    if "kill" in mode:
        os.kill(os.getpid(), int(mode[1]))
    if "stranger" in mode:
        notify_through_stranger()
    elif "with-descriptor" in mode:
        notify_with_descriptor()
    elif "never-ready" not in mode:
        notify(b"READY=1")
    if name == "authd":
        Admin(given["--state"][0]).serve(dict(passed)["admin"])
    signal.pause()


if __name__ == "__main__":
    main()
