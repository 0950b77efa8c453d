"""Appended: the columns that a prediction puts behind each row."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.model import NoiseModel
from mlefit.prediction.intervals import exact, of_mean, of_new, shifted
from mlefit.prediction.rows import Rows
from mlefit.saved.model import Saved

Interval = Literal["law", "conformal", "none"]


ZERO_SHARE = "p_zero"
RATES = {"log": 1.0, "log1p": 1.0, "log10": float(np.log(10.0))}     # y, or 1 + y, is exp(rate t)


class Plan(NamedTuple):
    """Which intervals, at which confidence level."""

    interval: Interval
    level: float


class Columns(NamedTuple):
    """Numbers (n,) by name, NaN where a row has no prediction; `labels`: texts (n,) by name, such as the likeliest class."""

    numbers: Mapping[str, Array]
    labels: Mapping[str, list[str]]


def names(saved: Saved, plan: Plan) -> tuple[str, ...]:
    """The names of the appended columns but the flag."""
    noise = saved.noise
    if noise.response.reads_levels:
        levels = noise.modelled
        each = [f"p_{level}" for level in levels]
        ends = [] if plan.interval == "none" else [f"{name}{end}" for name in each for end in ("_low", "_high")]
        ordered = [name for one in each for name in (one, *(end for end in ends if end in (f"{one}_low", f"{one}_high")))]
        return (*ordered, *(("class",) if len(levels) > 1 else ()))
    centre = called(saved)
    if transformed_mean(saved, np.zeros((0, len(noise.predictors)))) is not None:
        return ("mean", *_of_numbers(saved, plan, centre))
    return _of_numbers(saved, plan, centre)


def _of_numbers(saved: Saved, plan: Plan, centre: str) -> tuple[str, ...]:
    noise = saved.noise
    median = ("median",) if noise.median_apart and saved.transform is None else ()
    zero = () if noise.zero_text is None else (ZERO_SHARE,)
    if plan.interval == "none" or not saved.errors.known:
        return (centre, *median, *zero)
    if plan.interval == "conformal":
        return (centre, *median, "new_low", "new_high", *zero)
    return (centre, *median, f"{centre}_low", f"{centre}_high", *(("new_low", "new_high") if noise.predicts_new else ()), *zero)


def predictions(rows: Rows, plan: Plan) -> Columns:
    """The columns of the rows, in the order of `names`."""
    noise = rows.saved.noise
    found, labels = _of_levels(rows, plan) if noise.response.reads_levels else (_numbers(rows, plan), {})
    known = np.flatnonzero(rows.known)
    everything = known.size == rows.batch.rows
    numbers = {}
    for name, values in found.items():
        if everything:
            numbers[name] = values
            continue
        full = np.full(rows.batch.rows, np.nan)
        full[known] = values
        numbers[name] = full
    texts = {}
    for name, choices in labels.items():
        if everything:
            texts[name] = choices
            continue
        text = [""] * rows.batch.rows
        for place, choice in zip(known.tolist(), choices, strict=True):
            text[place] = choice
        texts[name] = text
    return Columns(numbers, texts)


def natural_shapes(saved: Saved) -> Array:
    """The free shapes (s,) in natural units."""
    return in_natural_units(saved, saved.free)


def in_natural_units(saved: Saved, free: Array) -> Array:
    """Free shapes (s,) from encoded units."""
    powers = np.array([shape.unit_power for shape in saved.noise.shapes])
    return free + powers * float(np.log(saved.encoding.scaling.y_scale))


def _numbers(rows: Rows, plan: Plan) -> dict[str, Array]:
    """Of a law of y. Of a law of t(y) medians and ends of t, whose y are those of y: a mean of t is none of y."""
    saved, noise, eta = rows.saved, rows.law, rows.eta
    free, transform = natural_shapes(saved), rows.saved.transform

    def median(at: Array) -> Array:
        return noise.quantile(np.full(len(at), 0.5), at, free)

    def centre(at: Array) -> Array:
        return noise.centre(at, free) if transform is None else median(at)

    name = called(saved)
    found, se = {name: centre(eta)}, rows.errors(0)
    if noise.median_apart and transform is None:
        found["median"] = median(eta)
    if plan.interval == "conformal":
        away, middle = conformal_half(saved, plan.level), noise.centre(eta, free)
        found |= {"new_low": middle - away, "new_high": middle + away}
    elif plan.interval == "law" and se is not None:
        found[f"{name}_low"], found[f"{name}_high"] = of_mean(
                centre, eta, se, saved.critical(plan.level, saved.errors.df))
        if noise.predicts_new:
            found["new_low"], found["new_high"] = (
                _exact(saved, eta, se, plan.level) or of_new(noise, eta, se, free, plan.level))
    zero = noise.zero_share(eta)
    shares = {} if zero is None else {ZERO_SHARE: zero}
    if transform is None:
        return found | shares
    back, mean = {name: transform.back(t) for name, t in found.items()} | shares, transformed_mean(saved, eta)
    return back if mean is None else {"mean": mean, **back}


def transformed_mean(saved: Saved, eta: Array) -> Array | None:
    """The mean (n,) of a response of which a function has the law, NaN where it is infinite; None where it is not known."""
    if saved.transform is None:
        return None
    noise, free, function = saved.noise, natural_shapes(saved), saved.transform.function
    if function == "sqrt":
        return noise.positive_square(eta, free)
    mean = noise.exponential_mean(RATES[function], eta, free)
    return mean if mean is None or function != "log1p" else mean - 1.0


def called(saved: Saved) -> str:
    """What the centre of a prediction is, as its column is called."""
    return saved.noise.predicted if saved.transform is None else "median"


def _exact(saved: Saved, eta: Array, se: Array, level: float) -> tuple[Array, Array] | None:
    """The interval of a law of sums of squares."""
    training = saved.training
    if training.rss is None or not training.residual_df:
        return None
    return exact(eta, se, float(np.sqrt(training.rss / training.residual_df)), saved.critical(level, training.residual_df))


def conformal_half(saved: Saved, level: float) -> float:
    """Half the length of the interval that holds a new response as often as `level` says, whatever its law (split conformal).

    The ceil((n + 1) level)-th of n distances; infinite where there are too few.
    """
    scores = saved.training.conformal or ()
    place = int(np.ceil((len(scores) + 1) * level)) - 1
    return float(scores[place]) if place < len(scores) else float("inf")


def _of_levels(rows: Rows, plan: Plan) -> tuple[dict[str, Array], dict[str, list[str]]]:
    saved, noise, eta = rows.saved, rows.saved.noise, rows.eta
    free = natural_shapes(saved)
    p, all_levels = noise.probabilities(eta, free), saved.levels
    shown = noise.modelled
    found: dict[str, Array] = {}
    ends = _level_ends(noise, rows, plan) if plan.interval == "law" and saved.errors.known else None
    for level in shown:
        k = all_levels.index(level)
        found[f"p_{level}"] = p[k]
        if ends is not None:
            found[f"p_{level}_low"], found[f"p_{level}_high"] = ends[0][k], ends[1][k]
    if len(shown) == 1:
        return found, {}
    return found, {"class": [all_levels[k] for k in np.argmax(p, axis=0).tolist()]}


STEP = 1e-6     # of a predictor: the derivative of a log odds by it, to eight digits


def _level_ends(noise: NoiseModel, rows: Rows, plan: Plan) -> tuple[Array, Array]:
    """Ends (K, n) of the interval of each probability: by the error of the one predictor, or on the scale of its log odds."""
    from scipy.special import expit, logit

    se = rows.errors(0)
    if rows.eta.shape[1] == 1 and se is not None and not noise.shapes:
        away = rows.saved.critical(plan.level, rows.saved.errors.df) * se
        sides = [noise.probabilities(shifted(rows.eta, sign * away), natural_shapes(rows.saved)) for sign in (-1.0, 1.0)]
        return np.minimum(*sides), np.maximum(*sides)
    saved, eta, free = rows.saved, rows.eta, natural_shapes(rows.saved)
    at = np.clip(logit(noise.probabilities(eta, free)), -700.0, 700.0)
    moved: Array = np.zeros((*at.shape, 1))

    def slope(step: Array, by: Array) -> Array:
        """The derivatives (K, n) of the log odds."""
        up, down = (noise.probabilities(eta + sign * step, free + sign * by) for sign in (STEP, -STEP))
        return np.nan_to_num((logit(up) - logit(down)) / (2.0 * STEP))

    unmoved, axes = np.zeros(free.size), np.eye(eta.shape[1])
    for k in range(eta.shape[1]):
        z = rows.rooted(k)      # (n, d)
        assert z is not None
        moved = moved + slope(axes[k], unmoved)[:, :, None] * z
    if saved.errors.of_shapes is not None:
        for by, of_shape in zip(np.eye(free.size), saved.errors.of_shapes, strict=False):
            moved += slope(np.zeros(eta.shape[1]), by)[:, :, None] * of_shape
    half = saved.critical(plan.level, saved.errors.df) * np.linalg.norm(moved, axis=2)
    return np.asarray(expit(at - half)), np.asarray(expit(at + half))
