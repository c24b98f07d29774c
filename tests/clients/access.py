# SPDX-License-Identifier: Apache-2.0
"""Where the REST dialect is and a token for it, as its clients are told."""

import dataclasses
import pathlib
import uuid

import pytest

from lib import coffer

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
PYTHON_CLIENT = TREE / "client" / "python"


@dataclasses.dataclass(frozen=True)
class Access:
    """One client's access; `prefix` begins the keys of one test on a server that others use."""
    url: str
    token: str = dataclasses.field(repr=False)
    prefix: str = ""


def of(server):
    """Access to a server by the token that it was started with."""
    if coffer.is_external() and not (server.rest_endpoint and server.token):
        pytest.skip("COFFER_REST_ENDPOINT and COFFER_TOKEN are not set")
    assert server.rest_endpoint and server.token, "coffer up told no REST endpoint, or no token"
    return Access(server.rest_endpoint, server.token, f"t-{uuid.uuid4().hex[:16]}/")


def limited(server, rate):
    """Access with a token of its own, for so many requests a second."""
    name = f"n-{uuid.uuid4().hex}"
    done = server.control("token", "add", name, "--ttl", "1", "--rate", str(rate))
    assert done.returncode == 0, done.stderr
    return dataclasses.replace(of(server), token=done.stdout.splitlines()[-1])
