"""Levels without bins of their own: whether residuals vary more in some than in others."""

from typing import Any

import numpy as np
import pytest

from mlefit.api import request_of
from mlefit.picture.between import Between
from mlefit.picture.panel import Panel
from mlefit.pipeline.pictured import pictured


def test_what_levels_differ_by_is_found_again() -> None:
    rng = np.random.default_rng(1)
    level = np.repeat(np.arange(500), 20)
    spread = np.exp(0.3 * rng.standard_normal(500))
    scores = np.concatenate([(spread[level] * rng.standard_normal(level.size))[None], rng.standard_normal((99, level.size))])
    scores[0] /= scores[0].std()
    found = Between(scores, level)
    assert found.statistic[0] > 9.0
    assert found.spread == pytest.approx(np.std(np.square(spread)) / (2.0 * np.mean(np.square(spread))), rel=0.15)
    place, most = found.farthest or (0, 0.0)
    own = scores[0, level == place]
    assert most == pytest.approx(float(np.sqrt(np.mean(np.square(own)))), rel=1e-12)
    assert spread[place] > np.quantile(spread, 0.95)


def test_sets_without_a_difference_differ_by_nothing() -> None:
    rng = np.random.default_rng(2)
    level = rng.integers(0, 3, 600)
    found = Between(rng.standard_normal((200, 600)), level)
    assert found.spread < 0.05
    assert abs(found.statistic.mean()) < 1e-12
    assert Between(rng.standard_normal((5, 3)), np.arange(3)).farthest is None


def along(spread: float, seed: int = 5) -> Panel:
    """Of 300 levels of ten rows, whose standard deviations differ."""
    rng, levels, n = np.random.default_rng(seed), 300, 3000
    g = rng.permutation(np.arange(n) % levels)
    data: dict[str, Any] = {"x": rng.standard_normal(n), "g": [f"l{level:03d}" for level in g]}
    sigma = np.exp(spread * rng.standard_normal(levels))
    data["y"] = rng.standard_normal(levels)[g] + 0.5 * data["x"] + sigma[g] * rng.standard_normal(n)
    found = pictured(request_of("fit", data, None, None, {"kl": False, "formula": "y ~ x + g", "model": "gaussian"}),
                     ("predictor:g",))
    return found.sheet.panels[0]


@pytest.mark.parametrize("spread", [0.4, 0.0])
def test_a_factor_is_marked_where_its_levels_differ_in_spread(spread: float) -> None:
    panel = along(spread)
    if spread:
        assert panel.mark
        assert panel.sentence.startswith("The spread differs from level to level of g, by ")
        assert "% of the average, most at l" in panel.sentence
    else:
        assert panel.sentence.startswith("Nothing moves along g (p = ")
