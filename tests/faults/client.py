# SPDX-License-Identifier: Apache-2.0
"""A client that remembers what it was told, of a server in which something fails.

What it asks for must happen and be answered so; or it is told of an error of the server's, or nothing,
and then it may have happened or not. Any other answer is a lie.
"""

import base64
import hashlib
import time

from lib import rawhttp, sigv4

SMALL, LARGE, PART = 2_000, 300_000, 100_000
ANSWER_LIMIT_S = 5
SILENCE_MAX = 1		# answers that stay away before it is given up
RECOVERY_LIMIT_S = 20
ERRORS = (500, 503, 507)
LATE_ERRORS = ("InternalError", "ServiceUnavailable")
SUCCESSES = {"GET": (200, 404), "HEAD": (200, 404), "PUT": (200,), "POST": (200,), "DELETE": (204,)}


class Client:
    """`told` are the states that each key may be in: bodies, or None where it is not there."""

    def __init__(self, server, bucket):
        self.server = server
        self.bucket = bucket
        self.told = {}
        self.count = 0
        self.unsure = self.silent = 0
        assert rawhttp.request(server, "PUT", f"/{bucket}").status == 200

    def body(self, size):
        """Bytes that were never put before."""
        self.count += 1
        block = hashlib.sha256(f"{self.bucket}/{self.count}".encode()).digest()
        return (block * (size // len(block) + 1))[:size]

    def ask(self, method, target, headers=(), body=b""):
        """The answer, or None where what happened is not known."""
        target = f"/{self.bucket}{target}"
        fields, _ = sigv4.header_auth(self.server.credentials, method, target, headers, body,
                                      host=self.server.netloc)
        fields.append(("Content-Length", str(len(body))))
        try:
            response = rawhttp.exchange(self.server, rawhttp.head(method, target, fields) + body,
                                        method, ANSWER_LIMIT_S)
        except (OSError, rawhttp.ProtocolError) as e:
            self.silent += isinstance(e, TimeoutError)
            response = None
        # An error may come in an answer that has begun well.
        if response is None or response.status in ERRORS or response.code in LATE_ERRORS:
            self.unsure += 1
            return None
        assert response.status in SUCCESSES[method], (method, target, response, self.server.log())
        return response

    def change(self, key, new, method, headers=(), body=b"", target=None):
        """Asks for what makes the key's state `new`; whether it is so for certain."""
        done = self.ask(method, target or f"/{key}", headers, body)
        before = self.told.get(key, [None])
        self.told[key] = [new] if done else [*before, new]
        return done

    # --- what is asked for

    def put(self, key, size, headers=()):
        body = self.body(size)
        return self.change(key, body, "PUT", headers, body)

    def put_new(self):
        self.put(f"new-{self.count}", SMALL, [("If-None-Match", "*")])

    def delete(self, *keys):
        if len(keys) == 1:
            self.change(keys[0], None, "DELETE")
            return
        named = "".join(f"<Object><Key>{key}</Key></Object>" for key in keys)
        document = f"<Delete>{named}</Delete>".encode()
        digest = base64.b64encode(hashlib.md5(document).digest()).decode()
        done = self.ask("POST", "?delete", [("Content-MD5", digest)], document)
        gone = {e.text for e in done.xml.iterfind("Deleted/Key")} if done else set()
        for key in keys:
            self.told[key] = [None] if key in gone else [*self.told.get(key, []), None]

    def copy(self, source, key):
        if len(self.told[source]) == 1 and self.told[source] != [None]:
            self.change(key, self.told[source][0], "PUT",
                        [("x-amz-copy-source", f"/{self.bucket}/{source}")])

    def upload(self, key, completes=True):
        begun = self.ask("POST", f"/{key}?uploads")
        if not begun:
            return
        upload = begun.xml.findtext("UploadId")
        body = self.body(PART)
        put = self.ask("PUT", f"/{key}?uploadId={upload}&partNumber=1", body=body)
        if put and completes:
            part = f"<Part><PartNumber>1</PartNumber><ETag>{put.get('ETag')}</ETag></Part>"
            self.change(key, body, "POST", target=f"/{key}?uploadId={upload}",
                        body=f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>".encode())
        elif put:
            self.ask("DELETE", f"/{key}?uploadId={upload}")

    def replace(self, key, size):
        """Puts on the condition that it is what it was."""
        found = self.ask("HEAD", f"/{key}")
        if found and found.status == 200 and len(self.told[key]) == 1:
            self.put(key, size, [("If-Match", found.get("ETag"))])

    def read(self, key):
        """Gets it; what is there now, if that is told, is what it stays."""
        got = self.ask("GET", f"/{key}")
        if not got:
            return False
        found = got.body if got.status == 200 else None
        assert found in self.told.get(key, [None]), (key, found and found[:50], self.server.log())
        self.told[key] = [found]
        return True

    def list(self):
        listed = self.ask("GET", "?list-type=2")
        if listed:
            keys = {e.text for e in listed.xml.iter("Key")}
            for key, states in self.told.items():
                assert key in keys if None not in states else key not in keys or len(states) > 1, (
                    key, keys, self.server.log())
        return listed

    def work(self):
        """Some of everything, unless answers stay away."""
        self.silent = 0
        for act, *args in (
                (self.put, "small", SMALL), (self.put, "large", LARGE), (self.put, "small", LARGE),
                (self.read, "large"), (self.put, "large", SMALL), (self.copy, "small", "copy"),
                (self.upload, "parts"), (self.upload, "none", False), (self.replace, "copy", SMALL),
                (self.read, "parts"), (self.put_new,), (self.delete, "copy"),
                (self.put, "one", SMALL), (self.put, "two", LARGE), (self.list,),
                (self.delete, "one", "two")):
            if self.silent < SILENCE_MAX:
                act(*args)

    # --- what must be

    def eventually(self, act, *args):
        """Does it until it is done: not all daemons and workers have come back at once."""
        end = time.monotonic() + RECOVERY_LIMIT_S
        while not act(*args):
            assert time.monotonic() < end, (args, self.server.log())
            time.sleep(0.02)

    def check(self):
        """Changes are made again, everything can be read, and is what it may be."""
        self.eventually(self.put, "recovered", LARGE)
        for key in self.told:
            self.eventually(self.read, key)
        self.eventually(self.list)
