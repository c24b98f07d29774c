# SPDX-License-Identifier: Apache-2.0
"""A report as SVG, by gnuplot: how much of its goal each work reaches, and the latency curves."""

import shutil
import subprocess

from table import goal_of, ratio_of

RATIOS, LATENCY = "performance-ratios.svg", "performance-latency.svg"

TERMINAL = 'set terminal svg size {width},{height} dynamic font "sans,13" background "#ffffff"\n'
RATIOS_SCRIPT = TERMINAL + """
set title "How much of its goal each work reaches (1 = the goal), with the ratio itself"
set logscale x 2
set xrange [0.25:16]
set yrange [-0.6:{last}]
set y2range [-0.6:{last}]
set xtics ("1/4" 0.25, "1/2" 0.5, "1" 1, "2" 2, "4" 4, "8" 8)
set ytics nomirror scale 0
set y2tics scale 0
set grid xtics lc "#dddddd"
set style fill solid
set arrow from 1, graph 0 to 1, graph 1 nohead lw 2 lc "#444444"
unset key
plot $data using (0.25):0:(0.25):1:($0-0.35):($0+0.35):2:ytic(3):y2tic(4) \\
     with boxxyerror lc rgb variable
"""
LATENCY_SCRIPT = TERMINAL + """
set title "How long requests take at most, by their share"
set logscale xy
set xrange [*:*] reverse
set xtics ("50 %%" 0.5, "90 %%" 0.1, "99 %%" 0.01, "99.9 %%" 0.001, "99.99 %%" 0.0001)
set ylabel "ms"
set grid lc "#dddddd"
set key outside right top Left reverse
plot {curves}
"""
REACHED, MISSED = "0x2e7d32", "0xc62828"
COLOURS = ("#1565c0", "#6a1b9a", "#2e7d32", "#ef6c00", "#ad1457")


class DrawingError(Exception):
    """gnuplot is not there, or does not draw."""


def _quoted(text):
    return '"' + text.replace("\\", "").replace('"', "'") + '"'


def _block(name, lines):
    return "\n".join([f"${name} << EOD", *lines, "EOD", ""])


def _gnuplot(script, out):
    program = shutil.which("gnuplot")
    if program is None:
        raise DrawingError("gnuplot is not installed")
    done = subprocess.run([program], input=script, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not done.stdout:
        raise DrawingError(f"gnuplot: {done.stderr.strip()}")
    out.write_text(done.stdout)


def _ratios(works):
    rows = [w for w in works if w["goal"] is not None]
    lines = []
    for w in reversed(rows):
        share = w["goal"] / w["ratio"] if w["is_time"] else w["ratio"] / w["goal"]
        colour = REACHED if w["is_reached"] else MISSED
        label = f"{ratio_of(w)} ({goal_of(w)} of {w['beside']})"
        lines.append(f"{min(max(share, 0.26), 12)} {colour} {_quoted(w['work'])} {_quoted(label)}")
    return _block("data", lines) + RATIOS_SCRIPT.format(
        width=1150, height=90 + 30 * len(rows), last=len(rows) - 0.4)


def _latency(works):
    blocks, curves, drawn = "", [], set()
    for n, w in enumerate(w for w in works if "latency" in w):
        for side, name, width in (("coffer", w["work"], 3), ("rival", w["beside"], 1)):
            if side == "rival" and name in drawn:
                continue
            title = name if side == "coffer" or name != "nginx" else f"{w['work']}: nginx"
            drawn.add(title)
            blocks += _block(f"{side}{n}", [f"{1 - share} {us / 1000}"
                                            for share, us in w["latency"][side]])
            curves.append(f"${side}{n} using 1:2 with lines lw {width} "
                          f"lc rgb {_quoted(COLOURS[n % len(COLOURS)])} title {_quoted(title)}")
    return blocks + LATENCY_SCRIPT.format(width=1150, height=500, curves=", \\\n     ".join(curves))


def draw(report, directory):
    """Both, as far as the works of the report have something to draw."""
    works = report["works"]
    if any(w["goal"] is not None for w in works):
        _gnuplot(_ratios(works), directory / RATIOS)
    if any("latency" in w for w in works):
        _gnuplot(_latency(works), directory / LATENCY)
