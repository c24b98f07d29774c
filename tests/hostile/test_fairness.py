# SPDX-License-Identifier: Apache-2.0
"""T57 among tenants: whoever takes all that he can get takes nothing that another needs."""

import contextlib
import uuid

import pytest

from lib import coffer, rawhttp, sigv4

# What stored lets come in through one worker, and more than one tenant may have of it.
BODIES_OF_A_WORKER = 512
UPLOAD = bytes(1_000_000)


@pytest.fixture
def narrow():
    """A server with one worker, whose places all tenants share."""
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    with coffer.Coffer(args=("--workers", "1")) as running:
        yield running


def a_bucket(server):
    name = f"b-{uuid.uuid4().hex[:20]}"
    assert rawhttp.request(server, "PUT", f"/{name}").status == 200
    return name


def begin_upload(stack, server, target):
    """A connection on which an upload has begun: everything but its last byte is sent."""
    fields, _ = sigv4.header_auth(server.credentials, "PUT", target, host=server.netloc,
                                  payload_hash="UNSIGNED-PAYLOAD")
    fields += [("Content-Length", str(len(UPLOAD))), ("Expect", "100-continue")]
    c = stack.enter_context(rawhttp.Connection(server))
    c.send(rawhttp.head("PUT", target, fields))
    return c


def test_t57_uploads_that_a_tenant_leaves_open_refuse_another_tenant_nothing(narrow):
    quiet = narrow.add_tenant("quiet")
    bucket, flooded = a_bucket(quiet), a_bucket(narrow)
    with contextlib.ExitStack() as stack:
        flood = [begin_upload(stack, narrow, f"/{flooded}/{n}") for n in range(BODIES_OF_A_WORKER)]
        told = [c.receive_interim().status for c in flood]
        assert set(told) <= {100, 503} and told.count(100) >= BODIES_OF_A_WORKER // 4
        for n in range(10):
            assert rawhttp.request(quiet, "PUT", f"/{bucket}/{n}", body=UPLOAD).status == 200
            assert rawhttp.request(quiet, "GET", f"/{bucket}/{n}").body == UPLOAD
        # Nor has the flood lost what it had begun.
        kept = flood[told.index(100)]
        kept.send(UPLOAD)
        assert kept.receive("PUT").status == 200
