"""A nuisance of pyspark's, kept away from the other tests."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def sockets_left_open() -> Iterator[None]:
    """pyspark leaves its sockets to the garbage collector, which would warn of them in some later test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()
