# SPDX-License-Identifier: Apache-2.0
"""T58: the disk fills. A clear error, the old object intact, deletes work, service resumes."""

import os
import subprocess
import time

import pytest

from clients.rest import desk
from lib import coffer, rawhttp, rest

MIB = 1 << 20
DISK = 320 * MIB


@pytest.fixture
def cramped():
    """A Coffer whose data lies on a small tmpfs."""
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    server = coffer.Coffer()
    server.data.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0755", "tmpfs",
                              str(server.data)], capture_output=True, text=True, check=False)
    if mounted.returncode:
        server.close()
        pytest.skip(f"cannot mount a tmpfs here: {mounted.stderr.strip()}")
    try:
        yield server.start()
    finally:
        server.stop()
        subprocess.run(["umount", str(server.data)], check=True)
        server.close()


def test_t58_a_full_disk_is_507_the_old_object_stays_and_deletes_work(cramped):
    assert rawhttp.request(cramped, "PUT", "/full").status == 200
    assert rawhttp.request(cramped, "PUT", "/full/old", body=b"old").status == 200
    body = os.urandom(8 * MIB)
    stored = 0
    for stored in range(100):
        response = rawhttp.request(cramped, "PUT", f"/full/{stored}", body=body)
        if response.status != 200:
            break
    assert response.status == 507, response.status
    assert stored > 0
    for target in ("/full/old", "/full/0"):
        assert rawhttp.request(cramped, "PUT", target, body=body).status == 507
    assert rawhttp.request(cramped, "GET", "/full/old").body == b"old"
    for n in range(stored):
        assert rawhttp.request(cramped, "GET", f"/full/{n}").body == body
        assert rawhttp.request(cramped, "DELETE", f"/full/{n}").status == 204


def test_t58_a_full_disk_is_507_to_a_client_of_the_rest_dialect_too(cramped):
    store = desk.Operator(cramped).store(bucket="full")
    store.put("old", b"old")
    body = os.urandom(8 * MIB)
    kept = 0
    while (answer := store.ask("PUT", f"/objects/{kept}", body=body)).status == 200:
        kept += 1
    rest.refused(answer, 507)
    rest.refused(store.ask("PUT", "/objects/old", body=body), 507)
    assert (kept > 0, store.read("old"), store.read("0")) == (True, b"old", body)
    for n in range(kept):
        assert store.delete(str(n)).status == 204
    store.put("old", b"new")


def test_t58_service_resumes_by_itself_when_there_is_room_again(cramped):
    assert rawhttp.request(cramped, "PUT", "/full").status == 200
    filler = cramped.data / "filler"
    with filler.open("wb") as f:
        f.write(bytes(DISK - 8 * MIB))
    body = bytes(MIB)
    deadline_tries = 50
    for _ in range(deadline_tries):
        response = rawhttp.request(cramped, "PUT", "/full/k", body=body)
        if response.status == 507:
            break
    assert response.status == 507
    filler.unlink()
    for _ in range(deadline_tries):
        response = rawhttp.request(cramped, "PUT", "/full/k", body=body)
        if response.status == 200:
            break
        time.sleep(0.1)
    assert rawhttp.request(cramped, "GET", "/full/k").body == body
