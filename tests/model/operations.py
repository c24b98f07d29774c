# SPDX-License-Identifier: Apache-2.0
"""Random operations on an object store, from a seed.

An operation is a dict that says all of what is done, and depends on no answer: any run of them can be
done again with some left out. An entity tag is named by what it is to be when its turn comes
("current", "other"), an upload by the number of the operation that begins it.
"""

import random

BUCKETS = ("b0", "b1", "b2")		# the token is bound to the first
MISSING_BUCKET = "missing"

KEYS = (
    "a", "a/", "a/b", "a/b/c", "a//b", "a//", "a/b ", "aa", "ab", "a.b", "a-b", "a+b", "a b", "a%20b", "a%2Fb",
    "/", "//", "/a", ".", "..", "../a", "./a", "a/../b", "a/./b", "a/..", "%", "%%", "+", "?", "a?b=c&d", "#", "a#b",
    " ", " a", "a ", "&<>\"'", "é", "e\u0301", "日本/語", "日本/", "\U0001f600", "\uffee", "~", "\\", "a\\b", "*",
    "x" * 1024, "x" * 1023, "x" * 1023 + "y", "é" * 512, "a/" * 512, "\U0001f600" * 256)
BAD_KEYS = ("x" * 1025, "é" * 513, "a/" * 512 + "b")
PREFIXES = ("", "a", "a/", "a/b", "a//", "/", ".", "é", "日", "x" * 1023, "b", "%", " ")
DELIMITERS = ("", "/", "//", "b", "é", "/b", " ", "+")
SIZES = (0, 1, 2, 10, 100, 4095, 4096, 4097, 16383, 16384, 16385, 32768, 65535, 65536, 65537, 70 << 10)
PART_MIN = 5 << 20
TYPES = ("text/plain", "image/png; a=b")
PAGES_MAX = 6

WEIGHTS = {
    "put": 20, "get": 16, "head": 6, "delete": 8, "delete_objects": 3, "copy": 8, "list_v1": 4, "list_v2": 6,
    "begin": 4, "part": 8, "part_copy": 2, "complete": 5, "abort": 1, "parts": 2, "uploads": 2,
    "create_bucket": 1, "delete_bucket": 1, "head_bucket": 1, "list_buckets": 1, "tags": 1, "attributes": 2,
    "rest_put": 10, "rest_get": 8, "rest_head": 3, "rest_delete": 4, "rest_list": 4,
}


