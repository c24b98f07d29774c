# SPDX-License-Identifier: Apache-2.0
"""The protocol between the processes, spoken by a test that plays a broken frontend.

The messages come from `describe-ipc --json`, which is expanded from the schema that the daemons are
built from: a message added there is attacked here without a change.
"""

import array
import base64
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import pathlib
import socket
import struct
import subprocess

from . import procfs, sigv4

RECEIVE_S = 10
FDS_MAX = 8

_INTEGERS = {"u8": "<B", "u16": "<H", "u32": "<I", "u64": "<Q"}
_FIXED = {"id": 16, "hash": 32}


class Ended(Exception):
    """The daemon has closed the channel."""


class Schema:
    def __init__(self, build):
        told = subprocess.run([str(pathlib.Path(build) / "tools" / "describe-ipc"), "--json"],
                              capture_output=True, check=True, text=True).stdout
        described = json.loads(told)
        self.version = described["version"]
        self.packet_max = described["packet_max"]
        # Each in the order of its numbers, which is what stands in requests and answers.
        self.operations = described["operations"]
        self.params = described["params"]
        self.headers = described["headers"]
        self.errors = described["errors"]
        self.answer_fields = described["answer"]
        # What two roles say alike stands there once for each.
        self.told = described["messages"]
        self.messages = {m["name"]: m for m in self.told}
        self.by_number = {m["number"]: m for m in self.told}

    def between(self, sender, receiver):
        return [m for m in self.told if (m["from"], m["to"]) == (sender, receiver)]

    def encode(self, name, **values):
        message = self.messages[name]
        out = struct.pack("<H", message["number"])
        for kind, field, _limit in message["fields"]:
            out += _encode_field(kind, values.pop(field, None))
        if values:
            raise ValueError(f"{name} has no {', '.join(values)}")
        return out

    def decode(self, packet):
        """The first message of a packet: its name, its fields, and what is behind it."""
        message = self.by_number[struct.unpack_from("<H", packet)[0]]
        at, values = 2, {}
        for kind, field, _limit in message["fields"]:
            values[field], at = _decode_field(kind, packet, at)
        if at > len(packet):
            raise ValueError(f"{message['name']} cut short")
        return message["name"], values, packet[at:]


def _encode_field(kind, value):
    if kind in _INTEGERS:
        return struct.pack(_INTEGERS[kind], value or 0)
    if kind in _FIXED:
        return (value or b"").ljust(_FIXED[kind], b"\0")
    return struct.pack("<I", len(value or b"")) + (value or b"")


def _decode_field(kind, packet, at):
    if kind in _INTEGERS:
        size = struct.calcsize(_INTEGERS[kind])
        return struct.unpack_from(_INTEGERS[kind], packet, at)[0], at + size
    if kind in _FIXED:
        return packet[at:at + _FIXED[kind]], at + _FIXED[kind]
    size = struct.unpack_from("<I", packet, at)[0]
    return packet[at + 4:at + 4 + size], at + 4 + size


@contextlib.contextmanager
def as_uid(uid):
    """Connects as somebody else; only root can, and only where it is needed."""
    if uid == os.geteuid():
        yield
        return
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)


class Channel:
    """One SEQPACKET connection to a daemon, with a receive limit so that no test hangs."""

    def __init__(self, schema, path, uid):
        self.schema = schema
        self.rest = b""     # of a packet that several messages came in
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(RECEIVE_S)
        with as_uid(uid):
            self.socket.connect(str(path))

    def close(self):
        self.socket.close()

    def send_raw(self, packet, fds=()):
        control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        try:
            self.socket.sendmsg([packet], control)
        except OSError as e:
            if e.errno in (errno.EPIPE, errno.ECONNRESET):
                raise Ended from e
            raise

    def send(self, name, fds=(), **values):
        self.send_raw(self.schema.encode(name, **values), fds)

    def receive(self):
        """The next message: its name, its fields, its descriptors."""
        packet, fds = (self.rest, []) if self.rest else self._receive_packet()
        name, values, self.rest = self.schema.decode(packet)
        if fds and self.rest:
            raise ValueError(f"{len(self.rest)} bytes behind {name}")
        return name, values, fds

    def _receive_packet(self):
        try:
            packet, fds, _flags, _address = socket.recv_fds(
                self.socket, self.schema.packet_max, FDS_MAX)
        except ConnectionResetError as e:
            raise Ended from e
        if not packet:
            raise Ended
        return packet, fds

    def expect(self, name):
        """The next message, which must be this one; its fields, with `fd` where it brings one."""
        got, values, fds = self.receive()
        if got != name:
            raise AssertionError(f"expected {name}, got {got} {values}")
        if fds:
            values["fd"] = fds[0]
        return values

    def has_ended(self, within_s=RECEIVE_S):
        """Reads what is left and tells whether the daemon closed the channel."""
        self.socket.settimeout(within_s)
        try:
            while True:
                self.receive()
        except Ended:
            return True
        except TimeoutError:
            return False
        finally:
            self.socket.settimeout(RECEIVE_S)


