# SPDX-License-Identifier: Apache-2.0
"""The names that programs in the field import. What stands behind them is `coffer`."""
