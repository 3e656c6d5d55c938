"""Progress for people: a line on the terminal when a step takes longer than a second."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

PATIENCE_S = 1.0
COUNT_S = 3.0

T = TypeVar("T")


@contextmanager
def step(text: str) -> Iterator[None]:
    """Show `text` on stderr if the body takes longer than a second and somebody is watching."""
    if not sys.stderr.isatty():
        yield
        return
    timer = threading.Timer(PATIENCE_S, lambda: print(f"{text} ...", file=sys.stderr, flush=True))  # noqa: T201
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def counted(items: Iterable[T], count: int, text: str) -> Iterator[T]:
    """The items; shows on stderr how many of `count` are done, every few seconds, if somebody is watching."""
    told = time.monotonic()
    for number, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - told >= COUNT_S and sys.stderr.isatty():
            print(f"{text}: {number:,} of {count:,} samples", file=sys.stderr, flush=True)  # noqa: T201
            told = now
