# SPDX-License-Identifier: Apache-2.0
"""T30, T71, T75, T78: what an operator's grant opens, to whom, and what it does not open."""

import base64
import os
import time

import pytest

from lib import coffer, ipc, operators, rawhttp

GRANT_LIFE_S = 30
ADMIN_UID = 4321

pytestmark = pytest.mark.usefixtures("unharmed")


def dial(victim, uid=None):
    return ipc.Channel(ipc.Schema(victim.build), victim.data / "run" / "stored-operator.sock",
                       os.geteuid() if uid is None else uid)


def opens(victim, sealed, uid=None):
    """Whether a fresh channel opens with it; "stale" where that is said."""
    channel = dial(victim, uid)
    try:
        channel.send("PRESENT", grant=sealed)
        name = channel.receive()[0]
    except ipc.Ended:
        return False
    finally:
        channel.close()
    return True if name == "ENTERED" else name.lower()


def get(victim, bucket, key="k"):
    return rawhttp.request(victim, "GET", f"/{bucket}/{key}")


def test_what_an_operator_imports_is_the_tenants(victim, bucket):
    with operators.Operator(victim, bucket=bucket) as o:
        assert o.call("PutObject", b"k", b"body")[0] == "DONE"
        name, answer = o.call("GetObject", b"k")
        assert name == "OBJECT" and answer["body"] == b"body"
    assert get(victim, bucket).body == b"body"


def test_t71_an_operator_grant_opens_one_channel_once(victim, bucket):
    sealed = operators.grant(victim, "import", bucket)
    assert opens(victim, sealed) is True
    assert opens(victim, sealed) is False
    assert opens(victim, operators.grant(victim, "import", bucket)) is True


def test_t71_a_flipped_bit_or_a_cut_opens_nothing(victim, bucket):
    sealed = operators.grant(victim, "import", bucket)
    # The epoch's eight bytes are in the clear: another epoch is stale, which honest peers meet.
    for at in range(len(sealed)):
        bent = bytearray(sealed)
        bent[at] ^= 1
        assert opens(victim, bytes(bent)) == ("stale" if at < 8 else False), at
    for length in range(0, len(sealed), 13):
        assert opens(victim, sealed[:length]) is False
    assert opens(victim, sealed) is True


def test_t71_an_expired_operator_grant_opens_nothing(victim, bucket):
    sealed = operators.grant(victim, "import", bucket)
    time.sleep(GRANT_LIFE_S + 1)
    assert opens(victim, sealed) == "stale"


def test_t71_a_grant_of_a_dead_authd_is_stale_and_its_channels_end(victim, bucket):
    sealed = operators.grant(victim, "import", bucket)
    with operators.Operator(victim, bucket=bucket) as o:
        victim.kill_and_wait("authd")
        assert o.stored.has_ended()
    assert opens(victim, sealed) == "stale"


@pytest.fixture
def unharmed(victim, request):
    """As everywhere, but for the test that kills authd itself."""
    before = victim.pids()
    yield
    if "dead_authd" in request.node.name:
        before["authd"] = victim.pid("authd")
    assert victim.pids() == before, "a daemon died"
    assert victim.serves()


def test_t71_a_ticket_and_a_grant_open_no_operators_channel(victim, bucket):
    with ipc.Worker(victim) as w:
        _number, sealed = w.grant("GET", f"/{bucket}?list-type=2")
        assert opens(victim, w.ticket) is False
        assert opens(victim, sealed[:1024]) is False


def test_t71_an_operator_grant_is_worth_nothing_to_a_frontend(victim, bucket):
    sealed = operators.grant(victim, "import", bucket)
    with ipc.Worker(victim, enter=False) as w:
        channel = w.dial_stored()
        channel.send("ENTER", ticket=sealed)
        assert channel.has_ended()
    with ipc.Worker(victim) as w:
        w.stored.send("CALL", call=1, grant=sealed, has_body=0)
        assert w.stored.has_ended()


@pytest.mark.skipif(os.geteuid() != 0, reason="playing another local user needs root")
@pytest.mark.parametrize("who", ["nobody", "frontend", "authd"])
def test_t75_who_is_no_administrator_is_let_go_even_with_a_grant(victim, bucket, who):
    uid = 65534 if who == "nobody" else ipc.uid_of(victim, who)
    sealed = operators.grant(victim, "import", bucket)
    try:
        assert opens(victim, sealed, uid) is False
    except PermissionError:
        pass
    assert opens(victim, sealed) is True


@pytest.mark.skipif(os.geteuid() != 0, reason="playing another administrator needs root")
def test_t75_one_administrator_cannot_show_anothers_grant(new_coffer):
    server = new_coffer(args=["--admin-uid", str(ADMIN_UID)])
    sealed = operators.grant(server, "import", "operated")
    assert opens(server, sealed, ADMIN_UID) is False
    with ipc.as_uid(ADMIN_UID):
        own = operators.grant(server, "import", "operated")
    assert opens(server, own) is False
    assert opens(server, own, ADMIN_UID) is True
    assert opens(server, sealed) is True


