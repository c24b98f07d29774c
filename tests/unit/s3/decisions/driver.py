# SPDX-License-Identifier: Apache-2.0
"""The evaluator, asked through the binary that decide.c is."""

import json
import subprocess

from lib import coffer


class Evaluator:
    """One process, which answers as long as it is asked; another where a question was its end."""

    def __init__(self):
        self._start()

    def _start(self):
        binary = coffer.build_dir() / "tests" / "unit" / "s3" / "decide"
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, question):
        return self.ask_all([question])[0]

    def ask_all(self, questions):
        """Few enough that neither side waits for the other with its pipe full."""
        lines = "".join(json.dumps(q, ensure_ascii=False) + "\n" for q in questions)
        self.process.stdin.write(lines.encode())
        self.process.stdin.flush()
        return [self._read() for _ in questions]

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            ended = self.process.wait()
            self._start()
            raise AssertionError(f"the evaluator ended with {ended}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        status = self.process.wait()
        self.process.stdout.close()
        assert status == 0
