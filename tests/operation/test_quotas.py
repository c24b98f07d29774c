# SPDX-License-Identifier: Apache-2.0
"""What tenants and buckets use and may use: as operators see and say it, and as clients meet it."""

import concurrent.futures
import os
import re
import sqlite3
import threading

import pytest

from lib import metrics, rawhttp, rest

WRITERS = 32
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
LARGE = 300_000
OF_BUCKET = "The request would exceed the bucket's quota of bytes."
OF_TENANT = "The request would exceed the quota of bytes of the bucket's owner."


@pytest.fixture
def bucket(server, bucket_name):
    assert rawhttp.request(server, "PUT", f"/{bucket_name}").status == 200
    yield bucket_name
    server.ctl("tenant", "quota", "default", "--bytes", "none", "--objects", "none")
    server.ctl("bucket", "delete", bucket_name, "--with-objects", "--yes")


@pytest.fixture
def store(server, bucket):
    """The same bucket by the other dialect."""
    token = server.ctl("token", "add", f"t-{bucket}", "--ttl", "1", "--bucket", bucket)["token"]
    return rest.Store(server.rest_endpoint, token["token"], bucket)


def put(server, target, size, headers=()):
    return rawhttp.request(server, "PUT", target, headers, b"q" * size)


def usage(server, bucket):
    """Of the bucket, and of its tenant."""
    tenant = server.ctl("tenant", "usage", "default")["tenants"][0]
    return next(b for b in tenant["buckets"] if b["name"] == bucket), tenant


def refused(answer, sentence):
    assert (answer.status, answer.code) == (403, "QuotaExceeded"), answer.body
    assert answer.xml.findtext("Message") == sentence
    return True


# --- operators --------------------------------------------------------------------------------


def test_usage_is_told_of_each_bucket_and_each_tenant(server, bucket):
    assert put(server, f"/{bucket}/a", 1000).status == 200
    assert put(server, f"/{bucket}/b", 2 * KIB).status == 200
    begun = rawhttp.request(server, "POST", f"/{bucket}/c?uploads").xml.findtext("UploadId")
    assert put(server, f"/{bucket}/c?partNumber=1&uploadId={begun}", 500).status == 200
    mine, all_of_it = usage(server, bucket)
    assert mine == {"name": bucket, "objects": 2, "bytes": 1000 + 2 * KIB, "uploads": 1,
                    "upload_bytes": 500, "quota": {"bytes": None, "objects": None}}
    assert all_of_it["bytes"] == sum(b["bytes"] for b in all_of_it["buckets"])
    server.ctl("tenant", "create", f"n{bucket}"[:60])
    told = {t["name"]: t for t in server.ctl("tenant", "usage")["tenants"]}
    assert told["default"]["bytes"] == all_of_it["bytes"]
    assert told[f"n{bucket}"[:60]]["objects"] == 0
    shown = server.control("tenant", "usage", "default").stdout
    assert re.search(rf"^default +{bucket} +2 +1 +500 bytes +3 +3\.5 KiB$", shown, re.MULTILINE), shown
    assert re.search(r"^default +\(all\) ", shown, re.MULTILINE)


def test_quotas_are_set_shown_and_taken_away(server, bucket):
    told = server.ctl("bucket", "quota", bucket, "--bytes", "10GiB", "--objects", "7")["bucket"]
    assert told["quota"] == {"bytes": 10 * GIB, "objects": 7}
    # One of them stays as it was.
    told = server.ctl("bucket", "quota", bucket, "--tenant", "default", "--bytes", "1 MiB")["bucket"]
    assert told["quota"] == {"bytes": MIB, "objects": 7}
    told = server.ctl("tenant", "quota", "default", "--objects", "1000")["tenant"]
    assert told["quota"] == {"bytes": None, "objects": 1000}
    assert server.ctl("bucket", "quota", bucket)["bucket"]["quota"] == {"bytes": MIB, "objects": 7}
    shown = server.control("bucket", "quota", bucket).stdout
    assert "0 bytes of 1.0 MiB" in shown and "0 of 7" in shown
    told = server.ctl("bucket", "quota", bucket, "--bytes", "none", "--objects", "none")["bucket"]
    assert told["quota"] == {"bytes": None, "objects": None}


def test_who_orders_a_quota_stands_in_the_log_with_it(server, bucket):
    server.ctl("bucket", "quota", bucket, "--bytes", "10GiB", "--objects", "7")
    server.ctl("bucket", "quota", bucket, "--bytes", "none")
    server.ctl("tenant", "quota", "default", "--objects", "1000")
    by = f"by=uid:{os.getuid()}"
    for ordered in (f"bucket={bucket} bytes={10 * GIB} objects=7", f"bucket={bucket} bytes=none objects=-",
                    "bucket=- bytes=- objects=1000"):
        assert f"quota-ordered tenant=default {ordered} {by}" in server.log()


