# SPDX-License-Identifier: Apache-2.0
"""T30, T71, T75, T78: what an operator's grant opens, to whom, and what it does not open."""

import base64
import fcntl
import json
import os
import socket
import struct
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
               "ListMultipartUploads", "AbortMultipartUpload", "GetBucketPolicy",
               "GetBucketPolicyStatus", "PutBucketPolicy", "DeleteBucketPolicy",
               "GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock"},
    "backup": set(),
    "restore": set(),
}
COPYING = {"SNAPSHOT": "backup", "FETCH": "backup", "RECEIVE_CATALOG": "restore",
           "RECEIVE_BLOB": "restore", "ADOPT": "restore"}


def scope(purpose, bucket):
    """The bucket of a grant, where that purpose has one."""
    return None if purpose in COPYING.values() else bucket


@pytest.mark.parametrize("purpose", list(ALLOWED))
def test_t21_nothing_beyond_the_purpose_is_done(victim, bucket, purpose):
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=b"old").status == 200
    for operation in ipc.Schema(victim.build).operations:
        if operation in ALLOWED[purpose]:
            continue
        for key in (None, b"k"):
            with operators.Operator(victim, purpose, scope(purpose, bucket)) as o:
                o.ask(operation, key, bucket=bucket)
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


def say(operator, name, fds=(), **values):
    """What comes back to one message, all of it: the last one's name and fields, and every descriptor."""
    operator.calls += 1
    operator.stored.send(name, fds, call=operator.calls, **values)
    brought = []
    while True:
        answer, fields, fds = operator.stored.receive()
        brought += fds
        if answer in ("DONE", "FAILED") or (answer == "EXTENT" and fields["last"]):
            return answer, fields, brought


ID = bytes(range(16))
# What each message about copies says beside its call, and whether a file comes with it.
SAID = {"SNAPSHOT": {}, "FETCH": {"blob": ID}, "RECEIVE_CATALOG": {"resumes": 0},
        "RECEIVE_BLOB": {"blob": ID}, "ADOPT": {}}


@pytest.mark.parametrize("purpose", list(ALLOWED))
def test_t21_a_tenant_is_copied_only_by_whom_the_grant_lets(victim, bucket, purpose):
    for name, needed in COPYING.items():
        if needed == purpose:
            continue
        with operators.Operator(victim, purpose, scope(purpose, bucket)) as o, \
                open("/dev/null", "rb") as file:
            o.stored.send(name, [file.fileno()] if name.startswith("RECEIVE") else [], call=1,
                          **SAID[name])
            assert o.stored.has_ended(), name


def test_t21_to_copy_is_granted_for_a_whole_tenant_alone(victim, bucket):
    for purpose in ("backup", "restore"):
        answer = operators.order(victim, "operator.grant", tenant="default", purpose=purpose,
                                 bucket=bucket)
        assert not answer["ok"] and "takes no bucket" in answer["error"]


def close_all(fds):
    for fd in fds:
        os.close(fd)


def blobs_listed(fds):
    """The ids in a snapshot's list, which is its second file."""
    lines = os.pread(fds[1], 1 << 20, 0).decode().splitlines()
    return [bytes.fromhex(line.split()[1]) for line in lines if line.startswith("blob ")]


def test_t21_what_a_backup_gets_can_only_be_read_and_is_no_more_than_was_asked(victim, bucket):
    body = os.urandom(300_000)
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=body).status == 200
    with operators.Operator(victim, "backup", None) as o:
        name, _fields, fds = say(o, "SNAPSHOT")
        assert (name, len(fds)) == ("EXTENT", 2)
        ids = blobs_listed(fds)
        assert ids
        brought = [say(o, "FETCH", blob=blob)[2] for blob in ids]
        for fd in fds + sum(brought, []):
            assert fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
            with pytest.raises(OSError):
                os.write(fd, b"x")
            assert os.fstat(fd).st_nlink == (0 if fd in fds else 1)
        assert body in [os.pread(fd, 300_000, 0) for fd, in brought]
        assert say(o, "FETCH", blob=ID)[1]["error"]
        close_all(fds + sum(brought, []))


