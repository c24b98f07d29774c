# SPDX-License-Identifier: Apache-2.0
"""Clients of both dialects that work on the same few keys at once, and write down what they were told."""

import collections
import hashlib
import itertools
import random
import threading
import time

from lib import rawhttp, rest, sigv4

from .history import NEVER, SOMETHING, Event

BUCKET = "history"
KEYS = 4			# that clients meet on at a time
EVENTS = 60			# of a round of keys; then come others, for histories to stay short
SIZES = (100, 100, 4000, 100_000, 300_000)
WAIT_S = 0.02			# before a client that got no answer asks again
TIMEOUT_S = 30


class Broken(Exception):
    """An answer that is wrong whatever happened before it."""


class Book:
    """What all clients did: the events of each key, and which value each entity tag is of."""

    def __init__(self):
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        self.events = collections.defaultdict(list)
        self.values = {}
        self.tags = {}
        self.bodies = {}
        self.round = 0
        self.in_round = 0
        self.count = collections.Counter()

    def keys(self):
        """The keys of this round. A list of the one before may still be under way, and is of that."""
        with self.lock:
            self.in_round += 1
            if self.in_round > EVENTS:
                self.round, self.in_round = self.round + 1, 0
            return [f"{self.round:06d}/{n}" for n in range(KEYS)]

    def new_value(self, size, is_multipart=False):
        """A value that nobody else writes: its number, and its bytes."""
        with self.lock:
            value = next(self.numbers)
        body = (b"%d." % value * (size // 2))[:size]
        digest = hashlib.md5(body)
        tag = f'"{hashlib.md5(digest.digest()).hexdigest()}-1"' if is_multipart else f'"{digest.hexdigest()}"'
        with self.lock:
            self.values[tag] = value
            self.tags[value] = tag
            self.bodies[value] = hashlib.sha256(body).digest()
        return value, body

    def read(self, key, tag, body=None):
        """The value that an answer shows."""
        value = self.values.get(tag)
        if value is None:
            raise Broken(f"{key} has {tag}, which nobody has written")
        if body is not None and hashlib.sha256(body).digest() != self.bodies[value]:
            raise Broken(f"{key} has {tag} and {len(body)} bytes of something else")
        return value

    def note(self, key, event):
        with self.lock:
            self.events[key].append(event)
            self.count[f"{event.act}, {'unanswered' if event.is_open else 'done' if event.done else 'refused'}"] += 1


class Client(threading.Thread):
    """Works until it is told to stop. `dialect` decides which door it takes, and what it can do there."""

    acts = ("put", "put", "create", "create", "replace", "replace", "get", "get", "get", "delete", "list")

    def __init__(self, server, book, seed):
        super().__init__(daemon=True)
        self.server = server
        self.door = server
        self.book = book
        self.random = random.Random(seed)
        self.stopping = threading.Event()
        self.connection = None
        self.last = {}
        self.errors = []

    def run(self):
        try:
            while not self.stopping.is_set():
                act = self.random.choice(self.acts)
                keys = self.book.keys()
                getattr(self, act)(keys if act == "list" else self.random.choice(keys))
        except Exception as e:  # a thread's exception must fail the test, not vanish
            self.errors.append(repr(e))
        finally:
            self.hang_up()

    def hang_up(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def ask(self, method, key, headers=(), body=b"", query=()):
        """(when it was sent, when it was answered, the answer), the last two NEVER and None where there is none."""
        begin = time.monotonic()
        try:
            self.connection = self.connection or rawhttp.Connection(self.door, TIMEOUT_S)
            self.connection.send(self.request(method, key, list(headers), body, query))
            response = self.connection.receive(method)
        except (OSError, rawhttp.ProtocolError):
            response = None
        end = time.monotonic()
        if response is None or response.get("Connection", "").lower() == "close":
            self.hang_up()
        # From 500 on it may have happened. So it may where a copy or completion was begun as a success.
        if response is None or response.status >= 500 or self.code(method, response):
            time.sleep(WAIT_S)
            return begin, NEVER, None
        return begin, end, response

    def code(self, method, response):
        """The name of an error behind a status that is none."""
        return None

    def change(self, act, key, value, asked, old=None):
        """Notes what became of a change."""
        begin, end, response = asked
        if response is None:
            self.book.note(key, Event(act, begin, NEVER, value, old, None))
        elif response.status in (200, 204):
            self.book.note(key, Event(act, begin, end, value, old))
            self.last[key] = value
        elif act in ("create", "replace", "remove") and response.status in (404, 412):
            self.book.note(key, Event(act, begin, end, value, old, False))
        elif response.status != 409:		# another change came between, so this one did not happen
            raise Broken(f"{act} of {key}: {response.status} {response.body[:300]}")

    # What clients do

    def put(self, key, act="write", condition=(), old=None):
        value, body = self.book.new_value(self.random.choice(SIZES))
        self.change(act, key, value, self.ask("PUT", key, condition, body), old)

    def create(self, key):
        self.put(key, "create", [("If-None-Match", "*")])

    def replace(self, key):
        old = self.last.get(key)
        if old is None:
            return self.get(key)
        return self.put(key, "replace", [("If-Match", self.book.tags[old])], old)

    def get(self, key):
        begin, end, response = self.ask("GET", key)
        if response is None:
            return
        if response.status not in (200, 404):
            raise Broken(f"GET of {key}: {response.status} {response.body[:300]}")
        value = self.book.read(key, response.get("ETag"), response.body) if response.status == 200 else None
        self.last[key] = value
        self.book.note(key, Event("read", begin, end, value))

    def list(self, keys):
        prefix = keys[0].partition("/")[0] + "/"
        begin, end, response = self.ask("GET", None, query=[*self.list_query, ("prefix", prefix)])
        if response is None:
            return
        if response.status != 200:
            raise Broken(f"list: {response.status} {response.body[:300]}")
        shown = self.shown(response)
        if not set(shown) <= set(keys):
            raise Broken(f"a list of {prefix} has {sorted(shown)}")
        for key in keys:
            self.book.note(key, Event("read", begin, end, shown.get(key)))


class S3Client(Client):
    acts = (*Client.acts, "multipart", "copy")
    list_query = (("list-type", "2"),)

    def request(self, method, key, headers, body, query):
        target = sigv4.target(BUCKET, key, query)
        fields, _ = sigv4.header_auth(self.server.credentials, method, target, headers, body, host=self.server.netloc)
        if method != "GET":
            fields.append(("Content-Length", str(len(body))))
        return rawhttp.head(method, target, fields) + body

    def code(self, method, response):
        return response.code if method != "GET" and response.status == 200 else None

    def delete(self, key):
        self.change("write", key, None, self.ask("DELETE", key))

    def multipart(self, key):
        begun = self.ask("POST", key, query=[("uploads", None)])[2]
        if begun is None:
            return
        value, body = self.book.new_value(self.random.choice(SIZES), is_multipart=True)
        upload = ("uploadId", begun.xml.findtext("UploadId"))
        part = self.ask("PUT", key, body=body, query=[("partNumber", "1"), upload])[2]
        if part is None:
            return
        if part.status != 200:
            raise Broken(f"part of {key}: {part.status} {part.body[:300]}")
        document = ("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
                    f"<ETag>{part.get('ETag')}</ETag></Part></CompleteMultipartUpload>").encode()
        self.change("write", key, value, self.ask("POST", key, body=document, query=[upload]))

    def copy(self, key):
        """Of an object that is nobody else's."""
        source = f"source/{key}/{next(self.book.numbers)}"
        value, body = self.book.new_value(self.random.choice(SIZES))
        put = self.ask("PUT", source, body=body)[2]
        if put is not None:
            self.change("write", key, value, self.ask("PUT", key, [("x-amz-copy-source", f"/{BUCKET}/{source}")]))

    def shown(self, response):
        return {e.findtext("Key"): self.book.read(e.findtext("Key"), e.findtext("ETag"))
                for e in response.xml.iter("Contents")}


class RestClient(Client):
    list_query = ()

    def __init__(self, server, book, seed, token):
        super().__init__(server, book, seed)
        self.door = rest.Store(server.rest_endpoint, token, BUCKET)

    def request(self, method, key, headers, body, query):
        path = rest.listing(**dict(query)) if key is None else rest.target(key)
        return self.door.head(method, path, headers, len(body) if method == "PUT" else None) + body

    def delete(self, key):
        self.change("remove", key, None, self.ask("DELETE", key))

    def shown(self, response):
        return dict.fromkeys(rest.document(response)["keys"], SOMETHING)
