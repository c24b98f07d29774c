# SPDX-License-Identifier: Apache-2.0
"""Stands in for authd and stored as an operator sees them, so that cofferctl can be tested alone.

It keeps objects in a dict and does what it is asked, unless a test's `fault` says otherwise: that is
called with the operation and the key before each answer, and may return

  "SlowDown", …       an error's code: that is the answer
  "hangup"            the channel ends
  "stale"             at the door only: the grant is of another epoch
  "damage"            what is given back, or said of what was put, is of other bytes
  "silent"            no answer at all
"""

import base64
import hashlib
import json
import os
import socket
import struct
import threading
import time

from lib import checksums, ipc

INLINE_LIMIT = 4096
CRC64NVME = 3
FULL_OBJECT = 1


def crc64(data):
    return base64.b64encode(checksums.crc64nvme(data)).decode()


class Hangup(Exception):
    pass


class FakeStore:
    def __init__(self, schema, directory):
        self.schema = schema
        self.objects = {}
        self.has_bucket = True   # one, called b, of the tenant default
        self.unfinished = {}     # when an upload began, in ns, by its key and id
        self.asked = []
        self.fault = lambda operation, key: None
        self.refusal = None
        self.wrong = {}          # what a recount says that the figures were
        self.tenants = [{"name": "default", "state": "active"}]
        self.tells_checksums = True
        self.grants = 0
        self.admin_path = directory / "authd-admin.sock"
        self.operator_path = directory / "stored-operator.sock"
        self._listen(self.admin_path, socket.SOCK_STREAM, self._serve_admin)
        self._listen(self.operator_path, socket.SOCK_SEQPACKET, self._serve_operator)

    def _listen(self, path, kind, serve):
        listener = socket.socket(socket.AF_UNIX, kind)
        listener.bind(str(path))
        listener.listen(8)

        def accept():
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()

    def _serve_admin(self, connection):
        with connection, connection.makefile("rb") as lines:
            for line in lines:
                connection.sendall(json.dumps(self._take_order(json.loads(line))).encode() + b"\n")

    def _take_order(self, order):
        if order["do"] == "tenant.list":
            return {"ok": True, "tenants": self.tenants}
        self.order = order
        if {"name": order["tenant"], "state": "deleting"} in self.tenants:
            return {"ok": False, "error": "It is being deleted."}
        self.grants += 1
        grant = base64.b64encode(b"grant %d" % self.grants).decode()
        return self.refusal or {"ok": True, "grant": grant}

    # The channel

    def _serve_operator(self, connection):
        session = Session(self, connection)
        try:
            session.serve()
        except (Hangup, OSError):
            pass
        finally:
            connection.close()


