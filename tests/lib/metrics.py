# SPDX-License-Identifier: Apache-2.0
"""The metrics of a server, fetched as Prometheus would and read strictly.

What the text format allows and Coffer does not do is an error here: samples without HELP and TYPE, a
metric in two places, a series twice, a histogram whose buckets fall or whose count is another.
https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import http.client
import re
import socket

TIMEOUT_S = 10
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_NAME = r"[a-z][a-z_]*"
_HEAD = re.compile(rf"# (HELP|TYPE) ({_NAME}) (.+)")
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? ([0-9]+(?:\.[0-9]+)?)")
_LABEL = re.compile(rf'({_NAME})="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
_SUFFIXES = ("_bucket", "_sum", "_count")


class FormatError(Exception):
    """This is not what Prometheus reads, or not as Coffer writes it."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("metrics", timeout=TIMEOUT_S)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(self.path)


def socket_of(server):
    return server.data / "run" / "metrics.sock"


def fetch(server):
    """The text, over the UNIX socket."""
    connection = _UnixConnection(socket_of(server))
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        body = answer.read().decode()
        if answer.status != 200 or answer.getheader("Content-Type") != CONTENT_TYPE:
            raise FormatError(f"{answer.status} {answer.getheaders()}: {body[:200]}")
        return body
    finally:
        connection.close()


def _labels(text):
    found, at = [], 0
    while at < len(text):
        label = _LABEL.match(text, at)
        if not label:
            raise FormatError(f"labels {text!r}")
        found.append((label[1], label[2]))
        at = label.end()
    return tuple(found)


def _family(name, types):
    for suffix in _SUFFIXES:
        base = name.removesuffix(suffix)
        if base != name and types.get(base) == "histogram":
            return base
    return name


def parse(text):
    """{name: {((label, value), …): number}}, and the types as {name: type}."""
    series, types, helps, current = {}, {}, set(), None
    if not text.endswith("\n"):
        raise FormatError("the last line has no end")
    for line in text[:-1].split("\n"):
        if head := _HEAD.fullmatch(line):
            what, name, rest = head.groups()
            if what == "HELP":
                if name in helps:
                    raise FormatError(f"{name} is in two places")
                helps.add(name)
            else:
                types[name] = rest
            current = name
            continue
        sample = _SAMPLE.fullmatch(line)
        if not sample:
            raise FormatError(f"line {line!r}")
        name, labels, value = sample[1], _labels(sample[2] or ""), float(sample[3])
        if _family(name, types) != current or current not in types or current not in helps:
            raise FormatError(f"{name} stands under {current}")
        if labels in series.setdefault(name, {}):
            raise FormatError(f"{line!r} comes twice")
        series[name][labels] = value
    for name, kind in types.items():
        if kind == "histogram":
            _check_histogram(name, series)
    return series, types


def _check_histogram(name, series):
    by_labels = {}
    for labels, value in series.get(f"{name}_bucket", {}).items():
        by_labels.setdefault(labels[:-1], []).append((labels[-1], value))
    if set(by_labels) != set(series.get(f"{name}_count", {})) \
            or set(by_labels) != set(series.get(f"{name}_sum", {})):
        raise FormatError(f"{name} has series without buckets, or without a sum")
    for labels, buckets in by_labels.items():
        bounds = [float(bound[1]) for bound, _value in buckets]
        values = [value for _bound, value in buckets]
        if bounds != sorted(set(bounds)) or bounds[-1] != float("inf") or values != sorted(values):
            raise FormatError(f"{name}{labels}: {buckets}")
        if values[-1] != series[f"{name}_count"][labels]:
            raise FormatError(f"{name}{labels}: the count is not that of the last bucket")


class Figures:
    """One scrape."""

    def __init__(self, text):
        self.text = text
        self.series, self.types = parse(text)

    def sum(self, name, **labels):
        """The sum of a metric's series with at least these labels; 0 where there are none."""
        wanted = set(labels.items())
        return sum(value for key, value in self.series.get(name, {}).items()
                   if wanted <= set(key))

    def values(self, name, label):
        """The values that a label has."""
        return {dict(key)[label] for key in self.series.get(name, {})}


def scrape(server):
    return Figures(fetch(server))
