# SPDX-License-Identifier: Apache-2.0
"""The dashboard and the alert rules in docs/ speak of metrics that there are."""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

from lib import coffer

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
DASHBOARD = DOCS / "grafana-dashboard.json"
ALERTS = DOCS / "alerts.yaml"
METRIC = re.compile(r"\bcoffer_[a-z_]+")
SELECTOR = re.compile(r"\b(coffer_[a-z_]+)\{([^}]*)\}")
MATCHER = re.compile(r'([a-z_]+)\s*(?:=~|!~|!=|=)\s*"')
GROUPED = re.compile(r"\bby \(([^)]*)\)")
# Prometheus's own, or a histogram's.
OUTSIDE = {"instance", "job", "le"}
SUFFIXES = ("_bucket", "_sum", "_count")


@pytest.fixture(scope="module")
def table():
    """{metric: its labels}, and the names of histograms as they are queried."""
    build = coffer.build_dir()
    if build is None:
        pytest.skip("COFFER_BUILD is not set")
    told = subprocess.run([build / "tools" / "describe-metrics", "--json"], capture_output=True,
                          check=True, text=True).stdout
    rows = {}
    for row in json.loads(told):
        labels = set(row["labels"].split(",")) - {""}
        names = [row["name"]]
        if row["kind"] == "histogram":
            names = [row["name"] + suffix for suffix in SUFFIXES]
        rows.update(dict.fromkeys(names, labels))
    return rows


def expressions():
    dashboard = json.loads(DASHBOARD.read_text())
    found = [target["expr"] for panel in dashboard["panels"]
             for target in panel.get("targets", ())]
    # YAML folds what stands below `expr: >-`; the names are in the lines as they are.
    rules = re.findall(r"^ +expr: (?:>-\n)?((?:.+\n)(?: {10}.+\n)*)", ALERTS.read_text(), re.M)
    assert len(found) > 30 and len(rules) > 10
    return found + rules


def test_every_metric_they_name_exists_with_its_labels(table):
    for expression in expressions():
        names = METRIC.findall(expression)
        assert names, expression
        for name in names:
            assert name in table, expression
        for name, selector in SELECTOR.findall(expression):
            assert set(MATCHER.findall(selector)) <= table[name] | OUTSIDE, expression
        labels = set().union(*(table[name] for name in names)) | OUTSIDE
        for grouped in GROUPED.findall(expression):
            assert {label.strip() for label in grouped.split(",")} <= labels, expression


def test_every_metric_is_on_the_dashboard(table):
    shown = set(METRIC.findall(DASHBOARD.read_text()))
    for name in table:
        family = next((name.removesuffix(s) for s in SUFFIXES if name.endswith(s)), name)
        assert any(other.startswith(family) for other in shown), name


def test_the_panels_are_each_in_a_place_of_their_own():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                 for y in range(at["y"], at["y"] + at["h"])}
        assert panel["title"] and at["x"] + at["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells


def test_what_an_alert_says_of_labels_its_metrics_have(table):
    for rule in ALERTS.read_text().split("- alert:")[1:]:
        labels = set().union(*(table[name] for name in METRIC.findall(rule) if name in table))
        for label in re.findall(r"\$labels\.([a-z_]+)", rule):
            assert label in labels | OUTSIDE, rule


def test_promtool_takes_the_rules():
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("promtool is not installed; it comes with Prometheus, which nobody wants to "
                    "have running for this")
    done = subprocess.run([promtool, "check", "rules", "--lint-fatal", ALERTS],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
