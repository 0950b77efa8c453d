"""The two lines of bars in the table of a fit: on a terminal of Unicode alone, and only where there is room."""

import numpy as np
import pytest
from report_samples import GAUSSIAN, replace

import mlefit
from mlefit.cli.delivery import draws_bars
from mlefit.pipeline.run import run
from mlefit.report.json import to_dict
from mlefit.report.sparkline import Sparkline, bar, lines
from mlefit.report.table import render_table
from mlefit.request import Request

SPARK = Sparkline(("residuals", "model"), (0.0, 1.0, 8.0), (0.5, 4.0, 0.5))


def fitted(frame: dict[str, np.ndarray], model: str, **options: object) -> Sparkline | None:
    return run(Request(frame, model=model, target="y", draws=0, screen=True, **options)).sparkline  # type: ignore[arg-type]


def test_bars_are_on_one_scale_and_nothing_is_a_blank() -> None:
    assert [line.text for line in lines(SPARK)] == ["residuals  ▂█", "model     ▁▅▁"]
    assert [bar(value, 8.0) for value in (0.0, 1e-9, 0.99, 1.0, 7.99, 8.0)] == [" ", "▁", "▁", "▂", "█", "█"]
    assert bar(1.0, 0.0) == " "


def test_residuals_are_counted_beside_what_the_normal_law_expects() -> None:
    rng = np.random.default_rng(1)
    found = fitted({"x": rng.normal(size=400), "y": rng.normal(size=400)}, "gaussian", features=("x",))
    assert found is not None
    assert found.labels == ("residuals", "model")
    assert len(found.found) == len(found.model) == 28
    assert sum(found.found) == pytest.approx(400)
    assert sum(found.model) == pytest.approx(400)
    assert np.abs(np.array(found.found) - np.array(found.model)).max() < 4.0 * np.sqrt(40.0)
    middle = sum(found.found[12:16])
    assert middle == pytest.approx(sum(found.model[12:16]), abs=4.0 * np.sqrt(120.0))


def test_weights_count_rows() -> None:
    rng = np.random.default_rng(2)
    y, w = rng.normal(size=60), rng.integers(1, 4, 60)
    one = fitted({"y": y, "w": w}, "gaussian", weights="w", features=())
    many = fitted({"y": np.repeat(y, w)}, "gaussian", features=())
    assert one is not None
    assert many is not None
    assert one.found == many.found


def test_two_levels_show_shares_in_ten_groups() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=1_000)
    y = np.where(rng.random(1_000) < 1.0 / (1.0 + np.exp(-x)), "yes", "no")
    found = fitted({"x": x, "y": y}, "bernoulli", features=("x",))
    assert found is not None
    assert found.labels == ("observed", "predicted")
    assert len(found.found) == len(found.model) == 10
    assert list(found.model) == sorted(found.model)
    assert np.mean(found.found) == pytest.approx(np.mean(y == "yes"))
    assert np.mean(found.model) == pytest.approx(np.mean(y == "yes"))


def test_few_rows_and_more_classes_have_none() -> None:
    rng = np.random.default_rng(4)
    assert fitted({"y": rng.normal(size=19)}, "gaussian", features=()) is None
    assert fitted({"y": rng.choice(list("abc"), 90)}, "categorical", features=()) is None


def test_only_a_screen_asks_for_them_and_json_has_none() -> None:
    rng = np.random.default_rng(5)
    report = mlefit.fit({"y": rng.normal(size=50)}, target="y", model="gaussian", features=[]).report
    assert report.sparkline is None
    assert to_dict(replace(report, sparkline=SPARK)) == to_dict(report)


def test_they_are_the_first_to_go() -> None:
    report = replace(GAUSSIAN, sparkline=SPARK)
    tall = render_table(report, width=80, height=40)
    assert "residuals  ▂█\nmodel     ▁▅▁\n" in tall
    lines_of = len(tall.splitlines())
    assert "residuals  ▂█" in render_table(report, width=80, height=lines_of)
    low = render_table(report, width=80, height=lines_of - 1)
    assert low == render_table(GAUSSIAN, width=80, height=lines_of - 1)


class Stream:
    def __init__(self, encoding: str, terminal: bool) -> None:
        self.encoding, self.terminal = encoding, terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(("encoding", "terminal", "term", "drawn"), [
    ("utf-8", True, "xterm", True), ("UTF-8", True, "xterm", True), ("utf-8", False, "xterm", False), ("ascii", True, "xterm", False),
    ("utf-8", True, "dumb", False),
])
def test_a_terminal_of_unicode_gets_them(encoding: str, terminal: bool, term: str, drawn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    assert draws_bars(Stream(encoding, terminal)) is drawn  # type: ignore[arg-type]
    assert draws_bars(None) is False
