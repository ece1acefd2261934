"""Heavy libraries are loaded while the collector of cycles rests."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_at_rest(frozen: bool = False) -> Iterator[None]:
    """Load libraries without collecting garbage in between.

    They make some million objects, all of which live on: to walk through them again and again
    takes as long as to make them.

    Args:
        frozen: never walk through what is there at the end again, not even when the program ends:
            for a program of which nothing that is there by then is garbage.
    """
    active = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if frozen:
            gc.freeze()
        if active:
            gc.enable()
