# SPDX-License-Identifier: Apache-2.0
"""How tools/check and tools/check-system run what they run."""

import pathlib
import subprocess

TREE = pathlib.Path(__file__).resolve().parent.parent


def run(*argv, **how):
    """Shows it, runs it in the tree, and returns its exit status. After Ctrl-C, which it has heard too, it has the
    time that it needs: tests end the servers and machines that they have started."""
    print("+", " ".join(map(str, argv)), flush=True)
    with subprocess.Popen([str(a) for a in argv], cwd=TREE, **how) as running:
        try:
            return running.wait()
        except KeyboardInterrupt:
            running.wait()
            raise
