"""Machine: hints to the system that reach no result."""

import ctypes
import sys
from types import SimpleNamespace

import pytest

from mlefit import machine


def test_the_c_library_is_told_to_keep_what_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(mallopt=lambda *advice: told.append(advice)))
    machine.keep_freed_memory()
    assert told == [(machine.TRIM, machine.KEPT), (machine.MAPPED, machine.OWN_MAPPING)]


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_a_c_library_without_such_advice_is_left_alone(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    asked: list[object] = []
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: asked.append(name) or SimpleNamespace())
    machine.keep_freed_memory()
    assert asked == ([None] if platform == "linux" else [])


def test_there_are_processors_and_memory() -> None:
    assert 1 <= machine.threads() <= machine.THREADS
    assert machine.half_of_memory() > 0
