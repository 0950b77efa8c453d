"""Fixtures that more than one test file uses, and what holds for all tests."""

from pathlib import Path

import pytest
from fake_pipeline import Pipeline, fake
from hypothesis import settings
from saved_models import Fitted, fitted_in

# The same examples in every run, and no failure for a slow machine.
settings.register_profile("mlefit", derandomize=True, deadline=None, database=None)
settings.load_profile("mlefit")


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    return fake(monkeypatch)


@pytest.fixture
def fitted(tmp_path: Path) -> Fitted:
    return fitted_in(tmp_path)
