# SPDX-License-Identifier: Apache-2.0
"""An operator, spoken by a test: grants from authd's admin socket, a channel to stored's."""

import base64
import json
import os
import socket
import struct

from . import ipc

NO_TAGS = b"\xff"


def order(coffer, what, limit_s=ipc.RECEIVE_S, **members):
    """One line to the admin socket; the answer, decoded."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.settimeout(limit_s)
        s.connect(str(coffer.admin_socket))
        s.sendall(json.dumps({"do": what, **members}).encode() + b"\n")
        return json.loads(s.makefile().readline())


def grant(coffer, purpose, bucket, tenant="default"):
    """A sealed operator grant; without a bucket it is for all of the tenant's."""
    where = {} if bucket is None else {"bucket": bucket}
    answer = order(coffer, "operator.grant", tenant=tenant, purpose=purpose, **where)
    if not answer["ok"]:
        raise AssertionError(f"no grant: {answer}")
    return base64.b64decode(answer["grant"])


def _optional(value):
    return b"\0" if value is None else b"\1" + struct.pack("<I", len(value)) + value


def request(schema, operation, bucket, key=None, length=0):
    """A request as ipc/request.h encodes it, without parameters, headers or anything signed."""
    return (struct.pack("<BBB", 0, schema.operations.index(operation), 0)
            + _optional(bucket.encode() if bucket is not None else None) + _optional(key)
            + NO_TAGS + NO_TAGS + 4 * _optional(None)
            + struct.pack("<B32xQBBB", 0, length, 0, 0, 0))


class Operator:
    """An operator's channel, in an attacker's hands."""

    def __init__(self, coffer, purpose="import", bucket="operated", tenant="default", uid=None,
                 enter=True):
        self.coffer = coffer
        self.schema = ipc.Schema(coffer.build)
        self.bucket = bucket
        self.calls = 0
        self.grant = grant(coffer, purpose, bucket, tenant)
        self.stored = ipc.Channel(self.schema, coffer.data / "run" / "stored-operator.sock",
                                  os.geteuid() if uid is None else uid)
        if enter:
            self.present()

    def present(self, sealed=None):
        self.stored.send("PRESENT", grant=self.grant if sealed is None else sealed)
        return self.stored.expect("ENTERED")

    def ask(self, operation, key=None, body=None, bucket=None, length=None):
        """Sends one request."""
        self.calls += 1
        if length is None:
            length = len(body or b"")
        asked = request(self.schema, operation, bucket or self.bucket, key, length)
        self.stored.send("OPERATE", call=self.calls, request=asked, has_body=body is not None,
                         body=body or b"")

    def call(self, *args, **how):
        """Sends one request; the answer's name and fields, and `fd` where it brings one."""
        self.ask(*args, **how)
        name, values, fds = self.stored.receive()
        if fds:
            values["fd"] = fds[0]
        return name, values

    def close(self):
        self.stored.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()
