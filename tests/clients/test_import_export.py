# SPDX-License-Identifier: Apache-2.0
"""cofferctl import and export on a running Coffer: moving from an older service, and away again."""

import base64
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import time

import pytest

from clients import files, keys, s3
from lib import rest

# The bucket of the token that `coffer up` makes: what is imported there is read by REST, too.
BUCKET = "default-objects"
LIMIT_S = 120
MANY = 4_000
SOME = 200
LARGE_SIZE = 24 * 1024 * 1024 + 321


@pytest.fixture
def server(new_coffer):
    return new_coffer()


@pytest.fixture
def client(server):
    return s3.client(server)


@pytest.fixture
def store(server):
    return rest.Store(server.rest_endpoint, server.token)


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "tree"
    files.plant(root, files.names())
    return root


def argv(server, *args):
    return [str(server.build / "client" / "cofferctl"), "--socket", str(server.admin_socket),
            "--json", *map(str, args)]


def run(server, *args):
    done = subprocess.run(argv(server, *args), capture_output=True, text=True, timeout=LIMIT_S,
                          check=False, errors="surrogateescape")
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def import_from(server, form, source, *args, bucket=BUCKET):
    return run(server, "import", "--format", form, source, "--bucket", bucket, *args)


def export_to(server, target, *args, bucket=BUCKET):
    return run(server, "export", "--bucket", bucket, target, *args)


def listed(client, bucket=BUCKET):
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [key for page in pages for key in s3.keys(page)]


def awkward():
    """Keys and contents, as a service keeps them whose keys are no paths."""
    return {key: files.content(key) for key in keys.ALL}


# What is imported is the tenant's


def test_a_plain_tree_is_imported_exported_and_the_same(server, client, store, tree, tmp_path):
    status, summary, said = import_from(server, "filesystem", tree)
    assert (status, summary["failed"]) == (0, 0), said
    names = files.names()
    assert listed(client) == sorted(names, key=str.encode) and summary["imported"] == len(names)
    for name in names:
        assert store.read(name) == files.content(name)
    assert s3.read(client, BUCKET, names[0]) == files.content(names[0])
    status, summary, said = export_to(server, tmp_path / "out")
    assert (status, summary["exported"]) == (0, len(names)), said
    assert files.found(tmp_path / "out") == files.found(tree)
    status, summary, said = export_to(server, tmp_path / "out")
    assert (status, summary["unchanged"]) == (0, len(names)), said


def test_flat_base32_is_imported(server, client, store, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    expected = {}
    for key, data in awkward().items():
        name = base64.b32encode(key.encode()).decode().replace("=", "_")
        if len(name) <= 255:
            (flat / name).write_bytes(data)
            expected[key] = data
    status, _summary, said = import_from(server, "base32", flat)
    assert status == 0, said
    assert listed(client) == sorted(expected, key=str.encode)
    assert {key: store.read(key) for key in expected} == expected


def test_a_live_sqlite_file_is_imported(server, client, store, tmp_path):
    large = random.Random(1).randbytes(3_000_000)
    expected = {**awkward(), "large": large}
    # As the older service holds it: open, in WAL mode, with rows that are only in the log.
    db = sqlite3.connect(tmp_path / "objects.db")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("CREATE TABLE objects(key TEXT PRIMARY KEY, data BLOB)")
    db.executemany("INSERT INTO objects VALUES (?, ?)", expected.items())
    db.commit()
    status, _summary, said = import_from(server, "sqlite", tmp_path / "objects.db")
    assert status == 0, said
    db.execute("DELETE FROM objects")
    db.close()
    assert listed(client) == sorted(expected, key=str.encode)
    assert {key: store.read(key) for key in expected} == expected


def test_objects_in_parts_and_large_ones_come_out_whole(server, client, tmp_path):
    client.create_bucket(Bucket="parts")
    parts = [random.Random(n).randbytes(5 * 1024 * 1024 + n) for n in range(7)]
    s3.put_parts(client, "parts", "in/parts", parts)
    client.put_object(Bucket="parts", Key="whole", Body=parts[0])
    for _ in range(2):
        status, summary, said = export_to(server, tmp_path / "out", bucket="parts")
        assert status == 0, said
    assert summary["unchanged"] == 2
    assert (tmp_path / "out/in/parts").read_bytes() == b"".join(parts)
    assert (tmp_path / "out/whole").read_bytes() == parts[0]
    # And back: what came in parts is known by its bytes.
    status, summary, said = import_from(server, "filesystem", tmp_path / "out", bucket="parts")
    assert (status, summary["unchanged"], summary["imported"]) == (0, 2, 0), said


def test_keys_that_cannot_be_files_are_told_on_the_way_out(server, client, tmp_path):
    client.create_bucket(Bucket="awkward")
    for key in keys.ALL:
        client.put_object(Bucket="awkward", Key=key, Body=files.content(key))
    out = tmp_path / "in" / "out"
    out.parent.mkdir()
    status, summary, _said = export_to(server, out, bucket="awkward")
    written = files.found(out)
    assert status == 1 and summary["failed"] + summary["exported"] == len(keys.ALL)
    assert {f["name"] for f in summary["failures"]} | set(written) == set(keys.ALL)
    assert all(data == files.content(name) for name, data in written.items())
    assert set(files.names()) <= set(written) | {f["name"] for f in summary["failures"]}
    assert os.listdir(out.parent) == ["out"]
    for name in ("../x", "/a", "a//b", ".", "..", "a/", "a/../b"):
        assert name not in written


# Interrupted, and gone on with


@pytest.fixture
def many(tmp_path):
    root = tmp_path / "many"
    for i in range(MANY):
        path = root / f"{i % 40:02}" / f"{i:05}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%d" % i * 100)
    (root / "large").write_bytes(random.Random(5).randbytes(LARGE_SIZE))
    return root


