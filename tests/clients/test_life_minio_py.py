# SPDX-License-Identifier: Apache-2.0
"""MinIO's Python SDK, the newest, where the registry answers."""

import json

import pytest

from clients import keys, tools

pytestmark = pytest.mark.client


def accepts(key):
    """What the SDK lets through: its HTTP library resolves dots in paths before sending."""
    return all(part not in (".", "..") for part in key.split("/")) and key.strip()


def test_newest(server, big_file, bucket_name, tmp_path, cache_dir):
    python = tools.python_packages(cache_dir, "minio-py", "minio")
    keys_file = tmp_path / "keys.json"
    keys_file.write_text(json.dumps(sorted(filter(accepts, keys.ALL))))
    env = tools.environment(tmp_path, **tools.life_of(server, big_file, bucket_name, keys_file))
    said = tools.run([python, tools.HERE / "minio_py" / "life.py"], env=env).decode().splitlines()
    assert said[-1] == "awkward"