@pytest.mark.parametrize("said", [
    ("--bytes", "10GB"), ("--bytes", "-1"), ("--bytes", "1.5GiB"), ("--bytes", ""),
    ("--bytes", "16777216TiB"), ("--bytes", "9223372036854775808"), ("--objects", "1KiB"),
    ("--objects", "many"), ("--objects", "9223372036854775808")])
def test_what_is_no_quota_is_refused_and_changes_nothing(server, bucket, said):
    server.ctl("bucket", "quota", bucket, "--bytes", "5MiB", "--objects", "5")
    done = server.control("bucket", "quota", bucket, *said)
    assert done.returncode == 2 and said[0] in done.stderr and not done.stdout
    assert server.ctl("bucket", "quota", bucket)["bucket"]["quota"] == {
        "bytes": 5 * MIB, "objects": 5}


def test_of_what_is_not_there_nothing_is_told(server):
    for said in (("bucket", "quota", "nobody-has-it"), ("tenant", "quota", "nobody"),
                 ("tenant", "usage", "nobody")):
        done = server.control(*said)
        assert done.returncode == 1 and said[-1] in done.stderr and "hint:" in done.stderr


def test_a_recount_puts_right_what_was_wrong_and_says_so(new_coffer, bucket_name):
    server = new_coffer()
    assert rawhttp.request(server, "PUT", f"/{bucket_name}").status == 200
    for n in range(10):
        assert put(server, f"/{bucket_name}/{n}", n).status == 200
    told = server.ctl("tenant", "usage", "default", "--recount")["tenants"][0]
    assert told["corrected"] == [] and (told["objects"], told["bytes"]) == (10, 45)
    assert "all figures were right" in server.control("tenant", "usage", "default",
                                                      "--recount").stdout
    server.stop()
    catalog, = (server.data / "data" / "tenants").glob("*/catalog.db")
    with sqlite3.connect(catalog) as db:
        db.execute("UPDATE buckets SET objects = 3, bytes = 99 WHERE name = ?",
                   (bucket_name.encode(),))
    db.close()
    server.start()
    mine, _ = usage(server, bucket_name)
    assert (mine["objects"], mine["bytes"]) == (3, 99)
    shown = server.control("tenant", "usage", "default", "--recount").stdout
    assert f"corrected {bucket_name}: 10 objects were 3, 45 bytes were 99" in shown
    mine, all_of_it = usage(server, bucket_name)
    assert (mine["objects"], mine["bytes"]) == (10, 45) == (
        all_of_it["objects"], all_of_it["bytes"])
    assert "usage-corrected tenant=default" in server.log()


def test_metrics_tell_usage_and_quotas_of_tenants(server, bucket):
    assert put(server, f"/{bucket}/a", 1000).status == 200
    begun = rawhttp.request(server, "POST", f"/{bucket}/c?uploads").xml.findtext("UploadId")
    assert put(server, f"/{bucket}/c?partNumber=1&uploadId={begun}", 500).status == 200
    server.ctl("tenant", "quota", "default", "--bytes", "1GiB")
    _, tenant = usage(server, bucket)
    told = metrics.scrape(server)

    def of(figure):
        return told.sum(f"coffer_stored_tenant_{figure}", tenant="default")

    assert (of("objects"), of("bytes"), of("uploads"), of("upload_bytes")) == (
        tenant["objects"], tenant["bytes"], tenant["uploads"], tenant["upload_bytes"])
    assert tenant["bytes"] >= 1000 and tenant["upload_bytes"] >= 500
    assert of("quota_bytes") == GIB
    assert not told.sum("coffer_stored_tenant_quota_objects")


# --- clients ----------------------------------------------------------------------------------


def test_s3_says_which_quota_it_is_and_rest_that_there_is_one(server, bucket, store):
    server.ctl("bucket", "quota", bucket, "--bytes", "1000")
    assert put(server, f"/{bucket}/a", 1000).status == 200
    assert refused(put(server, f"/{bucket}/b", 1), OF_BUCKET)
    assert refused(put(server, f"/{bucket}/b", LARGE), OF_BUCKET)
    told = store.ask("PUT", "/objects/b", body=b"1")
    assert told.status == 507
    assert told.body == b'{"error":{"code":"507","message":"Quota exceeded"}}'
    assert store.ask("PUT", "/objects/b", body=b"1" * LARGE).status == 507
    server.ctl("bucket", "quota", bucket, "--bytes", "none")
    server.ctl("tenant", "quota", "default", "--bytes", str(usage(server, bucket)[1]["bytes"]))
    assert refused(put(server, f"/{bucket}/b", 1), OF_TENANT)
    # Whoever is at the end of it can go back.
    assert put(server, f"/{bucket}/a", 999).status == 200
    assert store.ask("PUT", "/objects/b", body=b"1").status == 200
    assert store.delete("b").status == 204
    assert rawhttp.request(server, "DELETE", f"/{bucket}/a").status == 204


