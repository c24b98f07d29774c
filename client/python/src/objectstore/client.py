# SPDX-License-Identifier: Apache-2.0
"""The name under which programs in the field import the sync store."""

from coffer import RestStore, RestStoreError

__all__ = ["RestStore", "RestStoreError"]
