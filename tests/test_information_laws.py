"""Every law of the registry has a verdict with predictors: parts with laws of their own, and no misfit in its own draws."""

import numpy as np
import pytest

import mlefit
from mlefit.arrays import Array
from mlefit.noise import MODELS

ROWS = 600
JUDGED = [name for name, law in MODELS.items() if law.assumed]
SURE = 1e-3         # a true model is called a misfit by chance in one of so many


def table(name: str, seed: int) -> tuple[dict[str, Array], dict[str, object]]:
    """Rows drawn from a law at linear predictors, and the options of a fit to them."""
    rng = np.random.default_rng([seed, 77])
    x, law = rng.normal(size=(ROWS, 2)), MODELS[name]
    if law.response.reads_levels:
        law = law.of(["a", "b", "c"][: 2 if len(law.of(["a", "b", "c"]).predictors) == 1 else 3])
    eta = np.tile((0.3 + 0.4 * x[:, 0])[:, None], (1, len(law.predictors)))
    scaled = [k for k, predictor in enumerate(law.predictors) if predictor.kind == "scale"]
    eta[:, scaled] = 0.1 * x[:, [1]]
    found, options = {"u": x[:, 0], "v": x[:, 1]}, {"scale_features": ["v"]} if scaled else {}
    if law.response.of_trials:
        found["m"], options = np.full(ROWS, 12.0), {"trials": "m"}
        law = law.among(found["m"])
    return {**found, "y": law.draw(rng, eta, np.full(len(law.shapes), 0.5))}, options


@pytest.mark.parametrize("name", JUDGED)
def test_a_law_is_judged_and_its_own_draws_are_no_misfit(name: str) -> None:
    p = []
    for seed in range(2):
        rows, options = table(name, seed)
        found = mlefit.fit(rows, target="y", features=["u", "v"], model=name, **options).report.information
        assert found is not None
        assert found.kl.reason is None
        assert found.kl.bound == "lower"
        assert found.kl.verdict_p_value is not None
        parts = ["structure"] if MODELS[name].response.reads_levels else ["structure", "spread", "shape"]
        assert list(found.kl.part_p_values) == parts
        assert found.kl.misfit is not None
        assert abs(found.kl.misfit) < 0.05
        p.append(found.kl.verdict_p_value)
    assert min(p) > SURE
    assert max(p) > 0.05


@pytest.mark.parametrize("name", [name for name in JUDGED if not MODELS[name].response.reads_levels])
def test_a_missing_curve_is_found_whatever_the_law(name: str) -> None:
    rows, options = table(name, 5)
    bent = rows["u"] + 0.9 * rows["v"] ** 2
    found = mlefit.fit({**rows, "u": bent}, target="y", features=["u", "v"], model=name, **options).report.information
    assert found is not None
    assert found.kl.part_p_values["structure"] < 0.05       # given this column called u, the mean of y is curved in v


@pytest.mark.parametrize(("options", "other"), [
    ({"loss": "r**2"}, {"model": "gaussian"}), ({"loss": "log(cosh(r))"}, {"loss": "log(cosh(r))"}),
    ({"model": "huber:delta=0.2"}, {"model": "huber:delta=0.2"}),
])
def test_a_law_with_a_unit_of_its_own_is_judged_in_it(options: dict[str, str], other: dict[str, str]) -> None:
    """Residuals are judged in standard deviations, and a loss that is not homogeneous is another one there."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=ROWS)
    law = MODELS["gaussian"] if "model" not in options else MODELS.find(options["model"], "")
    y = law.draw(rng, (2.0 + x)[:, None], np.log([0.07]))
    found, same = (mlefit.fit({"x": x, "y": y}, target="y", **one).report.information for one in (options, other))
    assert found is not None
    assert same is not None
    assert found.kl.verdict_code == "none"
    assert found.kl.ci_low < 0.0
    assert found.kl.verdict_p_value == pytest.approx(same.kl.verdict_p_value, abs=0.02)
