"""Fixtures that more than one test file uses."""

import pytest
from fake_pipeline import Pipeline, fake


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    return fake(monkeypatch)