def pairs(fields):
    """Header fields as they travel in ASK."""
    out = b""
    for name, value in fields:
        name, value = (x.encode() if isinstance(x, str) else x for x in (name, value))
        out += struct.pack("<HI", len(name), len(value)) + name + value
    return out


def sealed_memfd(data, seals=None):
    """A memfd with these bytes, sealed as the frontend must seal it (or less)."""
    fd = os.memfd_create("command", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    if seals is None:
        seals = (fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
    if seals:
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


class Worker:
    """A frontend worker in an attacker's hands: both channels, and valid client requests."""

    def __init__(self, coffer, enter=True):
        self.coffer = coffer
        self.schema = Schema(coffer.build)
        self.uid = uid_of(coffer, "frontend")
        self.authd = Channel(self.schema, coffer.data / "run" / "authd-frontend.sock", self.uid)
        self.calls = 0
        self.stored = None
        self.authd.send("HELLO", version=self.schema.version)
        self.authd.expect("WELCOME")
        self.ticket = self.authd.expect("TICKET")["ticket"]
        if enter:
            self.enter()

    def dial_stored(self):
        return Channel(self.schema, self.coffer.data / "run" / "stored-frontend.sock", self.uid)

    def enter(self):
        self.stored = self.dial_stored()
        self.stored.send("ENTER", ticket=self.ticket)
        self.stored.expect("ENTERED")

    def close(self):
        self.authd.close()
        if self.stored:
            self.stored.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def next_call(self):
        self.calls += 1
        return self.calls

    def ask(self, method, target, fields, call=None):
        """Asks authd with a head; returns the call and authd's answer."""
        call = call or self.next_call()
        self.authd.send("ASK", call=call, request_id=call, peer=b"127.0.0.1",
                        method=method.encode(), target=target.encode(), fields=pairs(fields))
        name, values, _fds = self.authd.receive()
        return call, name, values

    def grant(self, method, target, headers=(), body=b"", **how):
        """A grant for a request that the server's own key signed, as a client would send it."""
        if "payload_hash" not in how:
            md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
            headers = [*headers, ("Content-Length", str(len(body))), ("Content-MD5", md5)]
        fields, _signed = sigv4.header_auth(self.coffer.credentials, method, target, headers, body,
                                            host=self.coffer.netloc, **how)
        call, name, values = self.ask(method, target, fields)
        if name != "GRANTED":
            raise AssertionError(f"no grant: {name} {values}")
        return call, values["grant"]

    def call(self, method, target, headers=(), body=None, **how):
        """A whole request: granted, called, answered. Returns the answer's name and fields."""
        call, grant = self.grant(method, target, headers, body or b"", **how)
        self.stored.send("CALL", call=call, grant=grant, has_body=body is not None,
                         body=body or b"")
        name, values, _fds = self.stored.receive()
        return name, values

    def command(self, method, target, body=b"", fd=None, body_len=None, **how):
        """The same for an operation whose body is a document."""
        call, grant = self.grant(method, target, body=body, **how)
        fd = sealed_memfd(body) if fd is None else fd
        self.stored.send("COMMAND", [fd], call=call, grant=grant,
                         body_len=len(body) if body_len is None else body_len)
        os.close(fd)
        name, values, _fds = self.stored.receive()
        return name, values


def uid_of(coffer, daemon):
    return int(procfs.status(coffer.pid(daemon))["Uid"].split()[1])
