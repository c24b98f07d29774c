# SPDX-License-Identifier: Apache-2.0
"""What a run has found, in the shape of its JSON.

Times are in the unit of their names, memory is the proportional share of the daemons in KiB.

  format          1; another shape has another number
  date, machine   when, and on what: processors, kernel, load before and after, filesystem of the disk
  options         rounds, seconds of each work, sizes
  hashes          bytes a second of one core, by name
  start_ms        first: on a fresh directory; again: on what is there
  memory_kib      idle and after all works: {frontend, authd, stored}
  connection_kib  what each of 1,000 idle connections adds
  huge            bytes, up and down: {seconds, before, first_half, second_half, is_flat}, the
                  peaks in KiB; absent where only some works were asked for
  works           a list, medians over the rounds:
    work, beside      what was asked, and what that is compared with
    unit              of the rates: bytes/s or requests/s
    coffer, rival     rates
    ratio, ratios     the median of the rounds' ratios, and these: of rates, or of times (is_time)
    goal, is_reached  null where there is none
    is_time           the ratio is one of times, the goal is the most that it may be
    p50_us, p99_us    of Coffer's requests
    cpu_us            CPU time of a request: {frontend, authd, stored}
    rival_cpu_us      the same of nginx, else null
    memory_kib        after the work
    commits           of a deletion, else absent
    latency           {coffer, rival}: [share of the requests, µs that they took at most], or absent
    peers             by name: rate, ratio (Coffer's rate by the peer's), p50_us, p99_us
"""

import bisect
import dataclasses
import datetime
import itertools
import os
import platform
import statistics
import subprocess

from targets import PROCESSES

FORMAT = 1
CURVE = (*(n / 100 for n in range(1, 100)), *(1 - 10 ** (-n / 10) for n in range(21, 41)))


def machine(place):
    done = subprocess.run(["stat", "-f", "-c", "%T", place], check=True, stdout=subprocess.PIPE,
                          text=True)
    return {"processors": os.cpu_count(), "kernel": platform.release(),
            "filesystem": done.stdout.strip(), "load_before": os.getloadavg()[0]}


def begin(options, place):
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    return {"format": FORMAT, "date": now, "machine": machine(place),
            "options": {"rounds": options.rounds, "seconds": options.seconds,
                        "sizes": dataclasses.asdict(options.sizes)}}


def _median(rounds, side, *path):
    def find(got):
        for name in path:
            got = got[name]
        return got
    return statistics.median(find(r[side]) for r in rounds)


def _curve(rounds, side):
    """Quantiles over all rounds."""
    merged = {}
    for us, n in (pair for r in rounds for pair in r[side]["counts"]):
        merged[us] = merged.get(us, 0) + n
    times = sorted(merged)
    sums = list(itertools.accumulate(merged[us] for us in times))
    # Beyond one in so many there is nothing to tell.
    shares = [share for share in CURVE if sums[-1] * (1 - share) >= 1]
    return [[share, times[bisect.bisect_left(sums, share * sums[-1])]] for share in shares]


def _peer(work, rounds, name):
    return {"rate": statistics.median(work.rate(r[name]) for r in rounds),
            "ratio": statistics.median(work.rate(r["coffer"]) / work.rate(r[name])
                                       for r in rounds),
            "p50_us": _median(rounds, name, "p50_us"), "p99_us": _median(rounds, name, "p99_us")}


def row(work, rounds, peers):
    ratios = [work.ratio(r["coffer"], r["beside"]) for r in rounds]
    ratio = statistics.median(ratios)
    told = {
        "work": work.name, "beside": work.beside.name,
        "unit": "bytes/s" if work.in_bytes else "requests/s",
        "coffer": statistics.median(work.rate(r["coffer"]) for r in rounds),
        "rival": statistics.median(work.rate(r["beside"]) for r in rounds),
        "ratio": ratio, "ratios": ratios,
        "goal": work.goal.figure if work.goal else None,
        "is_time": bool(work.goal and work.goal.is_most),
        "is_reached": work.goal.is_reached(ratio) if work.goal else None,
        "p50_us": _median(rounds, "coffer", "p50_us"),
        "p99_us": _median(rounds, "coffer", "p99_us"),
        "cpu_us": {n: _median(rounds, "coffer", "cpu_us", n) for n in PROCESSES},
        "rival_cpu_us": (_median(rounds, "beside", "cpu_us") if work.beside.kind == "nginx"
                         else None),
        "memory_kib": _median(rounds, "coffer", "memory_kib"),
        "peers": {p.name: _peer(work, rounds, p.name) for p in peers},
    }
    if "commits" in rounds[0]["coffer"]:
        told["commits"] = _median(rounds, "coffer", "commits")
    if work.has_curve:
        told["latency"] = {"coffer": _curve(rounds, "coffer"), "rival": _curve(rounds, "beside")}
    return told
