# SPDX-License-Identifier: Apache-2.0
"""The client of Coffer's REST dialect.

    with RestStore.create(base_url="http://127.0.0.1:8000", api_key=token) as store:
        store.put("greetings/hello.txt", b"hello")
        store.get("greetings/hello.txt")

`AsyncRestStore` has the same as coroutines.
"""

from ._async_store import AsyncRestStore, ObjectReader
from ._bar import progress_bar
from ._store import ObjectFile, RestStore
from ._version import __version__
from .errors import ListingNotSupported, ObjectNotFound, ObjectNotStored, RestStoreError

__all__ = [
    "AsyncRestStore",
    "ListingNotSupported",
    "ObjectFile",
    "ObjectNotFound",
    "ObjectNotStored",
    "ObjectReader",
    "RestStore",
    "RestStoreError",
    "__version__",
    "progress_bar",
]
