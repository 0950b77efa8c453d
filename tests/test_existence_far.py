"""One huge value: it neither separates classes nor stops a search, and where a search fails it is named."""

from typing import Any

import numpy as np
import pytest
from refusing import parameters, refused

import mlefit
from mlefit.diagnosis import no_maximum
from mlefit.errors import NoEstimateError
from mlefit.existence import separation


def far(value: float, y: int, n: int = 200) -> dict[str, Any]:
    rng = np.random.default_rng(37)
    x = rng.normal(size=n)
    return {"x": np.append(x, value), "y": np.append((rng.random(n) < 1.0 / (1.0 + np.exp(-0.8 * x))).astype(int), y)}


@pytest.mark.parametrize("value", [1e3, 1e6, 1e12])
def test_a_huge_value_on_its_right_side_changes_nothing(value: float) -> None:
    """Its probability is 1, so the estimate is that of the other rows."""
    columns = far(value, 1)
    whole = mlefit.fit(columns, target="y", model="bernoulli", draws=0).to_dict()
    rest = mlefit.fit({name: column[:-1] for name, column in columns.items()}, target="y", model="bernoulli", draws=0).to_dict()
    for one, other in zip(whole["parameters"], rest["parameters"], strict=True):
        assert one["estimate"] == pytest.approx(other["estimate"], rel=1e-8)
        assert one["std_error"] == pytest.approx(other["std_error"], rel=1e-6)
    assert whole["criteria"]["loglik"] == pytest.approx(rest["criteria"]["loglik"], rel=1e-9)


@pytest.mark.parametrize("value", [1e15, 1e30])
def test_a_value_so_huge_that_no_likelihood_resolves_the_rest_is_named(value: float) -> None:
    error = refused(far(value, 1), "bernoulli")
    assert (error.code, error.columns, error.rows) == ("not-converged", ("x",), (201,))
    assert error.message.endswith(
        f'; column "x", row 201 of those used: {value:.6g} is {2.0 * value:.1g} times as far out as a quarter of the column is')
    assert error.remedy == "correct the value, or drop the row"     # its logarithm is none: others are below 0


def test_a_huge_value_beside_separated_classes_does_not_hide_them() -> None:
    rng = np.random.default_rng(3)
    g = np.repeat(["a", "b"], 100)
    columns = {"g": g, "x": np.append(rng.normal(size=199), 1e12), "y": np.where(g == "b", 1, rng.integers(0, 2, 200))}
    error = refused(columns, "bernoulli")
    assert error.message.startswith('quasi-complete separation of "y" (modelled: 1) by g=b (+infinity); every row with g=b has y=1')
    assert parameters(error)["x", None].estimate is None      # what the limiting model would say is not known to any digit


def test_a_claim_of_separation_below_what_the_search_had_reached_is_withdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is not believed again, and the value that is to blame is named with its column and row."""
    original = no_maximum.limiting

    def low(*arguments: Any) -> Any:
        found = original(*arguments)
        assert found is not None
        return found._replace(supremum=-1e3)

    def claims(noise: Any, mean: Any, execution: Any, hint: Any) -> Any:
        return separation.Separation((np.array([0.0, 1.0]),), 1.0, 201.0, np.zeros((2, 2)), 1.0)

    monkeypatch.setattr(no_maximum, "limiting", low)
    monkeypatch.setattr(separation, "separate", claims)
    with pytest.raises(NoEstimateError) as found:
        mlefit.fit(far(1e12, 1), target="y", model="bernoulli", draws=0)
    error = found.value
    assert (error.code, error.columns, error.rows) == ("not-converged", ("x",), (201,))
    assert error.message.startswith(
        "trust-exact did not converge: no proof was found that a maximum exists, nor that the classes are separated (EDM ")
    assert error.message.endswith(
        '; column "x", row 201 of those used: 1e+12 is 2e+12 times as far out as a quarter of the column is')
    assert error.remedy == "correct the value, or drop the row"     # its logarithm is none: others are below 0
