# SPDX-License-Identifier: Apache-2.0
"""Random operations over both dialects, every answer compared with what a model of the store says.

What differs is made as short as it goes and told as the operations that show it. `--seed` begins with another
seed, `--operations` says how many there are, `--long` makes many.
"""

import itertools
import random
import re
import time

import pytest

from lib import coffer, rest

from . import model, operations, wire

SEEDS = (1, 2)
OPERATIONS = 6000
OPERATIONS_LONG = 50_000
TO_FIND = 4000			# operations within which a model that is wrong must show
REPLAYS_MAX = 400
SHORT = 12			# operations that a difference by a planted fault comes down to, at most
RUN = re.compile(r"((..?.?)\2{9})\2+")	# a long key, of which ten repeats tell enough
RUNS = itertools.count()


@pytest.fixture(scope="module")
def server():
    """One of their own, in memory: flushes would be most of the time."""
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    with coffer.Coffer(parent="/dev/shm") as running:
        yield running


def wait_for(server):
    deadline = time.monotonic() + coffer.START_LIMIT_S
    while not server.serves():
        assert time.monotonic() < deadline, server.log()[-4000:]
        time.sleep(server.poll_s)


def difference(server, done, of=model.Model):
    """(how many operations, what was asked, what is right, what was told) at the first answer that is wrong."""
    wait_for(server)		# the answer before may have been that of a daemon that died
    run = f"m{next(RUNS)}-{random.randrange(1 << 32):08x}"
    names = {bucket: f"{run}-{bucket}" for bucket in operations.BUCKETS}
    token = server.ctl("token", "add", run, "--ttl", "1", "--bucket", names["b0"])["token"]["token"]
    right = of()
    try:
        with wire.Wire(server, rest.Store(server.rest_endpoint, token, names["b0"]), names) as line:
            for n, operation in enumerate(done):
                for request, expected in right.do(operation):
                    told = line.ask(request)
                    if not expected == told:
                        return n + 1, request, expected, told
    finally:
        server.ctl("token", "delete", run)
    return None


