# SPDX-License-Identifier: Apache-2.0
"""The bar for people."""

import io

import coffer


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_ends_full_and_with_its_line():
    out = Terminal()
    show = coffer.progress_bar("up", out)
    for done in range(0, 2**21 + 1, 2**14):
        show(done, 2**21)
    lines = out.getvalue().split("\r")
    assert lines[-1] == f"up [{'#' * 30}] 2.0 of 2.0 MiB\x1b[K\n"
    assert 2 <= len(lines) < 20


def test_without_a_total_there_is_a_count():
    out = Terminal()
    coffer.progress_bar("up", out)(2**20, None)
    assert out.getvalue() == "\rup 1.0 MiB\x1b[K"


def test_where_nobody_looks_nothing_is_written():
    out = io.StringIO()
    coffer.progress_bar("up", out)(1, 1)
    assert out.getvalue() == ""
