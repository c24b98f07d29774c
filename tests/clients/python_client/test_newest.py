# SPDX-License-Identifier: Apache-2.0
"""The client as pip installs it, where the registry answers: its own tests with the newest httpx.

The tests are copied away from the sources, so that they find what was installed and nothing else.
"""

import re
import shutil

import pytest

from clients import access, tools

pytestmark = pytest.mark.client

NEEDED = ("httpx", "mypy", "pytest", "setuptools", "wheel")


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of a fresh virtual environment with the client in it."""
    fresh = tmp_path_factory.mktemp("fresh")
    made = tools.python_packages(fresh, "environment", *NEEDED)
    # A copy, as setuptools leaves its work beside the sources. From here on nothing is skipped.
    source = fresh / "source"
    shutil.copytree(access.PYTHON_CLIENT, source, ignore=shutil.ignore_patterns("__pycache__"))
    tools.run([made, "-m", "pip", "install", "--quiet", "--no-index", "--no-build-isolation",
               "--disable-pip-version-check", source])
    return made


def test_its_own_tests_pass(python, tmp_path):
    shutil.copytree(access.PYTHON_CLIENT / "tests", tmp_path / "tests")
    said = tools.run([python, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider",
                      "--basetemp", tmp_path / "tmp", tmp_path / "tests"],
                     env=tools.environment(tmp_path), cwd=tmp_path, timeout_s=300).decode()
    assert re.search(r"\b[1-9][0-9]* passed", said), said


def test_it_is_what_was_installed(python, tmp_path):
    program = ("import coffer, importlib.metadata, objectstore.client;"
               "assert 'site-packages' in coffer.__file__;"
               "assert importlib.metadata.version('coffer-client') == coffer.__version__")
    tools.run([python, "-c", program], env=tools.environment(tmp_path), cwd=tmp_path)


def test_its_types_hold(python, tmp_path):
    tools.run([python, "-m", "mypy", "--cache-dir", tmp_path / "cache"],
              cwd=access.PYTHON_CLIENT)


USE = """
import asyncio
from objectstore.async_client import AsyncRestStore
from objectstore.client import RestStore

def sync(path: str) -> bytes:
    with RestStore.create("http://h", "t") as store, open(path, "rb") as file:
        store.put("k", file)
        store.put("k", [b"x"])
        store.put("k", memoryview(b"x"))
        keys: list[str] = list(store.keys(prefix="k"))
        with store.open(keys[0]) as object_:
            return object_.read()

async def main() -> None:
    async with AsyncRestStore.create("http://h", "t") as store:
        found: bool = await store.exists("k")
        async for chunk in store.iter("k"):
            print(len(chunk), found)
        async with store.open("k") as reader:
            await store.put("l", await reader.read())
"""
MISUSE = 'from coffer import RestStore\nRestStore.create("http://h", "t").put("k", 5)\n'


def test_its_types_reach_those_who_use_it(python, tmp_path):
    (tmp_path / "use.py").write_text(USE)
    (tmp_path / "misuse.py").write_text(MISUSE)
    mypy = [python, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache"]
    tools.run([*mypy, "use.py"], cwd=tmp_path)
    with pytest.raises(tools.Failed, match="arg-type"):
        tools.run([*mypy, "misuse.py"], cwd=tmp_path)
