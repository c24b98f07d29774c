# SPDX-License-Identifier: Apache-2.0
"""The REST dialect, line by line of its contract, as its most demanding user sees it.

All of it over raw sockets. Where the contract is silent a test says so, and holds what users of the
service before Coffer, or of HTTP, would expect.
"""
