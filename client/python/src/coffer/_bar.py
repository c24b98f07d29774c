# SPDX-License-Identifier: Apache-2.0
"""Progress for people."""

from __future__ import annotations

import sys
import time
from typing import Callable, Optional, TextIO

_WIDTH = 30
_EVERY_S = 0.1


def progress_bar(label: str, file: Optional[TextIO] = None) -> Callable[[int, Optional[int]], None]:
    """A `progress=` for one transfer: one line on a terminal, standard error's by default.

    It writes nothing where there is no terminal.
    """
    out = sys.stderr if file is None else file
    last = 0.0

    def show(done: int, total: Optional[int]) -> None:
        nonlocal last
        now = time.monotonic()
        if not out.isatty() or (done != total and now - last < _EVERY_S):
            return
        last = now
        bar, of = "", ""
        if total is not None:
            bar = f" [{'#' * (_WIDTH * done // max(total, 1)):<{_WIDTH}}]" if total else ""
            of = f" of {total / 2**20:.1f}"
        end = "\n" if done == total else ""
        out.write(f"\r{label}{bar} {done / 2**20:.1f}{of} MiB\x1b[K{end}")
        out.flush()

    return show
