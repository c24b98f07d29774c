# SPDX-License-Identifier: Apache-2.0
"""What a disk damages is found by a scrub, named, and never changed; and who checks is not deceived."""

import base64
import contextlib
import hashlib
import json
import signal
import sqlite3
import subprocess
import time
import urllib.parse
import xml.etree.ElementTree

import pytest

from lib import metrics, rawhttp

from .conftest import begin_upload, start

KIB, MIB = 1 << 10, 1 << 20
LARGE = 3 * MIB + 12345  # three steps, and a bit
SMALL = 5000
PART = 5 * MIB
CLEAN = 0
DAMAGED = 1


@pytest.fixture
def server():
    with start() as running:
        yield running


@pytest.fixture
def bucket(server, bucket_name):
    assert rawhttp.request(server, "PUT", f"/{bucket_name}").status == 200
    return bucket_name


def body_of(key, size):
    return hashlib.shake_128(key.encode()).digest(size)


def put(server, bucket, key, size):
    body = body_of(key, size)
    answer = rawhttp.request(server, "PUT", f"/{bucket}/{urllib.parse.quote(key)}", body=body)
    assert answer.status == 200, answer.body
    return body


def put_part(server, bucket, key, upload, number, size):
    answer = rawhttp.request(server, "PUT", f"/{bucket}/{key}?partNumber={number}&uploadId={upload}",
                             body=body_of(f"{key}{number}", size))
    assert answer.status == 200, answer.body
    return answer.get("etag")


def catalogs(server):
    return list((server.data / "data" / "tenants").glob("*/catalog.db"))


def catalog(server):
    found, = catalogs(server)
    return found


def blobs(server):
    return {p for p in (server.data / "data" / "tenants").glob("*/blobs/*/*") if p.is_file()}


@contextlib.contextmanager
def new_blob(server):
    """A list that gets the blobs which come within."""
    before, found = blobs(server), []
    yield found
    found.extend(blobs(server) - before)


def put_blob(server, bucket, key, size=LARGE):
    with new_blob(server) as made:
        put(server, bucket, key, size)
    assert len(made) == 1
    return made[0]


def flip(path, at):
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def change(server, sql, *values):
    with contextlib.closing(sqlite3.connect(catalog(server))) as db, db:
        assert db.execute(sql, values).rowcount == 1


def state(server):
    """Everything that a scrub must leave as it is."""
    with contextlib.closing(sqlite3.connect(catalog(server))) as db:
        rows = {table: db.execute(f"SELECT * FROM {table}").fetchall()
                for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"
                                           " AND name NOT LIKE 'sqlite_%'").fetchall()}
    return rows, {path: hashlib.sha256(path.read_bytes()).digest() for path in blobs(server)}


def scrub(server, *options, status=CLEAN):
    done = server.control("--json", "scrub", *options)
    assert done.returncode == status, done
    return json.loads(done.stdout)


def damages(server, *options):
    """What is damaged, by key, and why."""
    return {(d["bucket"], d["key"]): d["what"]
            for d in scrub(server, *options, status=DAMAGED)["damages"]}


def test_what_is_sound_is_said_to_be(server, bucket):
    put(server, bucket, "small", SMALL)
    put(server, bucket, "empty", 0)
    put(server, bucket, "läßt/sich\tlesen", SMALL)
    put_blob(server, bucket, "large")
    upload = begin_upload(server, bucket, "parts")
    put_part(server, bucket, "parts", upload, 7, LARGE)
    before = state(server)
    told = scrub(server)
    assert told == {"ok": True, "objects": 5, "bytes": 2 * SMALL + 2 * LARGE, "damages": []}
    assert state(server) == before
    assert "damage-found" not in server.log()
    assert metrics.scrape(server).sum("coffer_stored_scrubbed_bytes_total") == told["bytes"]
    assert metrics.scrape(server).sum("coffer_stored_damages_found_total") == 0


def test_many_objects_are_all_looked_at(server, bucket):
    for i in range(600):
        put(server, bucket, f"k{i:03}", 10)
    change(server, "UPDATE bodies SET body = ? WHERE instance = (SELECT instance FROM objects"
                   " WHERE key = ?)", b"0123456789", b"k599")
    assert scrub(server, status=DAMAGED)["objects"] == 600
    assert damages(server) == {(bucket, "k599"): "checksum"}


