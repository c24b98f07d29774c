# SPDX-License-Identifier: Apache-2.0
"""`cofferctl bucket` and `uploads` against a stored that fails, loses its channel, and says nothing."""

import json
import signal
import subprocess
import time

import pytest

from lib import coffer

LIMIT_S = 60
HOUR_NS = 3600 * 10**9


@pytest.fixture
def store(store):
    store.objects = {f"k{i}".encode(): (b"0123456789", None) for i in range(10)}
    return store


def argv_of(store, *args):
    return [str(coffer.build_dir() / "client" / "cofferctl"), "--socket", str(store.admin_path),
            "--json", *map(str, args)]


def ctl(store, *args):
    """Its exit status, its answer and what it said besides."""
    done = subprocess.run(argv_of(store, *args), capture_output=True, text=True, timeout=LIMIT_S,
                          check=False)
    return done.returncode, json.loads(done.stdout), done.stderr


def delete(store, *args):
    return ctl(store, "bucket", "delete", "b", "--with-objects", "--yes", *args)


def once(*at):
    """Says what it is given the first time that it is asked for that operation and key."""
    left = {(operation, key): said for operation, key, said in at}
    return lambda operation, key: left.pop((operation, key), None)


def test_a_bucket_goes_with_all_that_is_in_it(store):
    status, answer, _ = delete(store)
    assert status == 0 and not store.objects and not store.has_bucket
    assert (answer["ok"], answer["deleted"], answer["bytes"]) == (True, 10, 100)


@pytest.mark.parametrize("moment", [("DeleteObject", b"k3"), ("DELETED", b"k3"), ("PAGE", None),
                                    ("DeleteBucket", None), ("DROPPED", None), ("HeadBucket", None)])
def test_a_channel_that_is_lost_is_opened_again(store, moment):
    store.fault = once((*moment, "hangup"))
    status, answer, said = delete(store)
    assert status == 0, said
    assert not store.objects and not store.has_bucket and answer["deleted"] == 10
    assert "waiting for it to come back" in said and store.grants == 2


@pytest.mark.parametrize("operation", ["DeleteObject", "ListObjectsV2", "DeleteBucket"])
def test_what_cannot_be_done_just_now_is_tried_again(store, operation):
    store.fault = once((operation, b"k3" if operation == "DeleteObject" else None, "SlowDown"))
    assert delete(store)[0] == 0 and not store.has_bucket
    assert sum(asked[0] == operation for asked in store.asked) > 1


def test_what_cannot_be_deleted_is_told_and_the_bucket_stays(store):
    store.fault = lambda operation, key: "AccessDenied" if key == b"k3" else None
    status, answer, said = delete(store)
    assert status == 1 and store.has_bucket and list(store.objects) == [b"k3"]
    assert (answer["ok"], answer["deleted"], answer["failed"]) == (False, 9, 1)
    assert answer["failures"][0]["name"] == "k3" and "failed: k3: " in said


def test_clients_who_go_on_putting_are_not_fought_for_ever(store):
    def fault(operation, key):
        if operation == "DeleteBucket":
            store.objects[b"new"] = (b"", None)

    store.fault = fault
    status, answer, _ = delete(store)
    assert status == 1 and store.has_bucket
    assert "not empty" in answer["error"] and "disable their keys" in answer["hint"]


def test_without_a_terminal_it_is_not_done_unless_it_is_said(store):
    status, answer, _ = ctl(store, "bucket", "delete", "b", "--with-objects")
    assert status == 1 and "no terminal" in answer["error"] and "--yes" in answer["hint"]
    assert len(store.objects) == 10 and ("DeleteObject", b"k0") not in store.asked


