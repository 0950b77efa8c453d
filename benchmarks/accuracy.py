"""Digits of mlefit on every set of NIST that the project holds, and on R's answers: writes docs/accuracy.md.

    python benchmarks/accuracy.py

The certified values of NIST (Statistical Reference Datasets, public domain) stand in tests/nist/certified.json, R's in
tests/reference/claims.json with the program that made them. Digits: -log10 of the largest relative error, at most 15; of a
value that is 0 in truth, of the absolute one.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import mlefit
from mlefit.errors import NoEstimateError
from mlefit.version import __version__

ROOT = Path(__file__).parents[1]
NIST = ROOT / "tests" / "nist"
PAGE = ROOT / "docs" / "accuracy.md"
MOST = 15.0
HEAD = f"""# Accuracy

Made by `python benchmarks/accuracy.py` with mlefit {__version__}. Digits are correct ones, -log10 of the largest relative error
over the parameters, at most 15, those of the certified values. Doubles often hold less of such data: rounding the powers of x alone
costs Filip and the Wampler sets many of theirs.

## NIST Statistical Reference Datasets

Each set as NIST states it, with `--se ols` (n - p, as NIST has it), by both routes: `likelihood` and `loss` are the digits of
the two estimates, `s.e.` those of the standard errors, `sigma` those of the residual standard deviation.

| set | model | difficulty | likelihood | loss | s.e. | sigma |
|---|---|---|---|---|---|---|
"""
WITH_R = """
Wampler1 and Wampler2 are polynomials without noise: the likelihood has no maximum, which is said with exit 4 ("the fit is
exact") and the coefficients that fit.

## R

The same data, from `tests/reference/claims.json`, in R's `lm`, `glm` and `nnet::multinom`; the digits are bounded by where R's
own iterations stop.

| model | estimates | s.e. | log-likelihood |
|---|---|---|---|
"""


def digits(found: Iterable[float | None], true: Iterable[float]) -> float:
    """The digits of the worst value; 0 where one is missing."""
    worst = MOST
    for value, right in zip(found, true, strict=True):
        if value is None:
            return 0.0
        error = abs(value - right) / (abs(right) or 1.0)
        worst = min(worst, MOST if error == 0.0 else -math.log10(error))
    return max(0.0, worst)


def nist() -> Iterator[tuple[str, str]]:
    """The name of each set, and its row."""
    for name, held in json.loads((NIST / "certified.json").read_text()).items():
        yield name, f"| {name} | `{held['formula']}` | {held['difficulty']} | {' | '.join(measured(held))} |\n"


def measured(held: dict[str, Any]) -> list[str]:
    """Digits of both routes, of the standard errors and of sigma; `-` where NIST certifies none, or there is no maximum."""
    estimates = [float(value) for value in held["estimates"].values()]
    try:
        found = mlefit.fit(str(NIST / held["file"]), formula=held["formula"], model="gaussian", se="ols", kl=False).to_dict()
    except NoEstimateError as error:
        return [f"no maximum ({error.code})", "-", "-", "-"]
    mean = [parameter for parameter in found["parameters"] if parameter["kind"] == "mean"]
    sigma = next(parameter for parameter in found["parameters"] if parameter["kind"] == "shape")
    figures = [digits([each[key] for each in mean], estimates) for key in ("estimate", "loss_estimate")]
    cells = [f"{figure:.1f}" for figure in figures]
    certified = [value for value in held["std_errors"].values() if value is not None]
    cells.append(f"{digits([each['std_error'] for each in mean], map(float, certified)):.1f}" if certified else "-")
    told = held["residual_sd"]
    cells.append("-" if told is None else f"{digits([sigma['estimate']], [told]):.1f}")
    return cells


def with_r() -> Iterator[str]:
    """A row for each model that R was asked for."""
    told = json.loads((ROOT / "tests" / "reference" / "claims.json").read_text())
    data = told["data"]
    for model, target, key in (("gaussian", "y", "t"), ("bernoulli", "b", "z"), ("poisson", "k", "z"), ("categorical", "c", "z")):
        features: Sequence[str] = ("x", "z") if model == "categorical" else ("x", "z", "a")
        found = mlefit.fit({name: data[name] for name in (target, *features)}, target, features, model, draws=0, kl=False,
                           levels={"a": ("l", "m", "h")} if "a" in features else {}).to_dict()
        mean = [parameter for parameter in found["parameters"] if parameter["kind"] == "mean"]
        right = told[model]
        cells = [digits([each[name] for each in mean], right[key][name]) for name in ("estimate", "std_error")]
        cells.append(digits([found["criteria"]["loglik"]], [right["loglik"]]))
        yield f"| `{model}` | {' | '.join(f'{cell:.1f}' for cell in cells)} |\n"


def page() -> str:
    """The whole page."""
    return HEAD + "".join(row for _, row in nist()) + WITH_R + "".join(with_r())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
