# SPDX-License-Identifier: Apache-2.0
"""The version, for pyproject.toml, for requests, and for whoever asks."""

__version__ = "0.1.0"
