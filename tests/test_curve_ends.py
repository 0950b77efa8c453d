"""What is said of the ends of the searches for a curve: of how many, and what may have led them astray."""

import numpy as np
import pytest

import mlefit


@pytest.mark.parametrize(("mean", "start", "work", "said"), [
    ("a*exp(-b*x) + c", {"b": 1.0}, 1_000_000, "best of 6 searches, a local maximum is certified"),
    ("a*exp(-b*x) + c", {"b": 1.0}, 0, "a local maximum is certified"),
    ("a*x + c", {}, 1_000_000, "certified maximum")])
def test_a_curve_has_a_local_maximum_that_is_the_best_of_so_many_searches(
    mean: str, start: dict[str, float], work: int, said: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing proves that there is no other; where the mean is linear in all parameters there is none."""
    monkeypatch.setattr("mlefit.estimation.curve_fit.WORK", work)
    rng = np.random.default_rng(8)
    x = rng.uniform(0.0, 6.0, 150)
    fit = mlefit.fit({"x": x, "y": 3.0 * np.exp(-0.7 * x) + 0.2 * rng.normal(size=150)}, "y", mean=mean, start=start, draws=0, kl=False)
    (line,) = (line for line in str(fit).splitlines() if line.startswith("proof"))
    assert line.endswith(f"; {said} (EDM < 1e-10)")
    assert fit.to_dict()["routes"]["mle"]["certificate"]["starts"] == (6 if work else 1)


@pytest.mark.parametrize(("seed", "code"), [(0, "not-identified"), (3, "routes-disagree")])
def test_a_wild_response_is_named_where_the_searches_for_a_curve_fail(seed: int, code: str) -> None:
    """It makes maxima of its own: what helps is to correct it, before another start does."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.5, 10.0, 60)
    y = 10.0 * x / (2.0 + x) + 0.3 * rng.normal(size=60)
    rest = np.delete(y, 9)
    y[9] = 1e6
    with pytest.raises(mlefit.NoEstimateError) as refused:
        mlefit.fit({"x": x, "y": y}, "y", mean="v*x/(k + x)", start={"k": 1.0}, draws=0, kl=False)
    assert refused.value.code == code
    assert refused.value.message.endswith(
        f"; row 10 of those used has y = 1e+06, far beyond all others ({rest.min():.6g} to {rest.max():.6g})")
    assert refused.value.remedy.startswith("correct the value, or drop the row, if it is wrong; else ")
