# SPDX-License-Identifier: Apache-2.0
"""The newest boto3, where the registry answers: the same tests, run by an interpreter that has it.

It sends checksums by default and verifies them, which Debian's does not. Without --long only those
modules run in which it is the SDK that makes the difference: what it sends, signs and checks.
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
MADE_BY_THE_SDK = ("checksums", "conditions", "copy", "delete_objects", "life_boto3", "multipart",
                   "objects", "presigned", "users", "virtual_host")
# These start servers of their own; the others share the one that runs.
OWN_SERVER = ("test_virtual_host", "test_restart", "test_users")


def name(module):
    return os.path.basename(module).removeprefix("test_").removesuffix(".py")


def pytest_generate_tests(metafunc):
    if "module" not in metafunc.fixturenames:
        return
    whole = metafunc.config.getoption("--long")
    metafunc.parametrize("module", [m for m in MODULES if whole or name(m) in MADE_BY_THE_SDK],
                         ids=name)


def environment(server, module):
    env = dict(os.environ)
    for variable in [v for v in env if v.startswith(("COFFER_", "PYTEST_"))]:
        del env[variable]
    if str(module).endswith(tuple(f"{name}.py" for name in OWN_SERVER)):
        if coffer.is_external():
            pytest.skip("needs a server of its own; COFFER_ENDPOINT names one that others use")
        return {**env, "COFFER_BUILD": str(server.build)}
    return {**env, "COFFER_ENDPOINT": server.endpoint, "COFFER_ACCESS_KEY": server.access_key,
            "COFFER_SECRET_KEY": server.secret_key, "COFFER_REGION": server.region}


def test_the_modules_named_are_there():
    assert set(MADE_BY_THE_SDK) <= set(map(name, MODULES))


def test_passes(server, cache_dir, tmp_path, module):
    python = tools.python_packages(cache_dir, "boto3", "boto3[crt]", "pytest")
    said = tools.run([python, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider",
                      "--basetemp", tmp_path / "tmp", TESTS / module],
                     env=environment(server, module), cwd=TESTS, timeout_s=240).decode()
    assert re.search(r"\b[1-9][0-9]* passed", said), said
