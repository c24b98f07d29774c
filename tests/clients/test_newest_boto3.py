# SPDX-License-Identifier: Apache-2.0
"""The newest boto3, where the registry answers: the same tests, run by an interpreter that has it.

It sends checksums by default and verifies them, which Debian's does not.
"""

import os
import re

import pytest

from clients import tools
from lib import coffer

pytestmark = pytest.mark.client

TESTS = tools.HERE.parent
MODULES = [*sorted(p.relative_to(TESTS) for p in (tools.HERE / "functional").glob("test_*.py")),
           "clients/test_life_boto3.py"]
# These start servers of their own; the others share the one that runs.
OWN_SERVER = ("test_virtual_host", "test_restart", "test_users")


def environment(server, module):
    env = dict(os.environ)
    for name in [n for n in env if n.startswith(("COFFER_", "PYTEST_"))]:
        del env[name]
    if str(module).endswith(tuple(f"{name}.py" for name in OWN_SERVER)):
        if coffer.is_external():
            pytest.skip("needs a server of its own; COFFER_ENDPOINT names one that others use")
        return {**env, "COFFER_BUILD": str(server.build)}
    return {**env, "COFFER_ENDPOINT": server.endpoint, "COFFER_ACCESS_KEY": server.access_key,
            "COFFER_SECRET_KEY": server.secret_key, "COFFER_REGION": server.region}


@pytest.mark.parametrize("module", MODULES, ids=lambda m: os.path.basename(m)[5:-3])
def test_passes(server, cache_dir, tmp_path, module):
    python = tools.python_packages(cache_dir, "boto3", "boto3[crt]", "pytest")
    said = tools.run([python, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider",
                      "--basetemp", tmp_path / "tmp", TESTS / module],
                     env=environment(server, module), cwd=TESTS, timeout_s=240).decode()
    assert re.search(r"\b[1-9][0-9]* passed", said), said