READING = {"GetObject", "HeadObject", "ListObjectsV2"}
ALLOWED = {
    "import": READING | {"PutObject"},
    "export": READING,
    "manage": {"ListBuckets", "HeadBucket", "DeleteBucket", "ListObjectsV2", "DeleteObject",
               "ListMultipartUploads", "AbortMultipartUpload"},
}


@pytest.mark.parametrize("purpose", list(ALLOWED))
def test_t21_nothing_beyond_the_purpose_is_done(victim, bucket, purpose):
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=b"old").status == 200
    for operation in ipc.Schema(victim.build).operations:
        if operation in ALLOWED[purpose]:
            continue
        for key in (None, b"k"):
            with operators.Operator(victim, purpose, bucket) as o:
                o.ask(operation, key)
                assert o.stored.has_ended(), operation
    assert get(victim, bucket).body == b"old"


def test_t71_another_bucket_of_the_same_tenant_is_not_reached(victim, bucket):
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=b"old").status == 200
    for operation, key, body in (("PutObject", b"k", b"new"), ("GetObject", b"k", None),
                                 ("ListObjectsV2", None, None)):
        with operators.Operator(victim, bucket="elsewhere") as o:
            o.ask(operation, key, body, bucket=bucket)
            assert o.stored.has_ended()
    assert get(victim, bucket).body == b"old"


@pytest.mark.parametrize("purpose", ["import", "export"])
def test_t21_only_who_manages_is_granted_more_than_one_bucket(victim, purpose):
    refused = operators.order(victim, "operator.grant", tenant="default", purpose=purpose)
    assert not refused["ok"] and "needs bucket" in refused["error"]
    assert opens(victim, operators.grant(victim, "manage", None)) is True


def test_t30_a_manager_of_one_tenant_reaches_no_bucket_of_another(victim, bucket):
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=b"mine").status == 200
    operators.order(victim, "tenant.create", name="strangers")
    for granted in (bucket, None):
        with operators.Operator(victim, "manage", granted, tenant="strangers") as o:
            for operation, key in (("HeadBucket", None), ("DeleteBucket", None),
                                   ("DeleteObject", b"k"), ("ListObjectsV2", None),
                                   ("ListMultipartUploads", None)):
                assert o.call(operation, key, bucket=bucket)[0] == "FAILED", operation
    assert get(victim, bucket).body == b"mine"


def test_t30_another_tenants_bucket_is_neither_imported_into_nor_exported(victim, bucket):
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=b"mine").status == 200
    operators.order(victim, "tenant.create", name="others")
    refused = operators.order(victim, "operator.grant", tenant="others", bucket=bucket,
                              purpose="import")
    assert not refused["ok"] and "another tenant" in refused["error"]
    with operators.Operator(victim, "export", bucket, tenant="others") as o:
        for operation, key in (("GetObject", b"k"), ("HeadObject", b"k"), ("ListObjectsV2", None)):
            name, _values = o.call(operation, key)
            assert name == "FAILED"
    assert get(victim, bucket).body == b"mine"


def test_an_import_makes_its_bucket_and_an_export_does_not(victim, bucket_name):
    with operators.Operator(victim, "export", bucket_name) as o:
        assert o.call("ListObjectsV2")[0] == "FAILED"
    assert rawhttp.request(victim, "HEAD", f"/{bucket_name}").status == 404
    with operators.Operator(victim, "import", bucket_name) as o:
        assert o.call("ListObjectsV2")[0] == "DONE"
    assert rawhttp.request(victim, "HEAD", f"/{bucket_name}").status == 200


def test_t78_an_operator_that_dies_in_mid_upload_commits_nothing(victim, bucket):
    with operators.Operator(victim, bucket=bucket) as o:
        name, pipe = o.call("PutObject", b"k", length=1_000_000)
        assert name == "PIPE"
        os.write(pipe["fd"], b"x" * 10_000)
        os.close(pipe["fd"])
    assert get(victim, bucket).status == 404


def test_t73_operators_do_not_take_the_room_of_others(victim, bucket):
    held = []
    try:
        for _ in range(40):
            held.append(dial(victim))
        # Those beyond the limit were let go; frontends have a door of their own.
        assert victim.serves()
        assert sum(c.has_ended(0.05) for c in held) >= 24
    finally:
        for channel in held:
            channel.close()
    assert opens(victim, operators.grant(victim, "import", bucket)) is True


def test_t42_the_log_tells_who_was_granted_what_and_not_the_grant(victim, bucket):
    since = victim.log_size()
    with operators.Operator(victim, bucket=bucket) as o:
        text = base64.b64encode(o.grant).decode()
    said = victim.log(since)
    assert "operator-granted grant=" in said and f"bucket={bucket} uid={os.geteuid()}" in said
    assert "operator-opened channel=" in said
    assert text not in said and text[40:80] not in said


def test_t75_an_operators_socket_is_not_for_workers_nor_theirs_for_operators(victim):
    with ipc.Worker(victim, enter=False) as w:
        channel = dial(victim)
        channel.send("ENTER", ticket=w.ticket)
        assert channel.has_ended()
        channel = w.dial_stored()
        channel.send("PRESENT", grant=w.ticket)
        assert channel.has_ended()
    assert coffer.SANITIZER_REPORT.search(victim.log()) is None
