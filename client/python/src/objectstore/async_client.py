# SPDX-License-Identifier: Apache-2.0
"""The name under which programs in the field import the async store."""

from coffer import AsyncRestStore, RestStoreError

__all__ = ["AsyncRestStore", "RestStoreError"]
