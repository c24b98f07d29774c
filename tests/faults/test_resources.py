# SPDX-License-Identifier: Apache-2.0
"""A daemon gets no memory or no descriptor, or cannot send a message to another, at any moment: nothing is
lost, no answer lies, and Coffer goes on. `--long` tries every call.
"""

import pytest

from .sweep import check_orphans, try_faults


@pytest.mark.parametrize("daemon, kind, error", [
    ("stored", "allocation", "ENOMEM"), ("stored", "descriptor", "EMFILE"),
    ("stored", "send", "ENOBUFS"), ("stored", "send", "EPIPE"),
    ("authd", "allocation", "ENOMEM"), ("authd", "send", "ENOBUFS"), ("authd", "send", "EPIPE"),
    ("frontend", "allocation", "ENOMEM"), ("frontend", "descriptor", "EMFILE"),
    ("frontend", "descriptor", "ENFILE"), ("frontend", "send", "ENOBUFS"), ("frontend", "send", "EPIPE")])
def test_a_fault_loses_nothing_and_tells_no_lie(faulty, moments, daemon, kind, error):
    try_faults(faulty(), moments, daemon, kind, error)


def test_the_sweep_leaves_nothing_behind_all_that(faulty):
    check_orphans(faulty.servers)