def test_t30_a_backup_of_one_tenant_gets_nothing_of_another(victim, bucket):
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=os.urandom(300_000)).status == 200
    operators.order(victim, "tenant.create", name="copied")
    with operators.Operator(victim, "backup", None) as o:
        fds = say(o, "SNAPSHOT")[2]
        theirs = blobs_listed(fds)
        close_all(fds)
    with operators.Operator(victim, "backup", None, tenant="copied") as o:
        fds = say(o, "SNAPSHOT")[2]
        assert not blobs_listed(fds) and bucket.encode() not in os.pread(fds[0], 1 << 20, 0)
        close_all(fds)
        for blob in theirs:
            name, _fields, fds = say(o, "FETCH", blob=blob)
            assert name == "FAILED" and not fds


def test_t30_a_restoration_takes_no_name_and_no_data_of_another_tenant(victim, bucket):
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=b"mine").status == 200
    operators.order(victim, "tenant.create", name="restored")
    with operators.Operator(victim, "backup", None) as o:
        catalog, listed = say(o, "SNAPSHOT")[2]
    with operators.Operator(victim, "restore", None, tenant="restored") as o:
        name, fields, _fds = say(o, "RECEIVE_CATALOG", [catalog], resumes=0)
        assert name == "FAILED" and b"Others have buckets" in fields["detail"]
        assert say(o, "ADOPT")[0] == "FAILED"
    # Nor is there a second way into what a tenant has.
    with operators.Operator(victim, "restore", None) as o:
        assert b"something already" in say(o, "RECEIVE_CATALOG", [catalog], resumes=0)[1]["detail"]
    close_all([catalog, listed])
    assert get(victim, bucket).body == b"mine"
    operators.order(victim, "tenant.delete", name="restored", data=True)


@pytest.mark.parametrize("kind", ["pipe", "socket", "directory", "write-only", "device"])
def test_t72_what_is_no_file_to_be_read_is_not_waited_for(victim, kind, tmp_path):
    name = f"r-{kind}"
    operators.order(victim, "tenant.create", name=name)
    file = tmp_path / "f"
    file.write_bytes(b"x" * 100)
    held = []
    if kind == "pipe":
        held = list(os.pipe())
    elif kind == "socket":
        held = [s.detach() for s in socket.socketpair()]
    elif kind == "directory":
        held = [os.open(tmp_path, os.O_RDONLY)]
    elif kind == "write-only":
        held = [os.open(file, os.O_WRONLY)]
    else:
        held = [os.open("/dev/zero", os.O_RDONLY)]
    with operators.Operator(victim, "restore", None, tenant=name) as o:
        answer, fields, _fds = say(o, "RECEIVE_CATALOG", [held[0]], resumes=0)
        assert answer == "FAILED" and b"regular file" in fields["detail"]
    close_all(held)
    operators.order(victim, "tenant.delete", name=name, data=True)


def test_t30_a_manager_of_one_tenant_reaches_no_bucket_of_another(victim, bucket):
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=b"mine").status == 200
    operators.order(victim, "tenant.create", name="strangers")
    own = {"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket",
                         "Resource": f"arn:aws:s3:::{bucket}"}}
    assert rawhttp.request(victim, "PUT", f"/{bucket}?policy", body=json.dumps(own).encode()).status == 204
    others = json.dumps({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                                       "Resource": f"arn:aws:s3:::{bucket}/*"}}).encode()
    block = b"<PublicAccessBlockConfiguration/>"
    for granted in (bucket, None):
        with operators.Operator(victim, "manage", granted, tenant="strangers") as o:
            for operation, key in (("HeadBucket", None), ("DeleteBucket", None),
                                   ("DeleteObject", b"k"), ("ListObjectsV2", None),
                                   ("ListMultipartUploads", None)):
                assert o.call(operation, key, bucket=bucket)[0] == "FAILED", operation
            for operation, body in (("GetBucketPolicy", None), ("GetBucketPolicyStatus", None),
                                    ("PutBucketPolicy", others), ("DeleteBucketPolicy", None),
                                    ("GetPublicAccessBlock", None), ("PutPublicAccessBlock", block),
                                    ("DeletePublicAccessBlock", None)):
                assert o.call(operation, body=body, bucket=bucket)[0] == "FAILED", operation
    assert json.loads(rawhttp.request(victim, "GET", f"/{bucket}?policy").body) == own
    assert rawhttp.request(victim, "DELETE", f"/{bucket}?policy").status == 204
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