def test_copies_and_parts_are_in_it(server, bucket):
    server.ctl("bucket", "quota", bucket, "--bytes", str(2 * LARGE))
    assert put(server, f"/{bucket}/a", LARGE).status == 200
    begun = rawhttp.request(server, "POST", f"/{bucket}/c?uploads").xml.findtext("UploadId")
    part = f"/{bucket}/c?uploadId={begun}&partNumber="
    source = ("x-amz-copy-source", f"/{bucket}/a")
    assert put(server, part + "1", 1).status == 200
    assert refused(put(server, part + "2", LARGE), OF_BUCKET)
    assert refused(put(server, part + "2", 0, [source]), OF_BUCKET)
    ranged = ("x-amz-copy-source-range", f"bytes=0-{LARGE - 1}")
    assert refused(put(server, part + "2", 0, [source, ranged]), OF_BUCKET)
    assert refused(put(server, f"/{bucket}/b", 0, [source]), OF_BUCKET)
    assert put(server, part + "1", 0, [source, ranged]).status == 200
    assert rawhttp.request(server, "DELETE", f"/{bucket}/c?uploadId={begun}").status == 204
    assert put(server, f"/{bucket}/b", 0, [source]).status == 200
    mine, _ = usage(server, bucket)
    assert (mine["objects"], mine["bytes"], mine["uploads"]) == (2, 2 * LARGE, 0)


def blobs(server):
    return sum(p.stat().st_size for p in server.data.rglob("blobs/*/*") if p.is_file())


def test_a_body_without_a_length_ends_where_the_quota_does(server, bucket, store):
    """Nor can it fill the disk until it is committed: it is refused in the middle."""
    server.ctl("bucket", "quota", bucket, "--bytes", str(3 * MIB))
    chunk = b"%x\r\n" % MIB + bytes(MIB) + b"\r\n"
    sent = 0
    with rawhttp.Connection(store, 60) as c:
        c.send(store.head("PUT", "/objects/endless", [("Transfer-Encoding", "chunked")]))
        try:
            for _ in range(512):
                c.send(chunk)
                sent += MIB
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = c.receive()
    assert answer.status == 507, answer.body
    assert sent < 512 * MIB
    with rawhttp.Connection(store, 60) as c:
        c.send(store.head("PUT", "/objects/fits", [("Transfer-Encoding", "chunked")])
               + 3 * chunk + b"0\r\n\r\n")
        assert c.receive().status == 200
    assert usage(server, bucket)[0]["bytes"] == 3 * MIB


@pytest.mark.parametrize("size, fit", [(900, 20), (LARGE, 11)], ids=["small", "large"])
def test_32_writers_of_both_dialects_overshoot_by_nothing(server, bucket, store, size, fit):
    """All at once, new keys and the same ones, at a quota that `fit` of them fill to the byte."""
    server.ctl("bucket", "quota", bucket, "--bytes", str(size * fit))
    peak, stop = [0], threading.Event()

    def watch():
        while not stop.is_set():
            peak[0] = max(peak[0], usage(server, bucket)[0]["bytes"])

    def write(n):
        statuses = []
        for i in range(4):
            key = f"{n}-{i}" if n % 4 else f"shared-{i}"
            if n % 2:
                statuses.append(put(server, f"/{bucket}/{key}", size).status)
            else:
                statuses.append(store.ask("PUT", f"/objects/{key}", body=b"q" * size).status)
        return statuses

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            told = [status for statuses in pool.map(write, range(WRITERS)) for status in statuses]
    finally:
        stop.set()
        watcher.join(60)
    assert set(told) == {200, 403, 507}, told
    mine, _ = usage(server, bucket)
    assert mine["bytes"] == size * fit and mine["objects"] == fit
    assert peak[0] <= size * fit
    assert server.ctl("tenant", "usage", "default", "--recount")["tenants"][0]["corrected"] == []
    # What the refused had reserved is free again.
    assert put(server, f"/{bucket}/one-more", size).status == 403
    server.ctl("bucket", "quota", bucket, "--bytes", str(size * (fit + 1)))
    assert put(server, f"/{bucket}/one-more", size).status == 200
