# SPDX-License-Identifier: Apache-2.0
"""T30 by timing: who is refused has cost the same whatever is there, since nothing was looked up for him. Told by
what stored counts of its work, and not by a clock; bench/strangers has the clock."""

import base64
import hashlib
import uuid

import pytest

from hostile import test_authorisation as authorisation
from hostile import test_bucket_policies as policies
from hostile import test_neighbours as neighbours
from lib import metrics, rawhttp

pytestmark = pytest.mark.usefixtures("unharmed")

# One look-up for each request is as many; what stored does by itself meanwhile is fewer.
REQUESTS = 20
READS = "coffer_stored_catalog_reads_total"
CHANGES = "coffer_stored_commit_changes_sum"
FLUSHES = "coffer_stored_flush_seconds_count"
# What is in memory is looked for behind the refusal, too: it tells what others have read.
RECALLS = "coffer_stored_recalls_total"

# Method, target, headers, body: {b} is the victim's bucket, {o} one's own, {k} a key and {u} an upload of the victim's.
OPERATIONS = [(method, "/{b}/{k}" + query, authorisation.extra_headers(query, body), body)
              for method, _, query, body in authorisation.TWINS]
OPERATIONS += [("GET", "/{b}/{k}", [("If-None-Match", "*")], b""),
               ("PUT", "/{b}/{k}", [("If-None-Match", "*")], b"new"),
               ("PUT", "/{o}/copy", [("x-amz-copy-source", "/{b}/{k}")], b""),
               ("POST", "/{b}?delete", [], b"<Delete><Object><Key>{k}</Key></Object></Delete>"),
               ("GET", "/{b}?list-type=2&prefix={k}", [], b"")]


class Found:
    """What the victim has: a bucket with an object of a file of its own, and an upload with a part."""

    def __init__(self, victim, bucket):
        self.bucket = bucket
        assert rawhttp.request(victim, "PUT", f"/{bucket}").status == 200
        assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=b"x" * 300_000).status == 200
        self.upload = rawhttp.request(victim, "POST", f"/{bucket}/k?uploads").xml.findtext("UploadId")
        part = f"/{bucket}/k?uploadId={self.upload}&partNumber=1"
        assert rawhttp.request(victim, "PUT", part, body=b"part").status == 200


@pytest.fixture(scope="module")
def stranger(victim):
    return neighbours.Tenant(victim, "stranger")


@pytest.fixture(scope="module")
def plain(victim):
    return Found(victim, f"plain-{uuid.uuid4().hex[:12]}")


@pytest.fixture(scope="module")
def ajar(victim, stranger):
    """Open to the stranger, for other keys than those that he asks for."""
    made = Found(victim, f"ajar-{uuid.uuid4().hex[:12]}")
    policies.say(victim, made.bucket, policies.statement(stranger.id, "s3:*Object", made.bucket, key="open/*"))
    return made


def fill(operation, found, own, key, upload):
    method, target, headers, body = operation
    names = {"b": found.bucket, "o": own, "k": key, "u": upload}
    body = body.replace(b"{k}", key.encode())
    md5 = [("Content-MD5", base64.b64encode(hashlib.md5(body).digest()).decode())] if "?delete" in target else []
    return (method, target.format(**names),
            [(name, value.format(**names)) for name, value in headers if name != "Content-MD5"] + md5, body)


def work(victim, ask):
    """What stored has counted while so many were asked and refused: reads, recalls, changes, flushes, refusals."""
    def counted():
        told = metrics.scrape(victim)
        return [told.sum(READS), told.sum(RECALLS), told.sum(CHANGES), told.sum(FLUSHES),
                told.sum("coffer_stored_refusals_total", error="AccessDenied")]

    before = counted()
    for _ in range(REQUESTS):
        assert ask().status == 403
    return [after - was for after, was in zip(counted(), before, strict=True)]


def refused_unseen(victim, stranger, found, operation, asked=None):
    there = fill(operation, found, stranger.bucket, "k", found.upload)
    missing = fill(operation, found, stranger.bucket, "missing", "0" * len(found.upload))
    asked = asked or (lambda request: rawhttp.request(stranger, *request))
    # The policy of the bucket is read the first time that somebody comes.
    asked(there)
    for request in (there, missing):
        *done, refusals = work(victim, lambda request=request: asked(request))
        assert refusals == REQUESTS, "stored has not heard of them: nothing is shown"
        assert all(n < REQUESTS for n in done), f"{request[:2]}: reads, recalls, changes, flushes {done}"


def label(operation):
    method, target, headers, _ = operation
    return " ".join([method, target, *(name for name, _ in headers)])


@pytest.mark.parametrize("operation", OPERATIONS, ids=label)
def test_t30_nothing_is_looked_up_for_who_is_refused(victim, stranger, plain, operation):
    refused_unseen(victim, stranger, plain, operation)


@pytest.mark.parametrize("operation", OPERATIONS, ids=label)
def test_t30_nothing_is_looked_up_for_who_is_let_to_other_keys(victim, stranger, ajar, operation):
    refused_unseen(victim, stranger, ajar, operation)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_t23_nothing_is_looked_up_for_nobody(victim, stranger, plain, method):
    refused_unseen(victim, stranger, plain, (method, "/{b}/{k}", [], b""),
                   lambda request: policies.ask_as_nobody(victim, *request))


def test_what_is_looked_up_is_counted(victim, plain):
    """Or else none of this shows anything."""
    before = metrics.scrape(victim).sum(READS)
    for _ in range(REQUESTS):
        assert rawhttp.request(victim, "HEAD", f"/{plain.bucket}/missing").status == 404
    assert metrics.scrape(victim).sum(READS) - before >= REQUESTS


def test_what_is_in_memory_is_counted(victim, plain):
    assert rawhttp.request(victim, "HEAD", f"/{plain.bucket}/k").status == 200
    before = [metrics.scrape(victim).sum(name) for name in (RECALLS, READS)]
    for _ in range(REQUESTS):
        assert rawhttp.request(victim, "HEAD", f"/{plain.bucket}/k").status == 200
    after = [metrics.scrape(victim).sum(name) for name in (RECALLS, READS)]
    assert after[0] - before[0] >= REQUESTS > after[1] - before[1]
