"""Whether ordered levels have a maximum: separation over coefficients and cuts, and what is said of it."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import mlefit
from mlefit.errors import MlefitError, NoEstimateError
from mlefit.execution import Engine
from mlefit.existence.splits import Split
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise import MODELS
from mlefit.rows.chunk import Chunk


def fitted(data: Any, **options: Any) -> dict[str, Any]:
    return mlefit.fit(data, **{"model": "ordinal", "draws": 0, **options}).to_dict()


def refused(data: Any, **options: Any) -> MlefitError:
    with pytest.raises(MlefitError) as met:
        mlefit.fit(data, **{"model": "ordinal", "draws": 0, **options})
    return met.value


SEPARATED = {"x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "y": [1, 1, 2, 2, 3, 3]}
QUASI = {"g": ["a"] * 6 + ["b"] * 6 + ["c"] * 6, "y": [1, 2, 3, 1, 2, 3] + [3] * 6 + [1, 2, 2, 3, 1, 2]}


def test_separated_levels_have_no_maximum() -> None:
    met = refused(SEPARATED, target="y")
    assert (met.exit_code, met.code) == (4, "separation")
    assert met.message == ('the levels of "y" are perfectly separated by x (+infinity): every row is predicted perfectly, so '
                           "coefficients diverge and no maximum-likelihood estimate exists; the log-likelihood approaches 0")
    assert met.remedy == "drop or merge what separates the levels, merge levels, or collect rows where they overlap"


def test_a_group_of_one_end_is_named() -> None:
    met = refused(QUASI, target="y")
    assert met.message == ('quasi-complete separation of the levels of "y" by g=b (+infinity); every row with g=b has y=3: these are '
                           "infinite and no maximum-likelihood estimate exists")
    states = {p.name: (p.state, p.limit) for p in met.partial.parameters}      # type: ignore[attr-defined]
    assert states == {"g=b": ("infinite", "+inf"), "g=c": ("ok", None), "1|2": ("ok", None), "2|3": ("ok", None)}


def test_overlap_at_one_cut_may_leave_another_without_a_value() -> None:
    """x tells level 3 from the others, which overlap: the upper cut and the slope have values, as the lower cut's rows bound it."""
    data = {"x": [1.0, 2.0, 1.5, 2.5, 5.0, 6.0], "y": [1, 1, 2, 2, 3, 3]}
    assert fitted_or_none(data) == by_optimiser(data)
    swapped = {"x": [1.0, 2.0, 3.0, 1.5, 5.0, 6.0], "y": [1, 2, 1, 2, 3, 3]}
    assert fitted_or_none(swapped) == by_optimiser(swapped)


def fitted_or_none(data: dict[str, Any]) -> bool:
    try:
        fitted(data, target="y")
    except NoEstimateError as met:
        return met.code != "separation"
    return True


def by_optimiser(data: dict[str, Any]) -> bool:
    """Whether a search far out finds nothing better than nearby: a check by other means, for tiny data."""
    x, y = np.array(data["x"]), np.array(data["y"]) - np.min(data["y"])
    law = MODELS["ordinal"].of([str(k) for k in range(int(y.max()) + 1)])

    def nll(theta: np.ndarray) -> float:
        return float(law.nll(y.astype(float), (theta[0] + theta[1] * x)[:, None], theta[2:], 0).value.sum())

    found = minimize(nll, np.zeros(2 + y.max() - 1), method="Nelder-Mead",
                     options={"maxiter": 40_000, "maxfev": 40_000, "xatol": 1e-6, "fatol": 1e-12})
    return bool(np.abs(found.x[1]) < 30.0 and found.x[2:].max() < 4.0)


@pytest.mark.parametrize("seed", range(6))
def test_small_random_tables_have_a_maximum_exactly_where_a_far_search_stays(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(4):
        data = {"x": rng.integers(0, 4, 8).astype(float).tolist(), "y": np.append([0, 1, 2], rng.integers(0, 3, 5)).tolist()}
        if np.ptp(data["x"]) == 0.0:
            continue
        assert fitted_or_none(data) == by_optimiser(data), data


def test_every_cut_beside_a_level_is_a_row() -> None:
    x = np.stack([np.ones(4), [3.0, 5.0, 7.0, 9.0]]).T
    rows: list[Any] = []

    class All:
        def __add__(self, other: "All") -> "All":
            return self

    Split(Engine.of(Chunk(np.array([0.0, 1.0, 2.0, 3.0]), x)), LinearMean(Coordinates(np.eye(2), (0, 1)), 1), 3).sum(
        lambda chunk: (rows.append((chunk.y.tolist(), chunk.x.tolist())), All())[1])      # type: ignore[return-value, arg-type]
    assert rows == [([1.0] * 3 + [0.0] * 3, [[1, 5, 0, 0], [1, 7, -1, 0], [1, 9, 0, -1], [1, 3, 0, 0], [1, 5, -1, 0], [1, 7, 0, -1]])]
