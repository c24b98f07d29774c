# SPDX-License-Identifier: Apache-2.0
"""What of a build directory tests of a running server need."""

import json
import pathlib
import subprocess


def targets(directory):
    """All that ninja builds by itself but unit tests, which are half of it; ninja's words for them."""
    # The list may be older than what it was made of. Where that is wrong, the build will say so.
    subprocess.run(["ninja", "-C", directory, "build.ninja"], stdout=subprocess.DEVNULL, check=False)
    found = []
    for target in json.loads((directory / "meson-info" / "intro-targets.json").read_text()):
        is_unit_test = "/tests/unit/" in target["defined_in"]
        if target["build_by_default"] and not is_unit_test:
            found += [pathlib.Path(file).relative_to(directory) for file in target["filename"]]
    return found
