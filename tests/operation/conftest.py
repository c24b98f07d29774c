# SPDX-License-Identifier: Apache-2.0
"""Fixtures for what those who run a server see of it. Each module has a server of its own."""

import shutil
import subprocess
import time
import urllib.parse
import xml.etree.ElementTree

import pytest

from lib import coffer, rawhttp

WORKERS = 3
PATIENCE_S = 10
STEP_S = 0.05
APART = ("unshare", "--pid", "--fork", "--mount-proc")


def wait_for(what, patience_s=PATIENCE_S, step_s=STEP_S):
    """What what() gives once it is true: a count may come a moment behind the answer that it is of."""
    deadline = time.monotonic() + patience_s
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(step_s)
    return found


def begin_upload(of, bucket, key):
    """The id of an upload in parts."""
    answer = rawhttp.request(of, "POST", f"/{bucket}/{urllib.parse.quote(key)}?uploads")
    assert answer.status == 200
    return xml.etree.ElementTree.fromstring(answer.body).find("{*}UploadId").text


def start(*args):
    if coffer.build_dir() is None:
        pytest.skip("COFFER_BUILD is not set")
    return coffer.Coffer(args=args)


@pytest.fixture(scope="module")
def server():
    with start("--workers", "2") as running:
        yield running


@pytest.fixture(scope="module")
def elsewhere():
    """Another host."""
    with start("--workers", "2") as running:
        yield running


@pytest.fixture(scope="module")
def watched():
    """A server with several workers, whose metrics and logs nobody else moves."""
    with start("--workers", str(WORKERS)) as running:
        yield running


@pytest.fixture
def apart():
    """What starts a program in a pid namespace of its own."""
    if not shutil.which("unshare"):
        pytest.skip("unshare is not installed")
    tried = subprocess.run([*APART, "true"], capture_output=True, check=False, text=True)
    if tried.returncode:
        pytest.skip(f"no pid namespace of our own: {tried.stderr.strip()}")
    return APART
