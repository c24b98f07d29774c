# SPDX-License-Identifier: Apache-2.0
"""The checksums against the check values of their catalogues."""

import pytest

from lib import checksums


@pytest.mark.parametrize("algorithm, check", [
    ("CRC32", "cbf43926"), ("CRC32C", "e3069283"), ("CRC64NVME", "ae8b14860a799888"),
    ("SHA1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
    ("SHA256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225")])
def test_check_value(algorithm, check):
    assert checksums.ALGORITHMS[algorithm](b"123456789").hex() == check


def test_multipart_etag():
    assert checksums.multipart_etag([b""]) == '"59adb24ef3cdbe0297f05b395827453f-1"'
