# SPDX-License-Identifier: Apache-2.0
"""What the tests that speak to a running Coffer share."""
