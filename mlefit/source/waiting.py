"""Waiting for a store: in a thread of its own, so that whoever waits can be interrupted, however long the answer takes."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
_waited_for: set[object] = set()


def started(call: Callable[[], T]) -> "Future[T]":
    """What a call will give, or raise. A program that ends need not wait for it."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            found = call()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(found)
        finally:
            _waited_for.discard(future)

    _waited_for.add(future)
    Thread(target=work, daemon=True, name="mlefit-store").start()
    return future


def awaited(call: Callable[[], T]) -> T:
    """What the call gives."""
    return started(call).result()


def waiting() -> bool:
    """Whether a store still owes an answer."""
    return bool(_waited_for)