@pytest.mark.parametrize("at", [0, MIB - 1, MIB, 2 * MIB + 1, LARGE - 1])
def test_t84_a_bit_flipped_in_a_blob_is_found_wherever_it_is(server, bucket, at):
    put_blob(server, bucket, "before")
    flip(put_blob(server, bucket, "hurt"), at)
    put_blob(server, bucket, "z-behind")
    before = state(server)
    assert damages(server) == {(bucket, "hurt"): "checksum"}
    assert state(server) == before
    assert f"damage-found tenant=default bucket={bucket} key=hurt upload=- part=- what=checksum" in \
        server.log()
    assert metrics.scrape(server).sum("coffer_stored_damages_found_total", what="checksum") == 1


def test_t84_each_kind_of_damage_is_named(server, bucket):
    put(server, bucket, "sound", SMALL)
    missing, cut, longer = (put_blob(server, bucket, k) for k in ("missing", "cut", "longer"))
    missing.unlink()
    with cut.open("r+b") as file:
        file.truncate(LARGE - 1)
    with longer.open("ab") as file:
        file.write(b"x")
    body = bytearray(put(server, bucket, "inline", SMALL))
    body[SMALL // 2] ^= 0x10
    change(server, "UPDATE bodies SET body = ? WHERE instance = (SELECT instance FROM objects"
                   " WHERE key = ?)", bytes(body), b"inline")
    put(server, bucket, "short", SMALL)
    change(server, "UPDATE bodies SET body = ? WHERE instance = (SELECT instance FROM objects"
                   " WHERE key = ?)", bytes(body)[:-1], b"short")
    put(server, bucket, "bodiless", SMALL)
    change(server, "DELETE FROM bodies WHERE instance = (SELECT instance FROM objects"
                   " WHERE key = ?)", b"bodiless")
    put_blob(server, bucket, "contradicted")
    change(server, "UPDATE objects SET size = size + 1 WHERE key = ?", b"contradicted")
    unknown = put_blob(server, bucket, "unknown")
    change(server, "DELETE FROM blobs WHERE id = ?", bytes.fromhex(unknown.name))
    before = state(server)
    assert damages(server) == {(bucket, key): what for key, what in {
        "missing": "missing", "cut": "length", "longer": "length", "inline": "checksum",
        "short": "length", "bodiless": "row", "contradicted": "row", "unknown": "row"}.items()}
    assert state(server) == before


def test_t84_a_part_is_named_with_its_upload(server, bucket):
    upload = begin_upload(server, bucket, "k")
    put_part(server, bucket, "k", upload, 1, LARGE)
    with new_blob(server) as made:
        put_part(server, bucket, "k", upload, 2, LARGE)
    flip(made[0], MIB)
    told = scrub(server, status=DAMAGED)["damages"]
    assert told == [{"tenant": "default", "bucket": bucket, "key": "k", "what": "checksum",
                     "upload_id": upload, "part": 2}]


def test_t84_a_part_of_a_finished_object_is_found(server, bucket):
    upload = begin_upload(server, bucket, "k")
    with new_blob(server) as made:
        tags = [put_part(server, bucket, "k", upload, n, PART) for n in (1, 2)]
    listed = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{tag}</ETag></Part>"
                     for n, tag in enumerate(tags, 1))
    answer = rawhttp.request(server, "POST", f"/{bucket}/k?uploadId={upload}", body=(
        f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>").encode())
    assert answer.status == 200, answer.body
    assert scrub(server)["objects"] == 1
    flip(made[1], PART - 1)
    assert damages(server) == {(bucket, "k"): "checksum"}


def test_t84_a_damaged_page_of_a_catalog_is_found(server, bucket):
    put(server, bucket, "k", SMALL)
    before = set(catalogs(server))
    other = server.add_tenant("hurt")
    assert rawhttp.request(other, "PUT", "/hurt").status == 200
    for i in range(300):
        put(other, "hurt", f"k{i:03}", SMALL)
    hurt, = set(catalogs(server)) - before
    server.stop()
    with contextlib.closing(sqlite3.connect(hurt)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root, = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'objects'").fetchone()
    with hurt.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 64)
    server.start()
    assert scrub(server, "--tenant", "default")["objects"] == 1
    told = scrub(server, status=DAMAGED)
    assert told["damages"][0] == {"tenant": "hurt", "bucket": None, "key": None, "what": "catalog"}
    assert {d["what"] for d in told["damages"]} == {"catalog"}
    assert metrics.scrape(server).sum("coffer_stored_damages_found_total", what="catalog") >= 1
    assert "damage-found tenant=hurt bucket=- key=- upload=- part=- what=catalog" in server.log()
    assert rawhttp.request(other, "GET", "/hurt/k000").status == 500
    assert rawhttp.request(server, "GET", f"/{bucket}/k").status == 200


def test_only_what_is_named_is_read(server, bucket):
    other = server.add_tenant("other")
    assert rawhttp.request(other, "PUT", "/others").status == 200
    assert rawhttp.request(server, "PUT", f"/{bucket}-2").status == 200
    before = blobs(server)
    put(other, "others", "k", LARGE)
    flip((blobs(server) - before).pop(), 0)
    flip(put_blob(server, f"{bucket}-2", "k"), 0)
    put_blob(server, bucket, "k")
    assert scrub(server, "--bucket", bucket)["bytes"] == LARGE
    assert damages(server, "--tenant", "other") == {("others", "k"): "checksum"}
    assert damages(server, "--bucket", f"{bucket}-2") == {(f"{bucket}-2", "k"): "checksum"}
    assert damages(server) == {("others", "k"): "checksum", (f"{bucket}-2", "k"): "checksum"}
    done = server.control("scrub", "--bucket", "nobodys")
    assert done.returncode == 1 and "there is no bucket nobodys" in done.stderr


def test_people_are_told_with_bucket_and_key(server, bucket):
    flip(put_blob(server, bucket, "a\x1b[2Jb"), 1)
    done = server.control("scrub", "--quiet")
    assert done.returncode == DAMAGED
    assert done.stdout.splitlines() == [
        f"damaged: tenant default, bucket {bucket}, key a\\x1b[2Jb: its bytes are not what they were",
        "read 1 objects and parts, 3.0 MiB: 1 damage"]
    assert "\x1b" not in server.log()


def test_a_rate_is_kept_and_a_scrub_can_be_ended(server, bucket):
    put_blob(server, bucket, "k")
    argv = [str(server.build / "client" / "cofferctl"), "--socket", str(server.admin_socket),
            "--json", "scrub", "--read-rate", "64KiB"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as slow:
        # All of it takes 48 seconds so; after the first step it has not begun the second.
        while not metrics.scrape(server).sum("coffer_stored_scrubbed_bytes_total"):
            time.sleep(0.02)
        assert metrics.scrape(server).sum("coffer_stored_scrubbed_bytes_total") == MIB
        slow.send_signal(signal.SIGINT)
        said, _ = slow.communicate(timeout=20)
    assert slow.returncode == 1
    assert json.loads(said)["error"] == "interrupted" and json.loads(said)["ok"] is False
    assert scrub(server)["bytes"] == LARGE
    refused = server.control("scrub", "--read-rate", "1KiB")
    assert refused.returncode != 0 and "at least 64KiB" in refused.stderr


def test_what_clients_do_meanwhile_is_no_damage(server, bucket):
    for i in range(8):
        put_blob(server, bucket, f"k{i}")
    argv = [str(server.build / "client" / "cofferctl"), "--socket", str(server.admin_socket),
            "--json", "scrub"]
    for turn in range(3):
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as running:
            for i in range(8):
                if i % 2:
                    put(server, bucket, f"k{i}", LARGE - turn - 1)
                else:
                    assert rawhttp.request(server, "DELETE", f"/{bucket}/k{i}").status == 204
                    put(server, bucket, f"k{i}", SMALL)
            said, _ = running.communicate(timeout=60)
        assert running.returncode == CLEAN, said
        assert json.loads(said)["damages"] == []


def test_t84_who_asks_for_the_checksum_is_not_deceived(server, bucket):
    """The header is what was put, and the bytes are not: the client sees that they do not belong together."""
    whole = body_of("k", LARGE)
    digest = base64.b64encode(hashlib.sha256(whole).digest()).decode()
    with new_blob(server) as made:
        answer = rawhttp.request(server, "PUT", f"/{bucket}/k",
                                 [("x-amz-checksum-sha256", digest)], whole)
    assert answer.status == 200
    flip(made[0], MIB)
    got = rawhttp.request(server, "GET", f"/{bucket}/k", [("x-amz-checksum-mode", "ENABLED")])
    assert got.get("x-amz-checksum-sha256") == digest
    assert base64.b64encode(hashlib.sha256(got.body).digest()).decode() != digest
    made[0].unlink()
    assert rawhttp.request(server, "GET", f"/{bucket}/k").status == 500


def test_a_copy_that_shares_the_bytes_is_named_too(server, bucket):
    blob = put_blob(server, bucket, "k")
    answer = rawhttp.request(server, "PUT", f"/{bucket}/copy",
                             [("x-amz-copy-source", f"/{bucket}/k")])
    assert answer.status == 200
    assert xml.etree.ElementTree.fromstring(answer.body).tag.endswith("CopyObjectResult")
    shared = len(blobs(server)) == 1
    flip(blob, 5)
    found = set(damages(server))
    assert found == ({(bucket, "k"), (bucket, "copy")} if shared else {(bucket, "k")})
