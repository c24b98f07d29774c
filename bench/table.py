# SPDX-License-Identifier: Apache-2.0
"""A report as text: for a terminal, and in Markdown for docs/performance.md."""

from measures import IDLE_CONNECTIONS
from targets import PROCESSES
from works import KIB, MIB, amount

HEADINGS = ("work", "Coffer", "beside", "ratio", "goal", "reached", "p50", "p99", "MiB",
            "CPU µs: frontend + authd + stored : nginx")
LEFT = (0, 2, len(HEADINGS) - 1)


def _rate(unit, figure):
    if unit == "bytes/s":
        return f"{figure / MIB:,.0f} MiB/s"
    return f"{figure:,.0f}/s"


def _time(us):
    if not us:
        return ""
    return f"{us / 1000:,.1f} ms" if us >= 10000 else f"{us:,.0f} µs"


def _ratio(figure):
    return f"{figure:.3f}" if figure < 0.1 else f"{figure:.2f}"


def ratio_of(row):
    return _ratio(row["ratio"])


def goal_of(row):
    if row["goal"] is None:
        return ""
    return f"{'≤' if row['is_time'] else '≥'} {_ratio(row['goal'])}"


def _reached(row):
    return {None: "", True: "yes", False: "no"}[row["is_reached"]]


def _line(row):
    cpu = " + ".join(f"{row['cpu_us'][n]:,.0f}" for n in PROCESSES)
    if row["rival_cpu_us"] is not None:
        cpu += f" : {row['rival_cpu_us']:,.0f}"
    line = [row["work"], _rate(row["unit"], row["coffer"]),
            f"{row['beside']} {_rate(row['unit'], row['rival'])}", ratio_of(row), goal_of(row),
            _reached(row), _time(row["p50_us"]), _time(row["p99_us"]),
            f"{row['memory_kib'] / KIB:.1f}", cpu]
    for peer in row["peers"].values():
        line += [_rate(row["unit"], peer["rate"]), f"{peer['ratio']:.2f}"]
    return line


def _grid(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        cells = (cell.ljust(w) if i in LEFT else cell.rjust(w)
                 for i, (cell, w) in enumerate(zip(line, widths)))
        yield "  ".join(cells).rstrip()


def _huge(huge):
    for way in ("up", "down"):
        told = huge[way]
        yield (f"{amount(huge['bytes'])} object {way}: {huge['bytes'] / told['seconds'] / MIB:,.0f} "
               f"MiB/s; memory {told['before'] / KIB:.1f} MiB before, at most "
               f"{told['first_half'] / KIB:.1f} in the first half, {told['second_half'] / KIB:.1f} "
               f"in the second (goal: flat; it is{'' if told['is_flat'] else ' not'})")


def _single(report):
    """What has no place in the table."""
    machine, starts, memory = report["machine"], report["start_ms"], report["memory_kib"]
    yield (f"{machine['processors']} processors, {machine['filesystem']}, "
           f"load {machine['load_before']:.1f} before and {machine['load_after']:.1f} after")
    yield (f"start to first served request: {starts['first']:.0f} ms on a fresh directory, "
           f"{starts['again']:.0f} ms again (goal: 200)")
    for when, goal in (("idle", " (goal: 30)"), ("after", "")):
        parts = ", ".join(f"{n} {memory[when][n] / KIB:.1f}" for n in PROCESSES)
        yield (f"proportional memory, {when}: {sum(memory[when].values()) / KIB:.1f} MiB "
               f"= {parts}{goal}")
    yield (f"each of {IDLE_CONNECTIONS:,} idle connections: {report['connection_kib']:.1f} KiB "
           "(goal: 40)")
    if "huge" in report:
        yield from _huge(report["huge"])
    yield "one core hashes: " + ", ".join(
        f"{name} {rate / MIB:,.0f} MiB/s" for name, rate in report["hashes"].items())


def text(report):
    peers = [h for name in report["works"][0]["peers"] for h in (name, f"Coffer/{name}")]
    yield from _single(report)
    yield ""
    yield from _grid([[*HEADINGS, *peers], *(_line(row) for row in report["works"])])


def markdown(report):
    yield "| work | ratio | goal | reached | beside | p50, p99 | CPU µs a request, Coffer : nginx |"
    yield "|---|---|---|---|---|---|---|"
    for row in report["works"]:
        cpu = f"{sum(row['cpu_us'].values()):,.0f}"
        if row["rival_cpu_us"] is not None:
            cpu += f" : {row['rival_cpu_us']:,.0f}"
        yield (f"| {row['work']} | {ratio_of(row)} | {goal_of(row)} | {_reached(row)} | "
               f"{row['beside']} | {_time(row['p50_us'])}, {_time(row['p99_us'])} | {cpu} |")
    yield ""
    yield from (f"- {line}" for line in _single(report))
