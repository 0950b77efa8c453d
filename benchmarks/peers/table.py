"""What the Python peers share: a CSV through polars into arrays; text becomes 0/1 columns without the first level."""

import numpy as np
import polars as pl


def read(path: str) -> tuple[np.ndarray, np.ndarray]:
    """y (n,) and X (n, p) of a file whose response is called y; no constant column."""
    frame = pl.read_csv(path, infer_schema_length=1000)
    y = frame["y"].to_numpy()
    x = frame.drop("y")
    text = [name for name, kind in x.schema.items() if kind == pl.String]
    if text:
        x = x.to_dummies(text, drop_first=True)
    return y, x.cast(pl.Float64).to_numpy()


def gaussian_loglik(residuals: np.ndarray) -> float:
    """The log-likelihood at sigma^2 = RSS / n, every constant kept."""
    n = len(residuals)
    return float(-0.5 * n * (np.log(2.0 * np.pi * (residuals @ residuals) / n) + 1.0))
