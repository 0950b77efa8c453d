"""Every law of the registry from end to end: rows drawn from it, fitted under every option that a fit has."""

import numpy as np
import pytest
from model_cases import MOST_TRIALS, NOISES, name_of

import mlefit
from mlefit.noise.model import NoiseModel
from mlefit.report.report import Report

ROWS = 240
every_model = pytest.mark.parametrize("noise", NOISES, ids=name_of)


def table(noise: NoiseModel, seed: int = 1) -> dict[str, np.ndarray]:
    """Rows drawn from the law, with a predictor, groups and whole weights."""
    rng = np.random.default_rng(seed)
    x, m = rng.normal(size=ROWS), len(noise.predictors)
    eta = 0.3 + np.outer(x, np.linspace(0.5, -0.3, m))
    y = noise.draw(rng, eta, np.full(len(noise.shapes), 0.4))
    more = {"t": np.full(ROWS, int(MOST_TRIALS))} if noise.response.of_trials else {}
    target = np.array(noise.outcome_names)[y.astype(int)] if noise.response.reads_levels else y
    return {"x": x, "g": np.repeat(np.arange(24), 10), "w": rng.integers(1, 4, ROWS), "o": 0.25 * x, **more, "y": target}


def fitted(noise: NoiseModel, data: dict[str, np.ndarray], **options: object) -> Report:
    more = {"trials": "t"} if noise.response.of_trials else {"order": noise.outcome_names} if noise.response.ordered else {}
    found = mlefit.fit(data, model=noise.spelt, target="y", features=["x"], draws=0, **more, **options).report
    assert found.agreement is not None
    assert found.agreement.agree
    return found


def estimates(report: Report) -> list[float]:
    return [p.estimate for p in report.parameters if p.estimate is not None]


def errors(report: Report) -> list[float]:
    return [p.std_error for p in report.parameters if p.std_error is not None]


@pytest.mark.slow       # six fits a law
@every_model
def test_weights_are_rows_repeated(noise: NoiseModel) -> None:
    data = table(noise)
    repeated = {name: np.repeat(column, data["w"]) for name, column in data.items()}
    for se in ("auto", "robust", "cluster:g"):
        one, many = fitted(noise, data, weights="w", se=se), fitted(noise, repeated, se=se)
        assert estimates(one) == pytest.approx(estimates(many), rel=1e-8, abs=1e-10)
        assert errors(one) == pytest.approx(errors(many), rel=1e-6)
        assert one.criteria is not None
        assert many.criteria is not None
        assert one.criteria.loglik == pytest.approx(many.criteria.loglik, rel=1e-11)
        assert one.criteria.on_new_rows == pytest.approx(many.criteria.on_new_rows, rel=1e-8)


@pytest.mark.parametrize("noise", [noise for noise in NOISES if noise.one_mean], ids=name_of)
def test_an_offset_takes_its_part_of_the_slope(noise: NoiseModel) -> None:
    data = table(noise)
    plain, moved = fitted(noise, data), fitted(noise, data, offset="o")
    slope = [p.name for p in plain.parameters].index("x")
    taken = 0.25 * np.eye(len(estimates(plain)))[slope]
    assert estimates(moved) == pytest.approx(np.array(estimates(plain)) - taken, rel=1e-8, abs=1e-9)
    assert errors(moved) == pytest.approx(errors(plain), rel=1e-7)
    assert plain.criteria is not None
    assert moved.criteria is not None
    assert moved.criteria.loglik == pytest.approx(plain.criteria.loglik, rel=1e-11)


@every_model
def test_engines_and_threads_give_the_same_bytes(noise: NoiseModel) -> None:
    data = table(noise)
    texts = {repr(fitted(noise, data, holdout=0.2, **options)._replace(run=None))      # type: ignore[arg-type]
             for options in ({"engine": "memory", "threads": 1}, {"engine": "stream", "threads": 2})}
    assert len(texts) == 1


@every_model
def test_new_rows_are_judged_by_the_law(noise: NoiseModel) -> None:
    known = fitted(noise, table(noise), holdout=0.3).information
    assert known is not None
    assert known.holdout is not None
    assert known.holdout.cross_entropy == pytest.approx(known.cross_entropy, abs=6.0 * known.holdout.std_error)
