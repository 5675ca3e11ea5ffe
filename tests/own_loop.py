"""Runs coroutines of tests in an event loop of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run_in_own_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, which runs in a thread.

    Playwright keeps the loop of the main thread running until the session ends, and `asyncio.run` refuses to start
    another one there.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