def test_an_interrupted_one_is_gone_on_with(store):
    store.fault = lambda operation, key: "silent" if key == b"k5" else None
    with subprocess.Popen(argv_of(store, "bucket", "delete", "b", "--with-objects", "--yes"),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        deadline = time.monotonic() + LIMIT_S
        while len(store.objects) > 1 and time.monotonic() < deadline:
            time.sleep(0.02)
        # What is under way is waited for, so it takes a second word.
        running.send_signal(signal.SIGINT)
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        running.wait(LIMIT_S)
    assert list(store.objects) == [b"k5"] and store.has_bucket
    store.fault = lambda operation, key: None
    assert delete(store)[1]["deleted"] == 1 and not store.has_bucket


def test_no_more_than_is_needed_is_asked_of_authd(store):
    assert delete(store)[0] == 0
    assert store.order == {"do": "operator.grant", "tenant": "default", "bucket": "b",
                           "purpose": "manage"}


@pytest.fixture
def uploads(store):
    now = time.time_ns()
    store.unfinished = {(f"k{i}".encode(), b"id%d" % i): now - i * HOUR_NS for i in range(8)}
    return store


def test_uploads_are_listed_page_by_page(uploads):
    found = ctl(uploads, "uploads", "list")[1]["uploads"]
    assert [u["key"] for u in found] == [f"k{i}" for i in range(8)]
    assert found[3]["upload_id"] == "id3" and found[3]["bucket"] == "b"
    assert {u["tenant"] for u in found} == {"default"}


@pytest.mark.parametrize("span,from_which", [("0", 0), ("30min", 1), ("4h 30min", 5), ("1d", 8)])
def test_only_old_ones_are_meant(uploads, span, from_which):
    found = ctl(uploads, "uploads", "list", "--older-than", span)[1]["uploads"]
    assert [u["key"] for u in found] == [f"k{i}" for i in range(from_which, 8)]
    status, answer, _ = ctl(uploads, "uploads", "abort", "--older-than", span)
    assert status == 0 and answer == {"ok": True, "aborted": 8 - from_which, "failed": 0,
                                      "failures": []}
    assert sorted(key for key, _ in uploads.unfinished) == [b"k%d" % i for i in range(from_which)]


def test_one_that_its_client_finishes_meanwhile_is_not_counted(uploads):
    def fault(operation, key):
        if operation == "AbortMultipartUpload" and key == b"k2":
            uploads.unfinished.pop((b"k2", b"id2"), None)

    uploads.fault = fault
    status, answer, _ = ctl(uploads, "uploads", "abort", "--older-than", "0")
    assert status == 0 and answer["aborted"] == 7 and answer["failed"] == 0


def test_an_upload_whose_end_was_lost_with_the_channel_is_counted(uploads):
    uploads.fault = once(("ABORTED", b"k2", "hangup"))
    status, answer, _ = ctl(uploads, "uploads", "abort", "--older-than", "0")
    assert status == 0 and answer["aborted"] == 8 and not uploads.unfinished


@pytest.mark.parametrize("quiet,passes", [((), 2), (("--quiet",), 1)])
def test_objects_are_counted_before_where_that_is_shown(store, quiet, passes):
    assert delete(store, *quiet)[1]["deleted"] == 10
    assert [operation for operation, _ in store.asked].count("ListObjectsV2") == passes * 4


def test_a_bucket_that_nobody_has_is_told(store):
    store.has_bucket = False
    for command in (["bucket", "show", "b"], ["bucket", "delete", "b"],
                    ["uploads", "list", "--bucket", "b"]):
        status, answer, said = ctl(store, *command)
        assert status == 1 and answer["ok"] is False
        assert answer["error"] == "there is no bucket b" and "there is no bucket b" in said


@pytest.mark.parametrize("option", ["--socket", "--operator-socket"])
@pytest.mark.parametrize("command", [("bucket", "show", "b"), ("bucket", "delete", "b"),
                                     ("uploads", "list", "--bucket", "b")], ids=" ".join)
def test_that_a_daemon_is_not_there_does_not_tell_of_a_bucket(store, option, command, tmp_path):
    where = {"--socket": store.admin_path, "--operator-socket": store.operator_path}
    nowhere = str(tmp_path / "nowhere")
    where[option] = nowhere
    argv = [str(coffer.build_dir() / "client" / "cofferctl"), "--json", *command, "--tenant", "default"]
    for name, path in where.items():
        argv += [name, str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert "there is no bucket" not in error and "another tenant" not in error
    assert nowhere in done.stderr


def test_who_is_refused_hears_why(store):
    store.refusal = {"ok": False, "error": "There is no tenant x.", "hint": "make one"}
    status, answer, said = ctl(store, "bucket", "list", "--tenant", "x")
    assert status == 1 and said == "cofferctl: There is no tenant x.\nhint: make one\n"
    assert answer == {"ok": False, "error": "There is no tenant x.", "hint": "make one"}


@pytest.mark.parametrize("command", [("bucket", "list"), ("bucket", "show", "b"), ("tenant", "usage"),
                                     ("uploads", "list")])
def test_a_tenant_that_is_being_deleted_does_not_hide_the_others(store, command):
    store.tenants.insert(0, {"name": "a", "state": "deleting"})
    status, answer, said = ctl(store, *command)
    assert status == 0, said
    assert answer["ok"] and store.order["tenant"] == "default"


@pytest.mark.parametrize("code", ["NoSuchBucket", "AccessDenied"])
def test_of_a_bucket_that_goes_meanwhile_no_usage_is_told(store, code):
    store.fault = lambda operation, key: code if operation == "USAGE" and key else None
    status, answer, said = ctl(store, "tenant", "usage", "default")
    assert status == 0, said
    assert answer["tenants"][0]["buckets"] == [] and answer["tenants"][0]["objects"] == 10


def test_a_recount_tells_of_each_figure_what_it_was(store):
    store.wrong = {"wrong_objects": 1, "wrong_bytes": 2, "wrong_uploads": 9, "wrong_upload_bytes": 8}
    argv = [word for word in argv_of(store, "tenant", "usage", "default", "--recount")
            if word != "--json"]
    said = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT_S, check=True).stdout
    assert ("corrected b: 1 objects were 1, 2 bytes were 2, 3 unfinished uploads were 9, "
            "4 bytes of their parts were 8\n") in said


@pytest.mark.parametrize("named,of_buckets", [((), []), (("default",), [b"b"])])
def test_usage_of_buckets_is_asked_for_where_it_is_told(store, named, of_buckets):
    asked = []
    store.wrong = {"wrong_objects": 1, "wrong_bytes": 2, "wrong_uploads": 9, "wrong_upload_bytes": 8}
    store.fault = lambda operation, key: asked.append(key) if operation == "USAGE" else None
    status, answer, said = ctl(store, "tenant", "usage", *named, "--recount")
    assert status == 0, said
    assert [of["bucket"] for of in answer["tenants"][0]["corrected"]] == ["b"]
    assert [bucket for bucket in asked if bucket] == of_buckets and len(asked) == len(of_buckets) + 1


@pytest.mark.parametrize("operation,command,what", [
    ("ListBuckets", ("bucket", "list"), "buckets of default"),
    ("ListBuckets", ("tenant", "usage", "default"), "buckets of default"),
    ("ListObjectsV2", ("bucket", "delete", "b", "--with-objects", "--yes"), "bucket b"),
    ("ListObjectsV2", ("bucket", "delete", "b", "--with-objects", "--yes", "--quiet"), "bucket b"),
    ("ListMultipartUploads", ("uploads", "list", "--bucket", "b"), "uploads of b"),
])
def test_what_cannot_be_listed_is_named(store, operation, command, what):
    store.fault = lambda asked, key: "AccessDenied" if asked == operation else None
    status, answer, _ = ctl(store, *command)
    assert status == 1 and answer["error"].startswith(f"the {what} cannot be listed: ")
    assert len(store.objects) == 10
