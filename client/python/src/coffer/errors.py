# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, as exceptions. All of them are RestStoreError.

The ones with a meaning in Python are also what Python calls them: a `KeyError` where an object is
not there or could not be stored, a `NotImplementedError` where keys cannot be listed.
"""

from __future__ import annotations

from typing import Optional


class RestStoreError(Exception):
    """The store did not do what it was asked for.

    `status` is the HTTP status, or None when there was no answer; `message` is what the server said
    or what was missing; `key` is the object concerned, or None.
    """

    def __init__(self, text: str, *, status: Optional[int] = None, message: str = "",
                 key: Optional[str] = None) -> None:
        super().__init__(text)
        self.status = status
        self.message = message
        self.key = key

    # KeyError shows the repr of its argument, which is a sentence here.
    __str__ = Exception.__str__


class ObjectNotFound(RestStoreError, KeyError):
    """There is no object under this key."""


class ObjectNotStored(RestStoreError, KeyError):
    """The object could not be stored; what was there before is still there, or the object is."""


class ListingNotSupported(RestStoreError, NotImplementedError):
    """This server does not list keys."""
