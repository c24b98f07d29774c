# SPDX-License-Identifier: Apache-2.0
"""Both stores of the client in the same clothes."""

import pytest
from waiting import Waiting

import coffer


@pytest.fixture(params=["sync", "async"])
def kind(request):
    """Which of the two stores a test is about."""
    return request.param


@pytest.fixture
def connect(kind):
    """Makes stores: `connect(access, max_retries=…)`."""
    made = []

    def make(where, **how):
        if kind == "sync":
            made.append(coffer.RestStore.create(where.url, where.token, **how))
        else:
            made.append(Waiting(coffer.AsyncRestStore.create(where.url, where.token, **how)))
        return made[-1]

    yield make
    for store in made:
        store.close()
