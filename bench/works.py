# SPDX-License-Identifier: Apache-2.0
"""What is asked of Coffer and of its peers, what that is compared with, and the goals of issue 6.

The goals are those of one host with two processors, the generator on it too.
"""

import dataclasses

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
BUCKET, FEW_BUCKET, MANY_BUCKET = "coffer-bench", "coffer-bench-few", "coffer-bench-many"
FEW_MEMBERS = 10


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much of everything there is; bytes, where it is not a number of keys."""
    keys: int = 1000
    # With all that it takes to find them, three times what stored's object-memory holds.
    spread: int = 20_000
    small: int = 4 * KIB
    large: int = 64 * MIB
    part: int = 8 * MIB
    whole: int = GIB
    range: int = MIB
    page: int = 1000
    members: int = 1000
    huge: int = 10 * GIB
    huge_part: int = 64 * MIB

    @property
    def many(self):
        return self.page * self.members

    @property
    def few(self):
        return self.page * FEW_MEMBERS


# Shows that every work runs, in a few seconds, and says nothing about speed.
QUICK = Sizes(keys=50, spread=100, large=10 * MIB, part=5 * MIB, whole=16 * MIB, page=50, members=20,
              huge=30 * MIB, huge_part=5 * MIB)


@dataclasses.dataclass(frozen=True)
class Goal:
    """At least so much of the other's rate; or, of a ratio of times, at most so much of its time."""
    figure: float
    is_most: bool = False

    def is_reached(self, ratio):
        return ratio <= self.figure if self.is_most else ratio >= self.figure


@dataclasses.dataclass(frozen=True)
class Load:
    """Arguments of bench/load; with a number of requests in place of a time, if there is one."""
    arguments: tuple
    requests: int = 0

    def on(self, stage, target):
        limit = ("--requests", self.requests) if self.requests else ("--seconds", stage.seconds)
        return stage.generator.load(target, self.arguments, limit)


@dataclasses.dataclass(frozen=True)
class Deletion:
    """One DeleteObjects of many keys, put there before the clock starts."""
    keys: int
    size: int

    def on(self, stage, target):
        stage.fill(target, BUCKET, "d{key}", self.keys, self.size)
        return stage.delete(target, BUCKET, [f"d{n:06}" for n in range(self.keys)])


@dataclasses.dataclass(frozen=True)
class Beside:
    """What a work is compared with: nginx, the loop of files, md5, or Coffer itself with other work."""
    name: str
    kind: str
    load: Load | None = None


@dataclasses.dataclass(frozen=True)
class Work:
    name: str
    asked: Load | Deletion
    beside: Beside
    goal: Goal | None = None
    in_bytes: bool = False
    has_curve: bool = False
    of_lists: bool = False
    of_spread: bool = False

    def rate(self, got):
        return got["bytes" if self.in_bytes else "requests"] / got["seconds"]

    def ratio(self, coffer, beside):
        """Of rates; of times, which is the other way round, where the goal is one of times."""
        ratio = self.rate(coffer) / self.rate(beside)
        return 1 / ratio if self.goal and self.goal.is_most else ratio


def amount(size):
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} B"


def _small(sizes, connections, *more):
    return Load(("--path", f"/{BUCKET}/k{{key}}", "--keys", sizes.keys, "--size", sizes.small,
                 "--connections", connections, *more))


def _nginx(*arguments):
    return Beside("nginx", "nginx", Load(arguments))


def _nginx_small(sizes, connections, *more):
    return _nginx("--path", "/k{key}", "--keys", sizes.keys, "--size", sizes.small,
                  "--connections", connections, *more)


FILES = Beside("loop of files", "files")
MD5 = Beside("one core's MD5", "md5")


