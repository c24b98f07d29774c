# SPDX-License-Identifier: Apache-2.0
"""tools/command.py: what is interrupted by Ctrl-C ends in its own time, before those who run it."""

import os
import pathlib
import signal
import subprocess
import sys

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
# Longer than the quarter of a second that subprocess.run() gives it.
SLOW = "trap 'sleep 1; echo ended; exit 3' INT; sleep 0.5; echo began; while :; do sleep 0.1; done"


def python(script, **how):
    return subprocess.Popen([sys.executable, "-c", f"import command, sys\n{script}"], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            env={**os.environ, "PYTHONPATH": str(TOOLS)}, **how)


def test_the_exit_status_is_the_commands():
    with python('sys.exit(command.run("sh", "-c", "exit 3"))') as running:
        assert running.communicate(timeout=30)[0] == "+ sh -c exit 3\n" and running.returncode == 3


def test_ctrl_c_waits_for_what_cleans_up():
    with python(f'command.run("sh", "-c", {SLOW!r})', process_group=0) as running:
        while running.stdout.readline() != "began\n":
            pass
        os.killpg(running.pid, signal.SIGINT)
        assert running.communicate(timeout=30)[0] == "ended\n"
        assert running.returncode == -signal.SIGINT
