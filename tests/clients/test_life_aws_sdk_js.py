# SPDX-License-Identifier: Apache-2.0
"""The AWS SDK for JavaScript, version 3, the newest, where the registry answers."""

import json
import shutil

import pytest

from clients import keys, tools

pytestmark = pytest.mark.client


def test_newest(server, big_file, bucket_name, tmp_path, cache_dir):
    node, npm = (shutil.which(n) or pytest.skip(f"{n} is not installed") for n in ("node", "npm"))
    made = tools.install(cache_dir, "aws-sdk-js", lambda target: [
        [node, "-e", "require('fs').writeFileSync('package.json', '{\"private\": true}')"],
        [npm, "install", "--no-audit", "--no-fund", "--loglevel", "error", "--fetch-retries", "0",
         "@aws-sdk/client-s3", "@aws-sdk/lib-storage"]])
    # A module is looked up from where the program lies.
    program = made / "life.mjs"
    shutil.copy(tools.HERE / "aws_sdk_js" / "life.mjs", program)
    keys_file = tmp_path / "keys.json"
    keys_file.write_text(json.dumps(keys.ALL))
    env = tools.environment(tmp_path, **tools.life_of(server, big_file, bucket_name, keys_file))
    said = tools.run([node, program], env=env).decode().splitlines()
    assert said[-1] == "awkward"