class Session:
    def __init__(self, store, connection):
        self.store = store
        self.schema = store.schema
        self.connection = connection
        self.uploads = {}
        self.downloads = {}

    def say(self, name, fd=None, **values):
        packet = self.schema.encode(name, **values)
        socket.send_fds(self.connection, [packet], [] if fd is None else [fd])

    def serve(self):
        while True:
            packet = self.connection.recv(self.schema.packet_max)
            if not packet:
                return
            while packet:
                name, values, packet = self.schema.decode(packet)
                getattr(self, f"take_{name.lower()}")(**values)

    def take_present(self, grant):
        fault = self.store.fault("PRESENT", grant)
        if fault == "hangup":
            raise Hangup
        if fault == "stale":
            self.say("STALE", epoch=1)
        else:
            self.say("ENTERED", inline_limit=INLINE_LIMIT)

    def take_operate(self, call, request, has_body, body):
        operation, key, params, headers, length = parse(self.schema, request)
        self.store.asked.append((operation, key))
        fault = self.store.fault(operation, key)
        if fault == "hangup":
            raise Hangup
        if fault == "silent":
            return
        if fault and fault != "damage":
            self.fail(call, fault)
            return
        getattr(self, operation)(call, key, params, headers, length, body if has_body else None,
                                 fault)

    def take_usage(self, call, bucket):
        fault = self.store.fault("USAGE", bucket)
        if fault:
            self.fail(call, fault)
        else:
            sizes = [len(data) for data, _ in self.store.objects.values()]
            self.done(call, objects=len(sizes), bytes=sum(sizes), uploads=0, upload_bytes=0)

    def take_recount(self, call, bucket):
        self.done(call, objects=1, bytes=2, uploads=3, upload_bytes=4, **self.store.wrong)

    def fail(self, call, code):
        self.say("FAILED", call=call, error=self.schema.errors.index(code))

    def answer(self, data, etag=None, **more):
        if self.store.tells_checksums:
            more.update(checksum_algorithm=CRC64NVME, checksum_type=FULL_OBJECT,
                        checksum=crc64(data))
        return encode_answer(self.schema, etag=etag or hashlib.md5(data).hexdigest(),
                             size=len(data), last_modified=1_000_000_000 * 10**9, **more)

    def HeadObject(self, call, key, params, headers, length, body, fault):
        if key not in self.store.objects:
            self.fail(call, "NoSuchKey")
        else:
            data, etag = self.store.objects[key]
            self.say("OBJECT", call=call, answer=self.answer(data, etag))

    def GetObject(self, call, key, params, headers, length, body, fault):
        if key not in self.store.objects:
            self.fail(call, "NoSuchKey")
            return
        data, etag = self.store.objects[key]
        tag = (etag or hashlib.md5(data).hexdigest()).encode()
        if headers.get("if-match", tag) != tag:
            self.fail(call, "PreconditionFailed")
            return
        answer = self.answer(data, etag)
        if fault == "damage":
            data = bytes([data[0] ^ 1]) + data[1:]
        if len(data) <= INLINE_LIMIT:
            self.say("OBJECT", call=call, answer=answer, body=data)
            return
        self.say("OBJECT", call=call, answer=answer, extents=len(data))
        # In pieces, as of an object that came in parts: the next when it is asked for.
        half = len(data) // 2
        self.downloads[call] = data
        self.extent(call, data, 0, half, False)

    def extent(self, call, data, offset, length, last):
        fd = os.memfd_create("blob")
        os.pwrite(fd, data, 0)
        self.say("EXTENT", fd, call=call, offset=offset, length=length, last=last)
        os.close(fd)

    def take_next(self, call):
        data = self.downloads.pop(call)
        half = len(data) // 2
        self.extent(call, data, half, len(data) - half, True)

    def PutObject(self, call, key, params, headers, length, body, fault):
        if "if-none-match" in headers and key in self.store.objects:
            self.fail(call, "PreconditionFailed")
        elif body is not None:
            self.keep(call, key, body, fault)
        else:
            read_fd, write_fd = os.pipe()
            upload = {"key": key, "data": b"", "fault": fault, "fd": read_fd}
            self.uploads[call] = upload
            upload["thread"] = threading.Thread(target=drain, args=(upload,), daemon=True)
            upload["thread"].start()
            self.say("PIPE", write_fd, call=call)
            os.close(write_fd)

    def take_commit(self, call, length, seal, trailer):
        upload = self.uploads.pop(call)
        upload["thread"].join()
        assert len(upload["data"]) == length
        if trailer.decode() != crc64(upload["data"]):
            self.fail(call, "BadDigest")
        elif self.store.fault("COMMIT", upload["key"]) == "hangup":
            raise Hangup
        else:
            self.keep(call, upload["key"], upload["data"], upload["fault"])

    def take_cancel(self, call):
        self.uploads.pop(call, None)

    def keep(self, call, key, data, fault):
        self.store.objects[key] = (data, None)
        if self.store.fault("KEPT", key) == "hangup":
            raise Hangup
        said = b"?" * max(1, len(data)) if fault == "damage" else data
        self.say("DONE", call=call, answer=self.answer(said))

    def DeleteObject(self, call, key, params, headers, length, body, fault):
        self.store.objects.pop(key, None)
        if self.store.fault("DELETED", key) == "hangup":
            raise Hangup
        self.done(call)

    def HeadBucket(self, call, key, params, headers, length, body, fault):
        if self.store.has_bucket:
            self.done(call, created=10**18, region="here")
        else:
            self.fail(call, "NoSuchBucket")

    def DeleteBucket(self, call, key, params, headers, length, body, fault):
        if not self.store.has_bucket:
            self.fail(call, "NoSuchBucket")
        elif self.store.objects:
            self.fail(call, "BucketNotEmpty")
        else:
            self.store.has_bucket = False
            if self.store.fault("DROPPED", None) == "hangup":
                raise Hangup
            self.done(call)

    def ListBuckets(self, call, key, params, headers, length, body, fault):
        if self.store.has_bucket:
            self.item(call, kind=2, bucket="b", created=10**18, region="here")
        self.done(call)

    def ListMultipartUploads(self, call, key, params, headers, length, body, fault):
        after = (params.get("key-marker", b""), params.get("upload-id-marker", b""))
        found = sorted(u for u in self.store.unfinished if u > after)
        for upload in found[:3]:
            self.item(call, kind=3, key=upload[0], upload_id=upload[1],
                      created=self.store.unfinished[upload])
        self.done(call, truncated=len(found) > 3)

    def AbortMultipartUpload(self, call, key, params, headers, length, body, fault):
        if self.store.unfinished.pop((key, params["uploadId"]), None) is None:
            self.fail(call, "NoSuchUpload")
        elif self.store.fault("ABORTED", key) == "hangup":
            raise Hangup
        else:
            self.done(call)

    def item(self, call, **fields):
        item = encode_answer(self.schema, **fields)
        self.say("ITEMS", call=call, items=struct.pack("<I", len(item)) + item)

    def done(self, call, **fields):
        self.say("DONE", call=call, answer=encode_answer(self.schema, **fields))

    def ListObjectsV2(self, call, key, params, headers, length, body, fault):
        prefix = params.get("prefix", b"")
        after = params.get("start-after", b"")
        keys = sorted(k for k in self.store.objects if k.startswith(prefix) and k > after)
        page = keys[:3]
        for k in page:
            data, etag = self.store.objects[k]
            item = encode_answer(self.schema, kind=0, key=k, size=len(data),
                                 etag=etag or hashlib.md5(data).hexdigest(),
                                 last_modified=10**18)
            self.say("ITEMS", call=call, items=struct.pack("<I", len(item)) + item)
        if self.store.fault("PAGE", None) == "hangup":
            # Not so fast that the items and the end are seen together.
            time.sleep(0.3)
            raise Hangup
        self.say("DONE", call=call, answer=encode_answer(self.schema,
                                                         truncated=len(keys) > len(page)))


def drain(upload):
    with os.fdopen(upload["fd"], "rb") as pipe:
        upload["data"] = pipe.read()


def encode_answer(schema, **fields):
    out = b""
    for name, value in fields.items():
        if value is None:
            continue
        out += bytes([schema.answer_fields.index(name)])
        if isinstance(value, (int, bool)):
            out += struct.pack("<Q", value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += struct.pack("<I", len(value)) + value
    return out


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, n):
        taken, self.data = self.data[:n], self.data[n:]
        return taken

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def run(self):
        return self.take(self.number("<I"))

    def optional(self):
        return self.run() if self.number("B") else None

    def tagged(self):
        values = {}
        while (tag := self.number("B")) != 0xff:
            values[tag] = self.run()
        return values


def parse(schema, request):
    """What ipc/request.h encodes, as far as it matters here."""
    r = Reader(request)
    r.number("B")
    operation = schema.operations[r.number("B")]
    r.number("B")
    r.optional()
    key = r.optional()
    params = {schema.params[tag]: value for tag, value in r.tagged().items()}
    headers = {schema.headers[tag]: value for tag, value in r.tagged().items()}
    for _ in range(4):
        r.optional()
    r.take(1 + 32)
    return operation, key, params, headers, r.number("<Q")
