"""Tables whose rows are of several groups, and what each group is fitted with alone."""

from typing import Any

import numpy as np
import pandas as pd

import mlefit


def table(groups: int, rows: int, seed: int = 1) -> pd.DataFrame:
    """Groups of some rows each, in no order, with a response for every kind of law and coefficients of each group's own."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), rows)
    x, z = rng.normal(size=(2, groups * rows))
    b = rng.normal(scale=0.5, size=(3, groups))[:, group]
    eta = b[0] + b[1] * x + b[2] * z
    frame = pd.DataFrame({
        "shop": [f"s{k:02d}" for k in group], "x": 50.0 * group + x, "z": z, "y": eta + rng.normal(size=eta.size),
        "bought": np.where(rng.random(eta.size) < 1.0 / (1.0 + np.exp(-eta)), "yes", "no"),
        "count": rng.poisson(np.exp(eta)), "time": rng.gamma(2.0, np.exp(eta)), "one": rng.gamma(1.0, np.exp(eta)),
        "kind": rng.choice(["a", "b", "c"], eta.size), "w": rng.integers(1, 4, eta.size),
    })
    return frame.sample(frac=1.0, random_state=seed, ignore_index=True)


def alone(frame: pd.DataFrame, by: dict[str, str], **options: Any) -> dict[str, Any]:
    """The fit of one group's rows as a table of their own."""
    rows = np.logical_and.reduce([frame[name].astype(str) == value for name, value in by.items()])
    return mlefit.fit(frame[rows].drop(columns=list(by)), kl=False, **options).to_dict()


def apart(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> float:
    """The largest difference of two lists of parameters, in standard errors, of estimates, errors and ends of intervals."""
    assert [(p["name"], p["class"], p["state"]) for p in one] == [(p["name"], p["class"], p["state"]) for p in other]
    most = 0.0
    for p, q in zip(one, other, strict=True):
        for key in ("estimate", "std_error", "ci_low", "ci_high", "loss_estimate"):
            assert (p[key] is None) == (q[key] is None), (p["name"], key)
            if p[key] is not None:
                most = max(most, abs(p[key] - q[key]) / (q["std_error"] or 1.0))
        for key in ("p_value", "statistic"):
            assert (p[key] is None) == (q[key] is None), (p["name"], key)
            if p[key] is not None:
                most = max(most, abs(p[key] - q[key]) / (1.0 + abs(q[key])))
    return most
