"""A pipeline that answers with what it is given, so that the command line can be tested on its own."""

import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from mlefit.report.report import Report
from mlefit.request import Request

Pipeline = Callable[[Report | BaseException], list[Request]]


def fake(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """Puts a pipeline in place that returns or raises its outcome; the requests it gets are in the list."""
    def install(outcome: Report | BaseException) -> list[Request]:
        requests: list[Request] = []

        def run(request: Request, progress: object = None, keep: object = None, keep_rows: bool = False) -> Report:
            requests.append(request)
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        module = ModuleType("mlefit.pipeline")
        module.run = run  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "mlefit.pipeline", module)
        return requests
    return install
