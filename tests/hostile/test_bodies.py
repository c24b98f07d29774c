# SPDX-License-Identifier: Apache-2.0
"""T73, T76, T77, T78: what a broken frontend can do with the bytes that pass it."""

import fcntl
import hashlib
import os
import select
import struct
import time

import pytest

from lib import ipc, rawhttp, sigv4

MIB = 1 << 20
OPEN_UPLOADS_TRIED = 2000


def opened(w, bucket, key, length, **how):
    """A granted upload of that length with its pipe."""
    fields = [("Content-Length", str(length))]
    signed, _ = sigv4.header_auth(w.coffer.credentials, "PUT", f"/{bucket}/{key}", fields,
                                  host=w.coffer.netloc,
                                  payload_hash=how.pop("payload_hash", "UNSIGNED-PAYLOAD"))
    call, name, values = w.ask("PUT", f"/{bucket}/{key}", signed)
    assert name == "GRANTED", values
    w.stored.send("CALL", call=call, grant=values["grant"], has_body=0)
    return call, w.stored.expect("PIPE")["fd"]


def pour(fd, data):
    """Writes all into a pipe that may be non-blocking; False where the reader is gone."""
    view = memoryview(data)
    try:
        while view:
            select.select([], [fd], [], 10)
            view = view[os.write(fd, view):]
    except BrokenPipeError:
        return False
    return True


def get(victim, bucket, key):
    return rawhttp.request(victim, "GET", f"/{bucket}/{key}")


def answer(w):
    """The next answer's name, or "ended"."""
    try:
        return w.stored.receive()[0]
    except ipc.Ended:
        return "ended"


@pytest.fixture
def old(victim, bucket):
    """An object that every failed overwrite must leave alone."""
    assert rawhttp.request(victim, "PUT", f"/{bucket}/k", body=b"old").status == 200
    yield bucket
    assert get(victim, bucket, "k").body == b"old"


@pytest.mark.parametrize("sent", [0, 1, MIB - 1])
def test_t73_fewer_bytes_than_granted_are_no_object(victim, old, sent, unharmed):
    with ipc.Worker(victim) as w:
        call, fd = opened(w, old, "k", MIB)
        pour(fd, bytes(sent))
        os.close(fd)
        w.stored.send("COMMIT", call=call, length=MIB)
        assert answer(w) in ("FAILED", "ended")


