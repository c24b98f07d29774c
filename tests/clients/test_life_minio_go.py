# SPDX-License-Identifier: Apache-2.0
"""minio-go: Debian's by Debian's compiler, and the newest where it can be had."""

import hashlib
import json
import os
import shutil

import pytest

from clients import keys, tools

pytestmark = pytest.mark.client

SOURCE = tools.HERE / "minio_go" / "life.go"


def accepts(key):
    """What minio-go itself lets through: it refuses or rewrites some names before sending."""
    return key.strip() and all(part not in (".", "..") for part in key.split("/")) \
        and not key.startswith("/") and "//" not in key and key not in keys.NOT_XML


def go_environment(home, **more):
    """Where modules come from is the user's setting; where they go to is the cache."""
    settings = {k: v for k, v in os.environ.items() if k.startswith("GO")}
    return tools.environment(home, **{**settings, "GOCACHE": str(home / "go-cache"),
                                      "GOTOOLCHAIN": "local", "CGO_ENABLED": "0",
                                      "GOFLAGS": "-p=2 -modcacherw -buildvcs=false", **more})


def live(program, server, big_file, bucket_name, tmp_path):
    keys_file = tmp_path / "keys.json"
    keys_file.write_text(json.dumps(sorted(filter(accepts, keys.ALL))))
    env = tools.environment(tmp_path, **tools.life_of(server, big_file, bucket_name, keys_file))
    said = tools.run([program], env=env).decode().splitlines()
    assert said[-1] == "remove the bucket"


def debian_compiler():
    # Another go may come first on the PATH, one that does not read Debian's packages.
    found = [g for g in ("/usr/bin/go", "/usr/lib/go-1.19/bin/go", shutil.which("go"))
             if g and os.path.exists(g)]
    return found[0] if found else pytest.skip("no go compiler is installed")


def test_debian(server, big_file, bucket_name, tmp_path, cache_dir):
    if not os.path.isdir("/usr/share/gocode/src/github.com/minio/minio-go"):
        pytest.skip("golang-github-minio-minio-go-v7-dev is not installed")
    env = go_environment(cache_dir, GO111MODULE="off", GOPATH="/usr/share/gocode",
                         GOFLAGS="-p=2")
    program = tmp_path / "life"
    tools.run([debian_compiler(), "build", "-o", program, SOURCE], env=env, timeout_s=240)
    live(program, server, big_file, bucket_name, tmp_path)


def test_newest(server, big_file, bucket_name, tmp_path, cache_dir):
    go = shutil.which("go") or pytest.skip("no go compiler is on the PATH")

    def steps(target):
        shutil.copy(SOURCE, target / "life.go")
        return [[go, "mod", "init", "life"],
                [go, "get", "github.com/minio/minio-go/v7@latest"],
                [go, "mod", "tidy"],
                [go, "build", "-o", "life", "."]]

    edition = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:8]
    made = tools.install(cache_dir, f"minio-go-{edition}", steps,
                         env=go_environment(cache_dir, GOPATH=str(cache_dir / "gopath")))
    live(made / "life", server, big_file, bucket_name, tmp_path)
