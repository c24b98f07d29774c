# SPDX-License-Identifier: Apache-2.0
"""The model's tests take minutes to be worth something: they run with --long only."""


def pytest_ignore_collect(config):
    return None if config.getoption("--long") else True