class Maker:
    """Makes one operation after another; few keys at a time, so that they meet."""

    def __init__(self, seed, large=True):
        self.random = random.Random(seed)
        self.large = large
        self.number = 0
        self.begun = []
        self.keys = self.random.sample(KEYS, 16)

    def make(self, n):
        return [self.one() for _ in range(n)]

    def one(self):
        self.number += 1
        if self.number % 200 == 0:
            self.keys = self.random.sample(KEYS, 16)
        kind = self.random.choices(list(WEIGHTS), WEIGHTS.values())[0]
        operation = {"n": self.number, "kind": kind, **getattr(self, kind.removeprefix("rest_"), self.plain)(kind)}
        if kind == "begin":
            self.begun.append((operation["n"], operation["bucket"], operation["key"]))
        return operation

    # What they are made of

    def chance(self, share):
        return self.random.random() < share

    def bucket(self):
        return MISSING_BUCKET if self.chance(0.02) else self.random.choice(BUCKETS)

    def key(self):
        return self.random.choice(BAD_KEYS) if self.chance(0.01) else self.random.choice(self.keys)

    def place(self):
        return {"bucket": self.bucket(), "key": self.key()}

    def meta(self):
        fields = {}
        if self.chance(0.5):
            fields["content-type"] = self.random.choice(TYPES)
        for name, value in (("cache-control", "max-age=60"), ("content-language", "de"),
                            ("content-disposition", 'attachment; filename="a b"'), ("content-encoding", "x-odd"),
                            ("expires", "Thu, 01 Dec 2033 16:00:00 GMT")):
            if self.chance(0.1):
                fields[name] = value
        return fields

    def user_meta(self):
        return {f"x-amz-meta-{name}": self.random.choice(("1", "a b", "a,b", '"', "e=%20"))
                for name in ("a", "b-c", "d_e") if self.chance(0.2)}

    def write_condition(self):
        if self.chance(0.75):
            return None
        return self.random.choice((("if-none-match", "*"), ("if-match", "current"), ("if-match", "other"),
                                   ("if-match", "*")))

    def read_conditions(self):
        found = {}
        if self.chance(0.3):
            name = self.random.choice(("if-match", "if-none-match"))
            found[name] = self.random.choice(("current", "other", "*", "list", "weak"))
        if self.chance(0.15):
            name = self.random.choice(("if-modified-since", "if-unmodified-since"))
            found[name] = self.random.choice(("past", "future", "odd"))
        return found

    def range(self):
        if self.chance(0.6):
            return None
        a = self.random.choice((0, 0, 1, 5, 99, 4096, 16384, 70000, 1 << 40))
        b = a + self.random.choice((0, 1, 9, 5000, 1 << 30, 1 << 64))
        return self.random.choice((f"bytes={a}-{b}", f"bytes={a}-", f"bytes=-{a}", f"bytes=-{b}", "bytes=5-2",
                                   "bytes=a-b", f"lines={a}-{b}", "bytes=-", f"bytes={a}"))

    # One for each kind; those of REST are made as S3's are

    def plain(self, kind):
        return {"bucket": self.bucket()}

    def put(self, kind):
        rest = kind == "rest_put"
        return {**self.place(), "size": self.random.choice(SIZES), "fields": {**self.meta(),
                **({} if rest else self.user_meta())}, "condition": self.write_condition(),
                "digest": self.random.choice((None, None, None, "right", "wrong")) if self.chance(0.3) else None,
                "checksum": None if rest or self.chance(0.7) else self.random.choice(("CRC32", "SHA256", "SHA1")),
                "mode": self.random.choice(("signed", "unsigned", "streaming", "chunks"))}

    def get(self, kind):
        place, part = self.place(), None
        if kind in ("get", "head") and self.chance(0.1):
            part = self.random.choice((1, 1, 2, 3, 10000))
            _, place["bucket"], place["key"] = self.random.choice(self.begun[-5:] or [(0, *place.values())])
        return {**place, "conditions": self.read_conditions(), "range": None if part else self.range(),
                "part": part, "if_range": self.random.choice((None, None, "current", "other", "past")),
                "override": kind == "get" and self.chance(0.1), "checksum_mode": self.chance(0.3)}

    head = get

    def delete(self, kind):
        condition = ("if-match", self.random.choice(("current", "other", "*"))) if self.chance(0.2) else None
        return {**self.place(), "condition": condition}

    def delete_objects(self, kind):
        keys = [self.random.choice(self.keys) for _ in range(self.random.randrange(1, 6))]
        return {"bucket": self.bucket(), "keys": keys, "quiet": self.chance(0.3)}

    def copy(self, kind):
        condition = None
        if self.chance(0.3):
            condition = (self.random.choice(("if-match", "if-none-match")), self.random.choice(("current", "other")))
        return {**self.place(), "source_bucket": self.bucket(), "source_key": self.random.choice(self.keys),
                "replace": self.chance(0.4), "fields": {**self.meta(), **self.user_meta()}, "condition": condition}

    def tags(self, kind):
        return self.place()

    attributes = tags

    def list_v1(self, kind):
        return {"bucket": self.bucket(), "prefix": self.random.choice(PREFIXES),
                "delimiter": self.random.choice(DELIMITERS),
                "after": self.random.choice((None, None, self.random.choice(KEYS), self.random.choice(PREFIXES))),
                "limit": self.random.choice((None, 1, 2, 3, 7, 1000, 5000, 0)), "url": self.chance(0.5),
                "by_token": self.chance(0.5)}

    list_v2 = list_v1

    def list(self, kind):
        return {"bucket": "b0", "prefix": self.random.choice(PREFIXES),
                "after": self.random.choice((None, None, self.random.choice(KEYS))),
                "limit": self.random.choice((None, 1, 2, 3, 7, 1000, 5000, 0))}

    def begin(self, kind):
        return {**self.place(), "fields": {**self.meta(), **self.user_meta()}}

    def upload(self):
        """One that was begun, mostly of late, and mostly with the right key."""
        if not self.begun or self.chance(0.05):
            return {**self.place(), "upload": 0}
        number, bucket, key = self.random.choice(self.begun[-5:])
        if self.chance(0.05):
            key = self.key()
        return {"bucket": bucket, "key": key, "upload": number}

    def part(self, kind):
        """The first is often as large as one must be behind which there are others."""
        number = self.random.choice((1, 1, 2, 2, 3, 9999, 10000))
        size = self.random.choice((0, *SIZES))
        if self.large and self.chance(0.2 if number == 1 else 0.02):
            size = PART_MIN + self.random.choice((0, 1, 77))
        return {**self.upload(), "part": number, "size": size}

    def part_copy(self, kind):
        a = self.random.choice((0, 1, 50, 4000))
        return {**self.upload(), "part": self.random.choice((1, 2, 3)), "source_bucket": self.bucket(),
                "source_key": self.random.choice(self.keys),
                "range": (a, a + self.random.choice((0, 10, 5000))) if self.chance(0.5) else None}

    def complete(self, kind):
        return {**self.upload(), "how": self.random.choices(
            ("last", "all", "wrong", "disordered", "unknown", "again"), (6, 3, 1, 1, 1, 2))[0],
            "condition": self.write_condition() if self.chance(0.3) else None}

    def abort(self, kind):
        return self.upload()

    def parts(self, kind):
        return {**self.upload(), "limit": self.random.choice((None, 1, 2, 1000)),
                "after": self.random.choice((None, 0, 1, 2, 10000))}

    def uploads(self, kind):
        return {"bucket": self.bucket(), "prefix": self.random.choice(PREFIXES),
                "delimiter": self.random.choice(("", "/")), "limit": self.random.choice((None, 1, 2, 3, 1000)),
                "url": self.chance(0.5)}