def shortest(server, done, of=model.Model):
    """Leaves out what the difference does not need: halves first, then single operations."""
    done, step, replays = list(done), max(len(done) // 2, 1), 0
    while step:
        at = 0
        while at < len(done) and replays < REPLAYS_MAX:
            fewer = done[:at] + done[at + step:]
            replays += 1
            found = difference(server, fewer, of) if fewer else None
            if found:
                done = fewer[:found[0]]
            else:
                at += step
        step //= 2
    return done


def short(told):
    body = told["body"]
    if isinstance(body, bytes):
        body = f"{len(body)} bytes {body[:40]!r}"
    return f"{told['status']} {dict(sorted(told['headers'].items()))} {body}"


def describe(done, found):
    _, request, right, told = found
    lines = [*map(repr, done), f"asked: {request.dialect} {request.method} {request.bucket}/{request.key} "
             f"{request.query} {request.headers}", f"right: {short(right)}", f"told:  {short(told)}"]
    return RUN.sub(r"\1…", "\n".join(lines))


def tail(server, done, found, of=model.Model):
    """The shortest that shows the difference, and how it is told."""
    fewer = shortest(server, done[:found[0]], of)
    again = difference(server, fewer, of)
    return fewer, describe(fewer, again or found)


def compare(server, seed, config):
    n = config.getoption("--operations") or (OPERATIONS_LONG if config.getoption("--long") else OPERATIONS)
    print(f"seed {seed}: {n} operations")
    started = time.monotonic()
    done = operations.Maker(seed).make(n)
    found = difference(server, done)
    if found:
        pytest.fail(f"seed {seed}, operation {found[0]}:\n{tail(server, done, found)[1]}")
    print(f"{n / (time.monotonic() - started) * 60:.0f} operations a minute")


@pytest.mark.parametrize("nth", range(len(SEEDS)))
def test_every_answer_is_the_models(server, request, nth):
    chosen = request.config.getoption("--seed")
    compare(server, SEEDS[nth] if chosen is None else chosen + nth, request.config)


def test_every_answer_is_the_models_with_a_seed_of_chance(server, request, record_property):
    chosen = request.config.getoption("--seed")
    seed = random.randrange(1 << 31) if chosen is None else chosen + len(SEEDS)
    record_property("seed of the operations that a model is compared over", seed)
    compare(server, seed, request.config)


# --- short ways that are rarely gone by chance ----------------------------------------------------


def on(kind, n, **how):
    return {"n": n, "kind": kind, "bucket": "b0", "key": "k", **how}


def read_part(kind, n, part):
    return on(kind, n, part=part, conditions={}, range=None, if_range=None, override=False, checksum_mode=False)


EMPTY_LAST_PART = [
    on("begin", 1, fields={}), on("part", 2, upload=1, part=1, size=operations.PART_MIN),
    on("part", 3, upload=1, part=2, size=0), on("complete", 4, upload=1, how="all", condition=None)]
STORIES = {
    "head of an empty last part": [*EMPTY_LAST_PART, read_part("head", 5, 2)],
    "get of an empty last part": [*EMPTY_LAST_PART, read_part("get", 5, 2)],
    "part that is none": [*EMPTY_LAST_PART, read_part("get", 5, 3)],
}


@pytest.mark.parametrize("done", STORIES.values(), ids=STORIES)
def test_a_story_goes_as_the_models(server, done):
    found = difference(server, done)
    if found:
        pytest.fail(describe(done, found))


# --- the comparison can fail ----------------------------------------------------------------------


class OrderOfCharacters(model.Model):
    """Sorts keys as UTF-16 does."""

    def order(self, keys):
        return sorted(keys, key=lambda key: key.encode("utf-16-be"))


class LastPageTruncated(model.Model):
    def page(self, bucket, prefix, delimiter, after, limit):
        items, more = super().page(bucket, prefix, delimiter, after, limit)
        return items, more or (bool(items) and len(items) == limit)


class RangesEndEarly(model.Model):
    def span(self, header, found):
        span = super().span(header, found)
        return span and (span[0], max(span[1] - 1, span[0]))


class WeakTagsMatch(model.Model):
    @staticmethod
    def matches(value, etag, weak=False):
        return model.Model.matches(value, etag, True)


class WritesIgnoreIfMatch(model.Model):
    def check_write(self, condition, existing, key):
        if condition and condition[0] != "if-match":
            super().check_write(condition, existing, key)


class CopiesLoseMetadata(model.Model):
    def copy(self, replace, fields, **how):
        yield from super().copy(replace=replace, fields=fields, **how)
        made = self.find(how["bucket"], how["key"])
        if made and not replace:
            made.fields = {}


class UploadsOutliveCompletion(model.Model):
    def completing(self, number, found, claims, parts):
        told = super().completing(number, found, claims, parts)
        self.begun[number] = found
        return told


class RestShowsMetadata(model.Model):
    def shown_fields(self, found, dialect):
        return super().shown_fields(found, "s3" if found.fields else dialect)


class RestKeepsWhatItDeletes(model.Model):
    def rest_delete(self, bucket, **how):
        before = dict(self.buckets.get("b0", {}))
        yield from super().rest_delete(bucket, **how)
        if "b0" in self.buckets:
            self.buckets["b0"] = before


WRONG = (OrderOfCharacters, LastPageTruncated, RangesEndEarly, WeakTagsMatch, WritesIgnoreIfMatch, CopiesLoseMetadata,
         UploadsOutliveCompletion, RestShowsMetadata, RestKeepsWhatItDeletes)


@pytest.mark.parametrize("of", WRONG, ids=lambda of: of.__name__)
def test_a_model_that_is_wrong_is_found_and_the_way_there_is_short(server, of):
    done = operations.Maker(SEEDS[0], large=False).make(TO_FIND)
    found = difference(server, done, of)
    assert found, "no answer shows that this model is wrong"
    fewer, said = tail(server, done, found, of)
    print(said)
    assert len(fewer) <= SHORT, said
    assert difference(server, fewer) is None, "the right model differs there, too"
