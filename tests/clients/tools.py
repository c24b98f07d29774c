# SPDX-License-Identifier: Apache-2.0
"""Finding, installing and running clients that are programs of their own."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
RUN_LIMIT_S = 120
INSTALL_LIMIT_S = 150
FAILED_FOR_S = 600


class Failed(AssertionError):
    """A client ended with an error; carries what it said."""

    def __init__(self, argv, status, output):
        super().__init__(f"{' '.join(map(str, argv))}\nended with {status}:\n{output[-8000:]}")
        self.status = status
        self.output = output


def run(argv, env=None, cwd=None, stdin=None, timeout_s=RUN_LIMIT_S):
    """Runs a client and returns its standard output as bytes; an error of it raises Failed."""
    try:
        done = subprocess.run([str(a) for a in argv], env=env, cwd=cwd, input=stdin,
                              capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"") + (late.stderr or b"")
        raise Failed(argv, f"no end within {timeout_s} s", said.decode(errors="replace")) from None
    if done.returncode != 0:
        raise Failed(argv, done.returncode, (done.stdout + done.stderr).decode(errors="replace"))
    return done.stdout


def debian(name):
    """Debian's program of this name; another one on the PATH may shadow it."""
    path = pathlib.Path("/usr/bin") / name
    if not path.exists():
        pytest.skip(f"{name} is not installed")
    return path


def environment(home, **more):
    """An environment in which a client finds no settings but those of the test."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(home), "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8", "TMPDIR": str(home), **more}


def credentials(server):
    return {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key,
            "AWS_DEFAULT_REGION": server.region, "AWS_REGION": server.region,
            "AWS_EC2_METADATA_DISABLED": "true"}


def life_of(server, big_file, bucket, keys_file):
    """What the life programs (Go, JavaScript, Python) are told in their environment."""
    return {"LIFE_ENDPOINT": server.endpoint, "LIFE_HOST": server.netloc,
            "LIFE_ACCESS_KEY": server.access_key, "LIFE_SECRET_KEY": server.secret_key,
            "LIFE_REGION": server.region, "LIFE_FILE": str(big_file.path),
            "LIFE_BUCKET": bucket, "LIFE_KEYS": str(keys_file)}


@contextlib.contextmanager
def locked(path):
    """One process at a time: several run tests beside each other."""
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(cache_dir, name, steps, env=None):
    """A directory under the cache with a client from a package registry in it.

    `steps` gives the commands that run in it. A finished directory is used again. Where a registry
    does not answer in time the test is skipped with what the last step said, and so are those that
    ask for the same client soon after.
    """
    target, failed = cache_dir / name, cache_dir / f"{name}.failed"
    with locked(cache_dir / f"{name}.lock"):
        if (target / ".installed").exists():
            return target
        if failed.exists() and time.time() - failed.stat().st_mtime < FAILED_FOR_S:
            pytest.skip(failed.read_text())
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for argv in steps(target):
            try:
                run(argv, env=env, cwd=target, timeout_s=INSTALL_LIMIT_S)
            except (Failed, OSError) as failure:
                said = (getattr(failure, "output", "") or str(failure)).strip().splitlines()
                reason = f"{name} could not be installed: {said[-1] if said else 'no answer'}"
                failed.write_text(reason)
                shutil.rmtree(target, ignore_errors=True)
                pytest.skip(reason)
        (target / ".installed").touch()
        return target


def python_packages(cache_dir, name, *packages):
    """A virtual environment of Debian's Python with the newest of these packages; its python."""
    made = install(cache_dir, name, lambda target: [
        ["/usr/bin/python3", "-m", "venv", target / "venv"],
        [target / "venv/bin/pip", "install", "--quiet", "--no-input", "--upgrade",
         "--disable-pip-version-check", "--retries", "1", "--timeout", "20", *packages]])
    return made / "venv/bin/python"