# What a position is made of, by its place in the bytes: stage, within, key's length, key, upload, extent, blob.
STAGE, WITHIN = 0, 1


def position_of(schema, answer):
    """What stands in an answer for the next step; b"" at the end."""
    while answer:
        name, answer = schema.answer_fields[answer[0]], answer[1:]
        size = 4 + struct.unpack_from("<I", answer)[0] if name == "position" else 8
        if name == "position":
            return answer[4:size]
        answer = answer[size:]
    return b""


def positions(operator, bucket):
    """Where each step of a scrub of the bucket ends."""
    found = [b""]
    while True:
        name, fields, _fds = say(operator, "SCRUB", bucket=bucket.encode(), position=found[-1])
        assert name == "DONE"
        position = position_of(operator.schema, fields["answer"])
        if not position:
            return found
        found.append(position)


@pytest.mark.parametrize("purpose", [p for p in ALLOWED if p != "manage"])
def test_t21_only_who_manages_has_anything_scrubbed(victim, bucket, purpose):
    for named in ("", bucket):
        with operators.Operator(victim, purpose, scope(purpose, bucket)) as o:
            o.stored.send("SCRUB", call=1, bucket=named.encode(), position=b"")
            assert o.stored.has_ended()


def test_t71_who_manages_one_bucket_scrubs_no_other(victim, bucket):
    for named in ("", "elsewhere"):
        with operators.Operator(victim, "manage", bucket) as o:
            o.stored.send("SCRUB", call=1, bucket=named.encode(), position=b"")
            assert o.stored.has_ended()
    with operators.Operator(victim, "manage", bucket) as o:
        assert say(o, "SCRUB", bucket=bucket.encode(), position=b"")[0] == "DONE"


def test_t30_another_tenants_bucket_is_not_scrubbed(victim, bucket):
    other = f"t-{bucket}"[:63]
    victim.add_tenant(other)
    with operators.Operator(victim, "manage", None, tenant=other) as o:
        name, fields, _fds = say(o, "SCRUB", bucket=bucket.encode(), position=b"")
        assert name == "FAILED" and o.schema.errors[fields["error"]] == "AccessDenied"
        assert say(o, "SCRUB", bucket=b"", position=b"")[0] == "DONE"
    victim.ctl("tenant", "delete", other, "--with-data")


def test_t72_a_position_that_is_none_ends_the_channel(victim, bucket):
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=bytes(3 << 20)).status == 200
    with operators.Operator(victim, "manage", bucket) as o:
        sound = positions(o, bucket)[1]
    for bad in (sound[:-1], sound + b"\0", b"\0", b"\3" + sound[1:], b"\xff" + sound[1:],
                sound[:WITHIN] + b"\2" + sound[WITHIN + 1:], sound[:2] + b"\xff" * 4 + sound[6:]):
        with operators.Operator(victim, "manage", bucket) as o:
            o.stored.send("SCRUB", call=1, bucket=bucket.encode(), position=bad)
            assert o.stored.has_ended()
    assert get(victim, bucket).body == bytes(3 << 20)


def test_t72_a_position_that_was_never_told_harms_nobody(victim, bucket):
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=bytes(3 << 20)).status == 200
    with operators.Operator(victim, "manage", bucket) as o:
        told = positions(o, bucket)
        sound = told[1]
        for at in range(len(sound)):
            for byte in (0, 1, 2, 0x7f, 0xff):
                forged = sound[:at] + bytes([byte]) + sound[at + 1:]
                if at == STAGE and byte > 2 or at == WITHIN and byte > 1 or 2 <= at < 6:
                    continue
                assert say(o, "SCRUB", bucket=bucket.encode(), position=forged)[0] == "DONE"
        # Whatever was made up, what is there is there, and a scrub from the start says so.
        assert positions(o, bucket) == told
    assert get(victim, bucket).body == bytes(3 << 20)
