"""A factor of many levels without columns beside shapes: gamma, Weibull, inverse gaussian and negative binomial noise."""

from typing import Any

import numpy as np
import pytest
from test_indexed import LEVELS, check_alike, rows, told

from mlefit.api import request_of
from mlefit.design import indexing
from mlefit.pipeline.fitted import fit
from mlefit.pipeline.level_terms import level_term_tests
from mlefit.pipeline.run import errors_of, run
from mlefit.problem import indexing as asked
from mlefit.problem.stated import stated


@pytest.mark.slow
@pytest.mark.parametrize(("model", "target"), [("gamma", "size"), ("weibull", "size"), ("negative-binomial", "spread"),
                                               ("inverse-gaussian", "size")])
@pytest.mark.parametrize("options", [
    {"formula": "g + x + z"}, {"formula": "x + g + h + z - 1", "weights": "w"}, {"formula": "g + x", "se": "hc3", "offset": "e"},
], ids=lambda options: options["formula"])
def test_shapes_stand_beside_levels_as_beside_columns(
    model: str, target: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {**options, "formula": f"{target} ~ {options['formula']}", "model": model}
    one, other = (told(rows(), many, monkeypatch, **options) for many in (20, 10**6))
    check_alike(one, other)
    assert one.mle.method == "trust-ncg"       # levels had no columns
    if "se" in options:         # else of few rows columns have likelihood ratios, levels Wald's
        assert one.terms[0].statistic == pytest.approx(other.terms[0].statistic, rel=1e-8)
    assert one.criteria.on_new_rows == pytest.approx(other.criteria.on_new_rows, rel=1e-9)


def test_the_test_of_all_levels_lets_the_shapes_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wald's statistic by the covariance of all contrasts, of a law whose shape and mean know of each other."""
    monkeypatch.setattr(indexing, "MANY", 20)
    monkeypatch.setattr(asked, "WORK", 0.0)
    with stated(request_of("fit", rows(), None, None, {"formula": "size ~ g + x", "model": "weibull", "kl": False}), index=True) as problem:
        found = fit(problem)
        term = next(level_term_tests(found, errors_of(found), found.mean))  # type: ignore[arg-type]
    (part,) = found.mean.natural(found.fit.mle.theta[:-1])
    levels = np.arange(1, LEVELS)       # behind the constant
    root = found.fit.mle.curvature.root(part.combinations.some(levels).whole(found.mean.size))
    value = (part.value / part.unit)[levels]
    assert term.statistic == pytest.approx(value @ np.linalg.solve(root @ root.T, value), rel=1e-9)


def test_few_rows_of_a_law_with_shapes_have_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose KL is then looked for."""
    monkeypatch.setattr(indexing, "MANY", 20)
    found = run(request_of("fit", rows(), None, None, {"formula": "size ~ g + x", "model": "gamma", "draws": 0}))
    assert found.information.kl is not None
    assert found.mle.method == "trust-exact"


def test_a_shape_at_its_limit_has_the_end_that_it_has_beside_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """No matrix of all coefficients is made for it."""
    data = rows()
    counts = {name: values for name, values in data.items() if name in ("g", "x", "count")}
    one, other = (told(counts, many, monkeypatch, formula="count ~ x + g", model="negative-binomial") for many in (20, 10**6))
    mine, his = one.parameters[-1], other.parameters[-1]
    assert mine.state == his.state == "boundary"
    assert mine.ci_high == pytest.approx(his.ci_high, rel=1e-6)
