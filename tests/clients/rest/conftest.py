# SPDX-License-Identifier: Apache-2.0
"""Stores for the tests: the shared one, and new ones with buckets and tokens of their own."""

import uuid

import pytest

from clients.rest import desk
from lib import coffer, rest


@pytest.fixture(scope="session")
def operator(server):
    """Who may type cofferctl on the shared server."""
    if not isinstance(server, coffer.Coffer):
        pytest.skip("makes tokens; COFFER_ENDPOINT names a server whose operator we are not")
    return desk.Operator(server)


@pytest.fixture(scope="session")
def store(operator):
    """A bucket that all tests share, with every scope. They keep apart by their keys."""
    return operator.store(bucket=f"t-shared-{uuid.uuid4().hex[:12]}")


@pytest.fixture
def key():
    """A key that no other test has."""
    return f"k-{uuid.uuid4().hex}"


@pytest.fixture
def empty(operator, bucket_name):
    """A new bucket with nothing in it, with every scope."""
    return operator.store(bucket=bucket_name)


@pytest.fixture
def name():
    """A name that no other token has."""
    return f"n-{uuid.uuid4().hex[:20]}"


@pytest.fixture
def new_operator(new_coffer):
    """The operator of a server of the test's own."""
    return lambda **how: desk.Operator(new_coffer(**how))


@pytest.fixture
def nobody(store):
    """The same door without a token."""
    assert isinstance(store, rest.Store)
    return store.with_token(None)
