# SPDX-License-Identifier: Apache-2.0
"""Coffer's own Python client on a running Coffer."""