@pytest.mark.parametrize("claimed", [0, MIB // 2, MIB + 1, 1 << 63])
def test_t73_a_commit_that_names_another_length_is_no_object(victim, old, claimed, unharmed):
    with ipc.Worker(victim) as w:
        call, fd = opened(w, old, "k", MIB)
        pour(fd, bytes(MIB))
        os.close(fd)
        w.stored.send("COMMIT", call=call, length=claimed)
        assert answer(w) in ("FAILED", "ended")


def test_t73_more_bytes_than_granted_are_no_object(victim, old, unharmed):
    with ipc.Worker(victim) as w:
        call, fd = opened(w, old, "k", MIB)
        pour(fd, bytes(MIB + 4096))
        os.close(fd)
        w.stored.send("COMMIT", call=call, length=MIB)
        assert answer(w) in ("FAILED", "ended")


def test_t73_other_bytes_than_signed_are_no_object(victim, old, unharmed):
    with ipc.Worker(victim) as w:
        call, fd = opened(w, old, "k", MIB, payload_hash=hashlib.sha256(bytes(MIB)).hexdigest())
        pour(fd, b"x" + bytes(MIB - 1))
        os.close(fd)
        w.stored.send("COMMIT", call=call, length=MIB)
        assert answer(w) in ("FAILED", "ended")


def test_t73_a_pipe_that_ends_without_commit_is_no_object(victim, old, unharmed):
    with ipc.Worker(victim) as w:
        _call, fd = opened(w, old, "k", MIB)
        pour(fd, bytes(MIB))
        os.close(fd)
        time.sleep(0.5)
        assert get(victim, old, "k").body == b"old"


def test_t73_a_small_body_other_than_signed_is_no_object(victim, old, unharmed):
    with ipc.Worker(victim) as w:
        call, grant = w.grant("PUT", f"/{old}/k", body=b"true")
        w.stored.send("CALL", call=call, grant=grant, has_body=1, body=b"fake")
        assert answer(w) in ("FAILED", "ended")


def test_t73_a_small_body_of_another_length_is_no_object(victim, old, unharmed):
    for body in (b"", b"tru", b"truer"):
        with ipc.Worker(victim) as w:
            call, grant = w.grant("PUT", f"/{old}/k", headers=[("Content-Length", "4")], body=b"true",
                                  payload_hash="UNSIGNED-PAYLOAD")
            w.stored.send("CALL", call=call, grant=grant, has_body=1, body=body)
            assert answer(w) in ("FAILED", "ended"), body


def test_t73_the_pipe_cannot_be_read_back(worker, bucket, unharmed):
    _call, fd = opened(worker, bucket, "k", MIB)
    with pytest.raises(OSError):
        os.read(fd, 1)
    assert fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY
    os.close(fd)


def test_t74_a_downloaded_descriptor_is_read_only(victim, worker, bucket, unharmed):
    big = os.urandom(MIB)
    assert rawhttp.request(victim, "PUT", f"/{bucket}/big", body=big).status == 200
    call, grant = worker.grant("GET", f"/{bucket}/big")
    worker.stored.send("CALL", call=call, grant=grant, has_body=0)
    worker.stored.expect("OBJECT")
    extent = worker.stored.expect("EXTENT")
    fd = extent["fd"]
    assert fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
    with pytest.raises(OSError):
        os.write(fd, b"x")
    assert os.pread(fd, 2 * MIB, extent["offset"]) == big
    if worker.uid not in (0, os.geteuid()):
        with ipc.as_uid(worker.uid), pytest.raises(PermissionError):
            os.open(f"/proc/self/fd/{fd}", os.O_RDWR)
    os.close(fd)
    assert get(victim, bucket, "big").body == big


def test_t73_uploads_of_a_channel_have_a_limit_and_leave_others_room(victim, bucket, unharmed):
    """Opens uploads until it is told no; an honest client is served meanwhile."""
    fds, refused = [], False
    with ipc.Worker(victim) as w:
        for n in range(OPEN_UPLOADS_TRIED):
            fields, _ = sigv4.header_auth(victim.credentials, "PUT", f"/{bucket}/u{n}",
                                          [("Content-Length", str(MIB))], host=victim.netloc,
                                          payload_hash="UNSIGNED-PAYLOAD")
            call, name, values = w.ask("PUT", f"/{bucket}/u{n}", fields)
            if name != "GRANTED":
                refused = True
                break
            w.stored.send("CALL", call=call, grant=values["grant"], has_body=0)
            try:
                name, values, got = w.stored.receive()
            except ipc.Ended:
                refused = True
                break
            if name == "FAILED":
                refused = True
                break
            fds += got
        assert refused, "no limit met"
        assert rawhttp.request(victim, "PUT", f"/{bucket}/honest", body=bytes(MIB)).status == 200
        for fd in fds:
            os.close(fd)


# --- T76: signed streams ----------------------------------------------------------------------


class Stream:
    """A signed streaming upload in a broken frontend's hands."""

    def __init__(self, w, bucket, key, chunks):
        self.w, self.chunks = w, chunks
        total = sum(map(len, chunks))
        fields = [("Content-Encoding", "aws-chunked"),
                  ("x-amz-decoded-content-length", str(total))]
        signed, seed = sigv4.header_auth(w.coffer.credentials, "PUT", f"/{bucket}/{key}", fields,
                                         host=w.coffer.netloc,
                                         payload_hash=sigv4.STREAMING_SIGNED)
        chain = sigv4.Chunks(w.coffer.credentials, seed)
        self.signatures = [bytes.fromhex(chain.signature(c)) for c in (*chunks, b"")]
        self.call, name, values = w.ask("PUT", f"/{bucket}/{key}", signed)
        assert name == "GRANTED", values
        self.total = total
        w.stored.send("CALL", call=self.call, grant=values["grant"], has_body=0)
        self.fd = w.stored.expect("PIPE")["fd"]

    def pipe(self, data):
        pour(self.fd, data)
        os.close(self.fd)

    def lengths(self, lengths):
        self.w.stored.send("LENGTHS", call=self.call,
                           lengths=b"".join(struct.pack("<I", n) for n in lengths))

    def claim(self, lengths, signatures=None):
        rows = zip((*lengths, 0), signatures or self.signatures)
        self.w.authd.send("CHAIN", call=self.call, last=1,
                          chunks=b"".join(struct.pack("<I", n) + s for n, s in rows))

    def verdict(self):
        try:
            name, values, _ = self.w.authd.receive()
        except ipc.Ended:
            return "ended", {}
        return name, values

    def commit(self, seal, length=None):
        self.w.stored.send("COMMIT", call=self.call, seal=seal,
                           length=self.total if length is None else length)
        return answer(self.w)


CHUNKS = [bytes([n]) * 65536 for n in range(4)]
LENGTHS = [65536] * 4


def test_t76_an_honest_stream_is_stored(victim, bucket, unharmed):
    """The control: what the attacks below change is the only difference."""
    with ipc.Worker(victim) as w:
        s = Stream(w, bucket, "k", CHUNKS)
        s.lengths(LENGTHS)
        s.pipe(b"".join(CHUNKS))
        s.claim(LENGTHS)
        name, values = s.verdict()
        assert name == "CHAINED"
        assert s.commit(values["seal"]) == "DONE"
    assert get(victim, bucket, "k").body == b"".join(CHUNKS)


def test_t76_reporting_one_chunk_and_writing_another_is_denied(victim, old, unharmed):
    with ipc.Worker(victim) as w:
        s = Stream(w, old, "k", CHUNKS)
        s.lengths(LENGTHS)
        s.pipe(b"".join([CHUNKS[0], b"x" * 65536, *CHUNKS[2:]]))
        s.claim(LENGTHS)
        assert s.verdict()[0] in ("DENIED", "ended")
        assert s.commit(b"") in ("FAILED", "ended")


def test_t76_moved_chunk_borders_are_denied(victim, old, unharmed):
    with ipc.Worker(victim) as w:
        s = Stream(w, old, "k", CHUNKS)
        moved = [65535, 65537, 65536, 65536]
        s.lengths(moved)
        s.pipe(b"".join(CHUNKS))
        s.claim(moved)
        assert s.verdict()[0] in ("DENIED", "ended")
        assert s.commit(b"") in ("FAILED", "ended")


def test_t76_a_stream_cut_short_with_a_claimed_end_is_denied(victim, old, unharmed):
    with ipc.Worker(victim) as w:
        s = Stream(w, old, "k", CHUNKS)
        s.lengths(LENGTHS[:2])
        s.pipe(b"".join(CHUNKS[:2]))
        s.claim(LENGTHS[:2], [*s.signatures[:2], s.signatures[-1]])
        name, values = s.verdict()
        assert name in ("DENIED", "ended")
        assert s.commit(values.get("seal", b""), 2 * 65536) in ("FAILED", "ended")


def test_t76_a_commit_without_seal_is_refused(victim, old, unharmed):
    with ipc.Worker(victim) as w:
        s = Stream(w, old, "k", CHUNKS)
        s.lengths(LENGTHS)
        s.pipe(b"".join(CHUNKS))
        assert s.commit(b"") in ("FAILED", "ended")


def test_t76_the_seal_of_another_request_is_worth_nothing(victim, old, unharmed):
    with ipc.Worker(victim) as w:
        honest = Stream(w, old, "other", CHUNKS)
        honest.lengths(LENGTHS)
        honest.pipe(b"".join(CHUNKS))
        honest.claim(LENGTHS)
        seal = honest.verdict()[1]["seal"]
        s = Stream(w, old, "k", CHUNKS)
        s.lengths(LENGTHS)
        s.pipe(b"".join(CHUNKS))
        assert s.commit(seal) in ("FAILED", "ended")


# --- T77: bodies that are commands ------------------------------------------------------------

DELETE_K = b"<Delete><Object><Key>k</Key></Object></Delete>"
DELETE_X = b"<Delete><Object><Key>x</Key></Object></Delete>"


def command(w, target, signed_body, fd, body_len):
    call, grant = w.grant("POST", target, body=signed_body)
    try:
        w.stored.send("COMMAND", [fd], call=call, grant=grant, body_len=body_len)
    except ipc.Ended:
        return "ended"
    finally:
        os.close(fd)
    return answer(w)


def test_t77_other_keys_than_signed_are_refused(victim, old, unharmed):
    with ipc.Worker(victim) as w:
        fd = ipc.sealed_memfd(DELETE_K)
        assert command(w, f"/{old}?delete", DELETE_X, fd, len(DELETE_K)) in ("FAILED", "ended")


@pytest.mark.parametrize("missing", ["F_SEAL_SEAL", "F_SEAL_SHRINK", "F_SEAL_GROW", "F_SEAL_WRITE"])
def test_t77_a_memfd_that_lacks_a_seal_is_a_violation(victim, old, missing, unharmed):
    every = ("F_SEAL_SEAL", "F_SEAL_SHRINK", "F_SEAL_GROW", "F_SEAL_WRITE")
    seals = 0
    for name in every:
        seals |= getattr(fcntl, name) if name != missing else 0
    with ipc.Worker(victim) as w:
        fd = ipc.sealed_memfd(DELETE_K, seals)
        assert command(w, f"/{old}?delete", DELETE_K, fd, len(DELETE_K)) == "ended"


@pytest.mark.parametrize("by", [-1, 1, 2 * MIB])
def test_t77_a_memfd_of_another_length_is_a_violation(victim, old, by, unharmed):
    with ipc.Worker(victim) as w:
        fd = ipc.sealed_memfd(DELETE_K)
        assert command(w, f"/{old}?delete", DELETE_K, fd, len(DELETE_K) + by) == "ended"


def test_t77_a_descriptor_that_is_no_memfd_is_a_violation(victim, old, unharmed):
    for path in ("/dev/null", "/dev/zero", "/etc/hostname"):
        with ipc.Worker(victim) as w:
            fd = os.open(path, os.O_RDONLY)
            assert command(w, f"/{old}?delete", DELETE_K, fd, len(DELETE_K)) == "ended", path
    r, s = os.pipe()
    with ipc.Worker(victim) as w:
        assert command(w, f"/{old}?delete", DELETE_K, r, len(DELETE_K)) == "ended"
    os.close(s)


def test_t78_a_worker_killed_in_mid_upload_commits_nothing(victim, old):
    """A chunked upload of unknown length: the end of the pipe looks just like the end of the body."""
    before = set(victim.workers())
    target = f"/{old}/k"
    fields, _ = sigv4.header_auth(victim.credentials, "PUT", target,
                                  [("Transfer-Encoding", "chunked")], host=victim.netloc,
                                  payload_hash="UNSIGNED-PAYLOAD")
    with rawhttp.Connection(victim) as c:
        c.send(rawhttp.head("PUT", target, fields))
        c.send(b"".join(b"10000\r\n" + bytes(65536) + b"\r\n" for _ in range(16)))
        time.sleep(0.5)
        for pid in before:
            os.kill(pid, 9)
        time.sleep(1)
    assert get(victim, old, "k").body == b"old"
    assert not before & set(victim.workers())
