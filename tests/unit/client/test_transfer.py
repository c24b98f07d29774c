# SPDX-License-Identifier: Apache-2.0
"""cofferctl import and export against a pretending store, which does what a real one never should."""

import base64
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time

import pytest

from lib import coffer

LIMIT_S = 60
LARGE = os.urandom(300_000)


class Run:
    """A cofferctl that has ended."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def summary(self):
        return json.loads(self.out)

    @property
    def failures(self):
        return {f["name"]: f["reason"] for f in self.summary["failures"]}


def argv_of(store, *args):
    return [str(coffer.build_dir() / "client" / "cofferctl"), "--socket", str(store.admin_path),
            *map(str, args)]


def ctl(store, *args):
    return Run(subprocess.run(argv_of(store, *args), capture_output=True, text=True,
                              timeout=LIMIT_S, check=False, errors="surrogateescape"))


def import_tree(store, tree, *args):
    return ctl(store, "import", "--format", "filesystem", tree, "--bucket", "b", "--json", *args)


def export(store, to, *args):
    return ctl(store, "export", "--bucket", "b", to, "--json", *args)


def faults(answers):
    """Answers these, in order, to (operation, key); after that nothing is wrong."""
    left = {at: list(said) for at, said in answers.items()}

    def fault(operation, key):
        said = left.get((operation, key))
        return said.pop(0) if said else None

    return fault


def objects(store):
    return {key.decode(): data for key, (data, _etag) in store.objects.items()}


@pytest.fixture
def tree(scratch):
    root = scratch / "tree"
    (root / "d").mkdir(parents=True)
    (root / "small").write_bytes(b"small")
    (root / "d" / "large").write_bytes(LARGE)
    (root / "d" / "empty").write_bytes(b"")
    return root


TREE = {"small": b"small", "d/large": LARGE, "d/empty": b""}


# Importing


def test_a_tree_is_imported_and_read_back(store, tree):
    done = import_tree(store, tree)
    assert done.status == 0, done.err
    assert objects(store) == TREE
    assert (done.summary["imported"], done.summary["bytes"]) == (3, 300_005)
    assert store.order == {"do": "operator.grant", "tenant": "default", "bucket": "b",
                           "purpose": "import"}
    assert sum(operation == "GetObject" for operation, _key in store.asked) == 3


def test_the_same_again_puts_nothing(store, tree):
    import_tree(store, tree)
    store.asked.clear()
    done = import_tree(store, tree)
    assert done.status == 0 and done.summary["unchanged"] == 3
    assert {operation for operation, _key in store.asked} == {"HeadObject", "GetObject"}


def test_a_prefix_goes_before_every_key(store, tree):
    assert import_tree(store, tree, "--prefix", "old/").status == 0
    assert objects(store) == {"old/" + key: data for key, data in TREE.items()}
    long = import_tree(store, tree, "--prefix", "p" * 1020)
    assert long.status == 1 and "more than 1024" in long.failures["small"]


def test_a_dry_run_only_looks(store, tree):
    store.objects[b"small"] = (b"other", None)
    store.objects[b"d/empty"] = (b"longer", None)
    done = import_tree(store, tree, "--dry-run")
    assert done.status == 1 and done.summary["dry_run"] is True
    assert done.summary["imported"] == 1 and done.summary["unchanged"] == 1
    assert "another size" in done.failures["d/empty"]
    assert {operation for operation, _key in store.asked} == {"HeadObject"}
    assert store.order["purpose"] == "export"


def test_other_contents_are_replaced_only_when_asked(store, tree):
    store.objects[b"small"] = (b"other", None)
    store.objects[b"d/large"] = (LARGE[::-1], None)
    done = import_tree(store, tree)
    assert done.status == 1 and done.summary["failed"] == 2
    assert "--overwrite" in done.failures["small"]
    assert store.objects[b"small"][0] == b"other"
    assert import_tree(store, tree, "--overwrite").status == 0
    assert objects(store) == TREE


def test_an_object_that_came_in_parts_is_compared_by_its_bytes(store, tree):
    store.objects[b"d/large"] = (LARGE, "0" * 32 + "-2")
    store.objects[b"small"] = (b"sMall", "0" * 32 + "-1")
    done = import_tree(store, tree, "--no-read-back")
    assert done.status == 1 and list(done.failures) == ["small"]
    assert done.summary["unchanged"] == 1 and done.summary["imported"] == 1
    assert store.objects[b"d/large"][1]


def test_what_comes_back_damaged_is_told(store, tree):
    store.fault = lambda operation, key: "damage" if operation == "GetObject" and key else None
    (tree / "d" / "empty").unlink()
    done = import_tree(store, tree)
    assert done.status == 1 and set(done.failures) == {"small", "d/large"}
    assert all("damaged" in reason for reason in done.failures.values())
    assert "failed: small: " in done.err
    assert import_tree(store, tree, "--no-read-back").status == 0


def test_what_is_said_of_other_bytes_is_told(store, tree):
    store.fault = lambda operation, key: "damage" if operation == "PutObject" else None
    done = import_tree(store, tree)
    assert done.status == 1 and done.summary["failed"] == 3
    assert all("other bytes than were read" in reason for reason in done.failures.values())


@pytest.mark.parametrize("code", ["SlowDown", "ServiceUnavailable", "InternalError",
                                  "RequestTimeout"])
def test_what_has_no_room_just_now_is_tried_again(store, tree, code):
    store.fault = faults({("HeadObject", b"small"): [code], ("PutObject", b"small"): [code],
                          ("PutObject", b"d/large"): [code, code],
                          ("GetObject", b"d/large"): [code]})
    assert import_tree(store, tree).status == 0
    assert objects(store) == TREE


def test_what_never_works_is_given_up_and_told(store, tree):
    store.fault = lambda operation, key: "InternalError" if key == b"small" else None
    done = import_tree(store, tree)
    assert done.status == 1 and list(done.failures) == ["small"]
    assert done.summary["imported"] == 2


def test_a_full_store_ends_it(store, tree):
    store.fault = lambda operation, key: "InsufficientStorage" if operation == "PutObject" else None
    done = import_tree(store, tree)
    assert done.status == 1 and done.summary["ok"] is False
    assert "cofferctl: stored says of " in done.err and "space" in done.err.lower()


@pytest.mark.parametrize("moment", ["HeadObject", "PutObject", "COMMIT", "KEPT", "GetObject"])
def test_a_channel_that_ends_is_opened_again_and_nothing_is_lost(store, tree, moment):
    store.fault = faults({(moment, b"d/large"): ["hangup", "hangup"]})
    done = import_tree(store, tree)
    assert done.status == 0, done.err
    # What was kept before the channel ended is found there.
    assert objects(store) == TREE and store.grants == (2 if moment == "KEPT" else 3)
    assert "waiting for it to come back" in done.err


def test_a_stale_grant_is_replaced_by_another(store, tree):
    store.fault = faults({("PutObject", b"small"): ["hangup"],
                          ("PRESENT", b"grant 2"): ["stale"],
                          ("PRESENT", b"grant 3"): ["hangup"]})
    assert import_tree(store, tree).status == 0
    assert store.grants == 4


def test_who_is_refused_hears_why(store, tree):
    store.refusal = {"ok": False, "error": "There is no tenant x.", "hint": "make one"}
    done = import_tree(store, tree)
    assert done.status == 1
    assert done.err == "cofferctl: There is no tenant x.\nhint: make one\n"
    assert done.summary["ok"] is False
    plain = ctl(store, "import", "--format", "filesystem", tree, "--bucket", "b")
    assert plain.status == 1 and plain.out == ""


def test_a_server_that_is_away_from_the_start_is_told_at_once(store, tree):
    began = time.monotonic()
    store.refusal = {"ok": False, "error": "stored does not answer.", "again": True}
    done = import_tree(store, tree)
    assert done.status == 1 and "stored does not answer." in done.err
    store.admin_path.unlink()
    assert "cannot reach authd" in import_tree(store, tree).err
    assert time.monotonic() - began < 20


def append(fd):
    os.pwrite(fd, b"more", len(LARGE))


def cut(fd):
    os.truncate(fd, len(LARGE) // 2)


def rewrite(fd):
    os.pwrite(fd, b"other", len(LARGE) - 5)


@pytest.mark.parametrize("write", [append, cut, rewrite])
def test_a_file_that_is_written_to_meanwhile_is_told(store, tree, write):
    """Between the moment it is opened and the moment its bytes are asked for."""
    def fault(operation, key):
        if operation == "PutObject" and key == b"d/large":
            fd = os.open(tree / "d" / "large", os.O_RDWR)
            write(fd)
            os.close(fd)

    store.fault = fault
    done = import_tree(store, tree)
    assert done.status == 1 and list(done.failures) == ["d/large"]
    assert "while it was read" in done.failures["d/large"]
    assert "d/large" not in objects(store)


def test_what_is_no_object_is_told_and_the_rest_goes_on(store, tree):
    (tree / "link").symlink_to("/etc/passwd")
    os.mkfifo(tree / "pipe")
    (tree / "d" / os.fsdecode(b"bad\xff")).write_bytes(b"x")
    done = import_tree(store, tree)
    assert done.status == 1 and objects(store) == TREE
    assert set(done.failures) == {"link", "pipe", "d/bad\\xff"}
    again = import_tree(store, tree, "--exclude", "link", "--exclude", "pipe", "--exclude", "d/bad*")
    assert again.status == 0 and again.summary["excluded"] == 3


def test_names_of_base32_and_rows_of_sqlite_are_imported(store, scratch):
    flat = scratch / "flat"
    flat.mkdir()
    for key, data in TREE.items():
        name = base64.b32encode(key.encode()).decode().replace("=", "_")
        (flat / name).write_bytes(data)
    done = ctl(store, "import", "--format", "base32", flat, "--bucket", "b")
    assert done.status == 0 and objects(store) == TREE
    store.objects.clear()
    with sqlite3.connect(scratch / "objects.db") as db:
        db.execute("CREATE TABLE objects(key TEXT PRIMARY KEY, data BLOB)")
        db.executemany("INSERT INTO objects VALUES (?, ?)", TREE.items())
    done = ctl(store, "import", "--format", "sqlite", scratch / "objects.db", "--bucket", "b")
    assert done.status == 0 and objects(store) == TREE
    assert done.out == "imported 3 objects (293.0 KiB)\n"


def test_ctrl_c_ends_it_with_a_word_and_the_next_run_goes_on(store, tree):
    store.fault = lambda operation, key: "silent" if operation == "GetObject" else None
    with subprocess.Popen(argv_of(store, "import", "--format", "filesystem", tree, "--bucket", "b"),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + LIMIT_S
        while len(store.objects) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, _err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 1 and "the same command goes on" in out
    store.fault = lambda operation, key: None
    done = import_tree(store, tree)
    assert done.status == 0 and done.summary["unchanged"] == 3


def test_usage_errors_exit_with_2(store, tree):
    for args in (["import", tree, "--bucket", "b"],
                 ["import", "--format", "tar", tree, "--bucket", "b"],
                 ["import", "--format", "filesystem", tree],
                 ["import", "--format", "filesystem", "--bucket", "b"],
                 ["export", tree], ["export", "--bucket", "b"],
                 ["export", "--bucket", "b", tree, "--dry-run"],
                 ["import", "--format", "filesystem", tree, "--bucket", "b", "--ttl", "1"]):
        done = ctl(store, *args)
        assert done.status == 2 and done.err.count("hint:") == 1 and done.out == "", args
    assert not store.asked


def test_a_source_that_is_not_there_is_told(store, scratch):
    done = import_tree(store, scratch / "nowhere")
    assert done.status == 1 and "nowhere: No such file" in done.err


# Exporting


@pytest.fixture
def filled(store):
    store.objects = {key.encode(): (data, None) for key, data in TREE.items()}
    return store


def contents(directory):
    return {str(f.relative_to(directory)): f.read_bytes()
            for f in directory.rglob("*") if f.is_file()}


def test_a_bucket_becomes_a_tree(filled, scratch):
    out = scratch / "out"
    done = export(filled, out)
    assert done.status == 0, done.err
    assert contents(out) == TREE
    assert (done.summary["exported"], done.summary["bytes"]) == (3, 300_005)
    assert filled.order["purpose"] == "export"
    assert (out / "small").stat().st_mtime == 1_000_000_000
    assert (out / "small").stat().st_mode & 0o777 == 0o600
    assert not (out / ".coffer-export").exists()


def test_exporting_again_writes_nothing(filled, scratch):
    out = scratch / "out"
    export(filled, out)
    before = {f: f.stat().st_ino for f in out.rglob("*")}
    filled.asked.clear()
    done = export(filled, out)
    assert done.status == 0 and done.summary["unchanged"] == 3
    assert before == {f: f.stat().st_ino for f in out.rglob("*")}
    assert {operation for operation, _key in filled.asked} == {"ListObjectsV2"}


def test_only_keys_with_the_prefix_are_exported(filled, scratch):
    out = scratch / "out"
    assert export(filled, out, "--prefix", "d/").status == 0
    assert set(contents(out)) == {"d/large", "d/empty"}


def test_other_files_are_replaced_only_when_asked(filled, scratch):
    out = scratch / "out"
    out.mkdir()
    (out / "small").write_bytes(b"sMall")
    done = export(filled, out)
    assert done.status == 1 and "--overwrite" in done.failures["small"]
    assert (out / "small").read_bytes() == b"sMall"
    assert export(filled, out, "--overwrite").status == 0
    assert contents(out) == TREE


def test_an_object_in_parts_is_compared_with_the_file_by_its_bytes(filled, scratch):
    out = scratch / "out"
    export(filled, out)
    filled.objects[b"d/large"] = (LARGE, "0" * 32 + "-2")
    filled.objects[b"small"] = (b"sMall", "0" * 32 + "-1")
    done = export(filled, out)
    assert done.status == 1 and list(done.failures) == ["small"]
    assert done.summary["unchanged"] == 2


@pytest.mark.parametrize("tells_checksums", [True, False])
def test_damaged_bytes_get_no_name(filled, scratch, tells_checksums):
    filled.tells_checksums = tells_checksums
    del filled.objects[b"d/empty"]
    filled.fault = lambda operation, key: "damage" if operation == "GetObject" else None
    out = scratch / "out"
    done = export(filled, out)
    assert done.status == 1 and set(done.failures) == {"small", "d/large"}
    assert all("damaged" in reason for reason in done.failures.values())
    assert contents(out) == {}


HOSTILE = ["/etc/cron.d/x", "../outside", "a/../../outside", "a//b", "a/", "..", ".", "./x",
           "x" * 256, ".coffer-export/1"]


def test_t50_hostile_keys_are_told_and_nothing_is_written_outside(filled, scratch):
    for key in HOSTILE:
        filled.objects[key.encode()] = (b"hostile", None)
    out = scratch / "in" / "out"
    out.parent.mkdir()
    done = export(filled, out)
    assert done.status == 1 and set(done.failures) == set(HOSTILE)
    assert contents(out) == TREE
    assert [f.name for f in out.parent.iterdir()] == ["out"]
    assert not pathlib.Path("/etc/cron.d/x").exists()


def test_keys_that_cannot_both_be_paths_are_told(filled, scratch):
    filled.objects[b"small/beneath"] = (b"x", None)
    filled.objects[b"d"] = (b"x", None)
    out = scratch / "out"
    done = export(filled, out)
    # The shorter comes first in the order of keys, and so is the file.
    assert done.status == 1 and set(done.failures) == {"small/beneath", "d/large", "d/empty"}
    assert contents(out) == {"small": b"small", "d": b"x"}


def test_t50_planted_links_are_not_followed(filled, scratch):
    out, outside = scratch / "out", scratch / "outside"
    out.mkdir()
    outside.mkdir()
    (outside / "victim").write_bytes(b"victim")
    (out / "d").symlink_to(outside)
    (out / "small").symlink_to(outside / "victim")
    for overwrite in ((), ("--overwrite",)):
        done = export(filled, out, *overwrite)
        assert done.status == 1 and set(done.failures) == set(TREE)
        assert contents(outside) == {"victim": b"victim"}


@pytest.mark.parametrize("moment", ["ListObjectsV2", "PAGE", "GetObject"])
def test_an_export_goes_on_when_the_channel_has_ended(filled, scratch, moment):
    for i in range(10):
        filled.objects[b"many/%d" % i] = (b"%d" % i, None)
    key = b"d/large" if moment == "GetObject" else None
    # The first pages are of the count.
    filled.fault = faults({(moment, key): [None] * 6 + ["hangup"] if key is None else ["hangup"]})
    out = scratch / "out"
    done = export(filled, out)
    assert done.status == 0, done.err
    assert done.summary["exported"] == 13 and len(contents(out)) == 13
    assert filled.grants == 2


@pytest.mark.parametrize("code", ["SlowDown", "ServiceUnavailable", "InternalError"])
def test_a_list_that_cannot_be_had_just_now_is_asked_for_again(filled, scratch, code):
    filled.fault = faults({("ListObjectsV2", None): [code, code]})
    done = export(filled, scratch / "out")
    assert done.status == 0, done.err
    assert contents(scratch / "out") == TREE


def test_a_list_that_never_comes_is_given_up(filled, scratch):
    filled.fault = lambda operation, key: "SlowDown" if operation == "ListObjectsV2" else None
    done = export(filled, scratch / "out")
    assert done.status == 1 and "the bucket b cannot be listed" in done.err
    # Not as fast as it can: each time it waits twice as long.
    assert len(filled.asked) == 7


def test_what_is_deleted_meanwhile_is_told(filled, scratch):
    filled.fault = lambda operation, key: "NoSuchKey" if key == b"small" else None
    done = export(filled, scratch / "out")
    assert done.status == 1 and "deleted meanwhile" in done.failures["small"]


def test_a_bucket_that_is_not_there_is_told(filled, scratch):
    filled.fault = lambda operation, key: "NoSuchBucket" if operation == "ListObjectsV2" else None
    done = export(filled, scratch / "out")
    assert done.status == 1 and "the bucket b cannot be listed" in done.err
    assert contents(scratch / "out") == {}


def test_two_exports_do_not_share_a_directory(filled, scratch):
    filled.fault = lambda operation, key: "silent" if operation == "GetObject" else None
    out = scratch / "out"
    with subprocess.Popen(argv_of(filled, "export", "--bucket", "b", out), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as first:
        deadline = time.monotonic() + LIMIT_S
        while not (out / ".coffer-export").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        second = export(filled, out)
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=LIMIT_S)
    assert second.status == 1 and "another export" in second.err
    assert first.returncode == 1 and contents(out) == {}