def has_begun(client):
    """Whether a part of it is there; in one small request, since it is fast."""
    try:
        return client.list_objects_v2(Bucket=BUCKET, MaxKeys=SOME)["KeyCount"] == SOME
    except client.exceptions.NoSuchBucket:
        return False


def wait_for(what):
    deadline = time.monotonic() + LIMIT_S
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def sha256_of_all(client, root):
    """Whether each file has its object, by its bytes."""
    for path in root.rglob("*"):
        if path.is_file():
            data = s3.read(client, BUCKET, str(path.relative_to(root)))
            assert hashlib.sha256(data).digest() == hashlib.sha256(path.read_bytes()).digest()


class Interrupted:
    """A cofferctl that stands still in the middle of its work, until it is continued."""

    def __init__(self, server, *args, when):
        self.process = subprocess.Popen(argv(server, *args), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        wait_for(when)
        self.process.send_signal(signal.SIGSTOP)

    def kill(self):
        self.process.kill()
        self.process.communicate(timeout=LIMIT_S)

    def go_on(self):
        """Lets it come to its end: exit status, summary, what it said."""
        self.process.send_signal(signal.SIGCONT)
        out, said = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, json.loads(out), said


def test_an_import_that_was_killed_is_gone_on_with_by_the_same_command(server, client, many):
    Interrupted(server, "import", "--format", "filesystem", many, "--bucket", BUCKET,
                when=lambda: has_begun(client)).kill()
    before = len(listed(client))
    assert before < MANY
    status, summary, said = import_from(server, "filesystem", many)
    assert status == 0, said
    assert summary["unchanged"] >= before and summary["imported"] + summary["unchanged"] == MANY + 1
    assert len(listed(client)) == MANY + 1


@pytest.mark.parametrize("daemon", ["stored", "authd"])
def test_an_import_outlives_a_daemon(server, client, many, daemon):
    running = Interrupted(server, "import", "--format", "filesystem", many, "--bucket", BUCKET,
                          when=lambda: has_begun(client))
    assert len(listed(client)) < MANY
    server.kill_and_wait(daemon)
    status, summary, said = running.go_on()
    assert status == 0, said
    assert summary["imported"] + summary["unchanged"] == MANY + 1 and summary["failed"] == 0
    assert "waiting for it to come back" in said
    assert len(listed(client)) == MANY + 1
    sha256_of_all(client, many)


def test_an_export_outlives_stored(server, client, many, tmp_path):
    assert import_from(server, "filesystem", many, "--no-read-back")[0] == 0
    out = tmp_path / "out"
    running = Interrupted(server, "export", "--bucket", BUCKET, out,
                          when=lambda: len(list(out.glob("[0-9]*/*"))) > SOME)
    assert len(list(out.glob("[0-9]*/*"))) < MANY
    server.kill_and_wait("stored")
    status, summary, said = running.go_on()
    assert status == 0, said
    assert summary["exported"] == MANY + 1 and "waiting for it to come back" in said
    assert files.found(out) == files.found(many)


# Nothing is believed


def blobs(server):
    return [path for path in server.data.glob("data/tenants/*/blobs/*/*") if path.is_file()]


def test_a_flipped_bit_on_disk_is_found(server, client, tmp_path):
    root = tmp_path / "tree"
    root.mkdir()
    (root / "large").write_bytes(random.Random(3).randbytes(1_000_000))
    (root / "other").write_bytes(b"other")
    assert import_from(server, "filesystem", root)[0] == 0
    [blob] = blobs(server)
    with blob.open("r+b") as f:
        f.seek(500_000)
        byte = f.read(1)
        f.seek(500_000)
        f.write(bytes([byte[0] ^ 4]))
    # The catalog still says what it should be: only reading it back shows that it is not.
    assert import_from(server, "filesystem", root, "--no-read-back")[0] == 0
    status, summary, said = import_from(server, "filesystem", root)
    assert status == 1 and [f["name"] for f in summary["failures"]] == ["large"]
    assert "failed: large: " in said and "damaged" in said
    status, summary, said = export_to(server, tmp_path / "out")
    assert status == 1 and [f["name"] for f in summary["failures"]] == ["large"]
    assert files.found(tmp_path / "out") == {"other": b"other"}


def test_a_file_that_changes_all_the_time_is_never_imported_by_halves(server, client, tmp_path):
    root = tmp_path / "tree"
    root.mkdir()
    path = root / "busy"
    versions = [bytes([n]) * 2_000_000 for n in range(8)]
    path.write_bytes(versions[0])
    stop = tmp_path / "stop"
    writer = subprocess.Popen(["/usr/bin/python3", "-c", f"""
import os, itertools
fd = os.open({str(path)!r}, os.O_WRONLY)
for n in itertools.cycle(range(8)):
    if os.path.exists({str(stop)!r}):
        break
    os.pwrite(fd, bytes([n]) * 2_000_000, 0)
"""])
    try:
        for _ in range(5):
            status, summary, _said = import_from(server, "filesystem", root, "--overwrite")
            # It may have been read in a moment of rest; else it is told, and is no object.
            assert status == 0 or "while it was read" in summary["failures"][0]["reason"]
    finally:
        stop.touch()
        writer.wait(LIMIT_S)
    if listed(client):
        assert s3.read(client, BUCKET, "busy") in versions


def test_another_tenants_bucket_is_not_imported_into(server, client, tree, tmp_path):
    other = server.add_tenant("other")
    s3.client(other).create_bucket(Bucket="others")
    s3.client(other).put_object(Bucket="others", Key="k", Body=b"theirs")
    status, _summary, said = import_from(server, "filesystem", tree, bucket="others")
    assert status == 1 and "belongs to another tenant" in said
    status, _summary, said = export_to(server, tmp_path / "out", bucket="others")
    assert status == 1 and "cannot be listed" in said
    assert files.found(tmp_path / "out") == {}
    assert listed(s3.client(other), "others") == ["k"]
    status, summary, said = import_from(server, "filesystem", tree, "--tenant", "other",
                                        bucket="others")
    assert status == 0, said
    assert len(listed(s3.client(other), "others")) == summary["imported"] + 1


@pytest.mark.skipif(os.geteuid() != 0, reason="another user needs root")
def test_the_source_is_read_with_the_rights_of_who_imports(new_coffer, tmp_path):
    uid = 4321
    server = new_coffer(args=["--admin-uid", str(uid)])
    root = server.dir / "src"
    root.mkdir()
    root.chmod(0o755)
    (root / "mine").write_bytes(b"mine")
    (root / "secret").write_bytes(b"secret")
    (root / "secret").chmod(0o600)
    (root / "shut").mkdir(mode=0o700)
    # Whatever is looked at before it, its name is told as it is.
    for i in range(30):
        (root / f"a-longer-name-than-that-{i}").write_bytes(b"")
    done = subprocess.run(argv(server, "import", "--format", "filesystem", root, "--bucket",
                               "rights"), capture_output=True, text=True, timeout=LIMIT_S,
                          check=False, user=uid, group=uid, extra_groups=[])
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["imported"] == 31
    assert "failed: secret: cannot be read: Permission denied" in done.stderr
    assert "failed: shut: " in done.stderr


def test_memory_does_not_grow_with_what_is_moved(server, tmp_path):
    root = tmp_path / "tree"
    root.mkdir()
    with (root / "huge").open("wb") as f:
        block = random.Random(7).randbytes(1024 * 1024)
        for _ in range(300):
            f.write(block)
    for args in (("import", "--format", "filesystem", root), ("export", tmp_path / "out")):
        timed = ["/usr/bin/python3", "-c", """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
""", *argv(server, *args, "--bucket", BUCKET)]
        told = subprocess.run(timed, capture_output=True, text=True, timeout=LIMIT_S, check=True)
        status, kib = map(int, told.stdout.split())
        print(f"{args[0]}: {kib} KiB")
        assert status == 0 and kib < 32 * 1024