def small_works(sizes):
    size = amount(sizes.small)
    spread = Load(("--path", f"/{BUCKET}/s{{key}}", "--keys", sizes.spread, "--size", sizes.small,
                   "--connections", 32))
    return (
        Work(f"GET {size}, 32 connections", _small(sizes, 32), _nginx_small(sizes, 32),
             Goal(0.4), has_curve=True),
        Work(f"GET {size}, 1 connection", _small(sizes, 1), _nginx_small(sizes, 1),
             has_curve=True),
        Work(f"GET {size} of {sizes.spread:,} keys, 32 connections", spread,
             Beside(f"of {sizes.keys:,} keys", "coffer", _small(sizes, 32)), of_spread=True),
        Work("HEAD, 32 connections", _small(sizes, 32, "--method", "HEAD"),
             _nginx_small(sizes, 32, "--method", "HEAD"), Goal(0.4)),
        Work(f"PUT {size}, durable, 32 connections", _small(sizes, 32, "--method", "PUT"), FILES,
             Goal(4), has_curve=True),
        Work(f"PUT {size}, durable, 1 connection", _small(sizes, 1, "--method", "PUT"), FILES,
             Goal(1), has_curve=True),
    )


def large_works(sizes):
    def whole(bucket, name):
        return ("--path", f"{bucket}/{name}", "--size", sizes.large, "--connections", 4)

    def ranges(bucket):
        return ("--path", f"{bucket}/whole", "--range", sizes.range, "--of", sizes.whole,
                "--keys", 256, "--connections", 8)

    size = amount(sizes.large)
    beside = _nginx(*whole("", "large"))
    return (
        Work(f"GET {size}, 4 connections", Load(whole(f"/{BUCKET}", "large")), beside,
             Goal(0.95), in_bytes=True),
        Work(f"GET {size} in parts of {amount(sizes.part)}, 4 connections",
             Load(whole(f"/{BUCKET}", "parts")), beside, Goal(0.85), in_bytes=True),
        Work(f"GET {amount(sizes.range)} out of {amount(sizes.whole)}, 8 connections",
             Load(ranges(f"/{BUCKET}")), _nginx(*ranges("")), Goal(0.9), in_bytes=True),
    )


def list_works(sizes):
    def page(bucket):
        # Not the last pages, of which those of the smaller bucket would be shorter.
        query = f"list-type=2&max-keys={sizes.page}&start-after={{group}}"
        return Load(("--path", f"/{bucket}", "--query", query, "--group", 1,
                     "--keys", sizes.page * 9 // 10, "--least", sizes.page * 100))

    def prefixes(bucket):
        query = f"delimiter=%2F&list-type=2&max-keys={sizes.page}"
        return Load(("--path", f"/{bucket}", "--query", query, "--least", sizes.page * 40))

    few, many = f"{sizes.few:,} keys", f"{sizes.many:,} keys"
    return (
        Work(f"list page, {many}", page(MANY_BUCKET),
             Beside(few, "coffer", page(FEW_BUCKET)), Goal(1.2, True), of_lists=True),
        Work(f"delimiter page, {many}", prefixes(MANY_BUCKET),
             Beside(few, "coffer", prefixes(FEW_BUCKET)), Goal(1.2, True), of_lists=True),
        Work(f"delimiter page, {many}", prefixes(MANY_BUCKET),
             Beside("flat page", "coffer", page(MANY_BUCKET)), Goal(5, True), of_lists=True),
    )


def deletion_work(sizes):
    puts = Load(("--method", "PUT", "--path", f"/{BUCKET}/d{{key}}", "--keys", sizes.keys,
                 "--size", sizes.small), sizes.keys)
    return Work(f"DeleteObjects of {sizes.keys:,} keys of {amount(sizes.small)}",
                Deletion(sizes.keys, sizes.small),
                Beside("their PUTs, one by one", "coffer", puts), Goal(1 / 15, True))


def on_disk(sizes):
    return (*small_works(sizes), *large_works(sizes), *list_works(sizes), deletion_work(sizes))


def in_memory(sizes):
    def put(connections):
        return Load(("--method", "PUT", "--path", f"/{BUCKET}/large{{key}}", "--keys", 4,
                     "--size", sizes.large, "--unsigned-payload", "--connections", connections))

    size = amount(sizes.large)
    return (
        Work(f"PUT {size} on tmpfs, 1 connection", put(1), MD5, Goal(0.7), in_bytes=True),
        Work(f"PUT {size} on tmpfs, 4 connections", put(4), MD5, Goal(0.8), in_bytes=True),
    )
