# SPDX-License-Identifier: Apache-2.0
"""The clients in the field, as the wire sees them; they must be served unchanged."""
