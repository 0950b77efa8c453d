"""Quantiles next to the ends, where rounding leaves no digits: a refusal, and no defect."""

import numpy as np
import pytest

import mlefit


@pytest.mark.parametrize("tau", ["1e-10", "0.999999999999"])
def test_a_quantile_beyond_the_digits_is_refused_as_not_certified(tau: str) -> None:
    rng = np.random.default_rng(77)
    table = {"x": rng.normal(size=300), "g": np.array(list("abc"))[rng.integers(0, 3, 300)], "y": rng.standard_t(2, 300)}
    with pytest.raises(mlefit.MlefitError) as caught:
        mlefit.fit(table, target="y", model=f"quantile:tau={tau}", kl=False)
    assert (caught.value.exit_code, caught.value.code) == (4, "not-converged")
