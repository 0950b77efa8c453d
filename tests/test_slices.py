"""The slice: of many rows the picture has the slope of all of them, so that its least value is at the estimate."""

import numpy as np
import pytest

from mlefit.pipeline.pictured import pictured
from mlefit.request import Request


@pytest.mark.slow
@pytest.mark.parametrize("model", ["gaussian", "laplace", "bernoulli"])
def test_a_slice_of_some_rows_is_least_where_that_of_all_is(model: str) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60_000, 2))
    eta = 0.3 + 0.5 * x[:, 0]
    y = {"gaussian": lambda: eta + rng.normal(size=eta.size), "laplace": lambda: eta + rng.laplace(size=eta.size),
         "bernoulli": lambda: (rng.random(eta.size) < 1.0 / (1.0 + np.exp(-eta))).astype(int)}[model]()
    request = Request({"x": x[:, 0], "z": x[:, 1], "y": y}, target="y", model=model, kl=False)
    (panel,) = pictured(request, ("slice",)).sheet.panels
    curve, rule = (next(layer for layer in panel.layers if (layer.role, layer.kind) == ("mle", kind)) for kind in ("line", "vrule"))
    x_, nll = curve.numbers["x"], curve.numbers["y"]
    assert x_[np.argmin(nll)] == pytest.approx(float(rule.numbers["x"][0]), abs=1e-9)
    assert nll[[0, -1]] == pytest.approx([8.0, 8.0], rel=0.25)        # 4 standard errors of all rows
    assert ", bent as on 20,000 rows of them: both have their minimum at " in panel.sentence
    assert not panel.mark
