# SPDX-License-Identifier: Apache-2.0
"""What stored does to files fails, at any moment: nothing that was acknowledged is lost, nothing is half there, no
answer lies, and Coffer goes on. `--long` tries every call.
"""

import pytest

from .sweep import check_orphans, try_faults


@pytest.mark.parametrize("kind, error", [
    ("read", "EIO"), ("write", "EIO"), ("write", "ENOSPC"), ("write", "EDQUOT"), ("write", "half"),
    ("flush", "EIO"), ("flush", "ENOSPC"), ("open", "EMFILE"), ("open", "ENFILE"), ("open", "EIO"),
    ("name", "EIO"), ("name", "ENOSPC")])
def test_a_fault_loses_nothing_and_tells_no_lie(faulty, moments, kind, error):
    try_faults(faulty(forgetful=True), moments, "stored", kind, error)


def test_the_sweep_leaves_nothing_behind_all_that(faulty):
    check_orphans(faulty.servers)
