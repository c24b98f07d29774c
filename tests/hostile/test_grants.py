# SPDX-License-Identifier: Apache-2.0
"""T12, T71: what a broken frontend can do with grants: nothing that was not granted to it."""

import os
import time

import pytest

from lib import ipc, rawhttp

GRANT_LIFE_S = 30


def put(w, bucket, key=b"k"):
    return w.grant("PUT", f"/{bucket}/{key.decode()}", body=b"body")


def call(w, number, grant):
    w.stored.send("CALL", call=number, grant=grant, has_body=1, body=b"body")


def ends(w, number, grant):
    try:
        call(w, number, grant)
    except ipc.Ended:
        return True
    return w.stored.has_ended()


def exists(victim, bucket, key="k"):
    return rawhttp.request(victim, "HEAD", f"/{bucket}/{key}").status == 200


def test_t71_a_flipped_bit_anywhere_is_a_violation(victim, bucket, unharmed):
    with ipc.Worker(victim) as w:
        number, grant = put(w, bucket)
    # The epoch's eight bytes are in the clear: another epoch is stale, which honest peers meet.
    for at in range(8, len(grant), max(1, len(grant) // 120)):
        for bit in (0, 7):
            bent = bytearray(grant)
            bent[at] ^= 1 << bit
            with ipc.Worker(victim) as w:
                assert ends(w, number, bytes(bent)), at
    assert not exists(victim, bucket)


def test_t71_another_epoch_is_stale_and_the_channel_stays(worker, bucket, unharmed):
    number, grant = put(worker, bucket)
    for at in range(8):
        bent = bytearray(grant)
        bent[at] ^= 1
        call(worker, number + at, bytes(bent))
        worker.stored.expect("FAILED")
    call(worker, number, grant)
    worker.stored.expect("DONE")


def test_t71_a_cut_or_longer_grant_is_a_violation(victim, bucket, unharmed):
    with ipc.Worker(victim) as w:
        number, grant = put(w, bucket)
    for bent in (b"", grant[:7], grant[:8], grant[:40], grant[:-1], grant + b"\0"):
        with ipc.Worker(victim) as w:
            assert ends(w, number, bent), len(bent)
    assert not exists(victim, bucket)


def test_t71_a_grant_of_another_channel_is_a_violation(victim, bucket, unharmed):
    with ipc.Worker(victim) as a, ipc.Worker(victim) as b:
        number, grant = put(a, bucket)
        assert ends(b, number, grant)
    assert not exists(victim, bucket)


def test_t12_a_spent_grant_opens_nothing(victim, bucket, unharmed):
    with ipc.Worker(victim) as w:
        number, grant = put(w, bucket)
        call(w, number, grant)
        w.stored.expect("DONE")
        assert rawhttp.request(victim, "DELETE", f"/{bucket}/k").status == 204
        assert ends(w, number + 1, grant)
    assert not exists(victim, bucket)


def test_t12_a_grant_that_only_reads_may_be_shown_again(worker, bucket, unharmed):
    assert worker.call("PUT", f"/{bucket}/k", body=b"body")[0] == "DONE"
    number, grant = worker.grant("GET", f"/{bucket}/k")
    for n in range(3):
        worker.stored.send("CALL", call=number + n, grant=grant, has_body=0)
        assert worker.stored.expect("OBJECT")["body"] == b"body"


def test_t71_an_expired_grant_opens_nothing(worker, victim, bucket, unharmed):
    number, grant = put(worker, bucket)
    time.sleep(GRANT_LIFE_S + 1)
    call(worker, number, grant)
    worker.stored.expect("FAILED")
    assert not exists(victim, bucket)


def test_t71_a_grant_of_a_dead_authd_is_stale(victim, bucket):
    with ipc.Worker(victim) as w:
        number, grant = put(w, bucket)
        victim.kill_and_wait("authd")
    with ipc.Worker(victim) as w:
        call(w, number, grant)
        w.stored.expect("FAILED")
    assert not exists(victim, bucket)


def test_t71_a_ticket_opens_one_live_channel(victim, unharmed):
    with ipc.Worker(victim) as w:
        second = w.dial_stored()
        second.send("ENTER", ticket=w.ticket)
        assert second.has_ended()
        assert w.call("GET", "/")[0] in ("DONE", "ITEMS")


def test_t71_a_forged_ticket_is_a_violation(victim, unharmed):
    with ipc.Worker(victim, enter=False) as w:
        for at in range(8, len(w.ticket)):
            bent = bytearray(w.ticket)
            bent[at] ^= 1
            channel = w.dial_stored()
            channel.send("ENTER", ticket=bytes(bent))
            assert channel.has_ended(), at
            channel.close()


def test_t71_a_grant_is_no_ticket_and_a_ticket_no_grant(victim, bucket, unharmed):
    with ipc.Worker(victim) as w:
        _number, grant = put(w, bucket)
        channel = w.dial_stored()
        try:
            channel.send("ENTER", ticket=grant[:1024])
        except ipc.Ended:
            pass
        assert channel.has_ended()
        assert ends(w, w.next_call(), w.ticket)


@pytest.mark.parametrize("has_body", [0, 1])
def test_t71_a_grant_to_read_does_not_write(victim, bucket, has_body, unharmed):
    with ipc.Worker(victim) as w:
        number, grant = w.grant("GET", f"/{bucket}/k")
        w.stored.send("CALL", call=number, grant=grant, has_body=has_body, body=b"body" * has_body)
        try:
            w.stored.receive()
        except ipc.Ended:
            pass
    assert not exists(victim, bucket)


def test_t71_a_command_grant_is_not_opened_by_a_call_nor_the_other_way(victim, bucket, unharmed):
    with ipc.Worker(victim) as w:
        number, grant = w.grant("POST", f"/{bucket}?delete", body=b"<Delete/>")
        assert ends(w, number, grant)
    with ipc.Worker(victim) as w:
        number, grant = put(w, bucket)
        fd = ipc.sealed_memfd(b"body")
        w.stored.send("COMMAND", [fd], call=number, grant=grant, body_len=4)
        os.close(fd)
        assert w.stored.has_ended()
    assert not exists(victim, bucket)
