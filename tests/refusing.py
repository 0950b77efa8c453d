"""What tests of refusals have in common."""

from typing import Any

import pytest

import mlefit
from mlefit.errors import NoEstimateError
from mlefit.report.report import Parameter, Report


def refused(columns: dict[str, Any], model: str, **options: Any) -> NoEstimateError:
    options = {"target": "y", "draws": 0, **options}
    with pytest.raises(NoEstimateError) as found:
        mlefit.fit(columns, model=model, **options)
    return found.value


def parameters(error: NoEstimateError) -> dict[tuple[str, str | None], Parameter]:
    assert isinstance(error.partial, Report)
    assert error.partial.status == "no estimate"
    return {(p.name, p.class_): p for p in error.partial.parameters}
