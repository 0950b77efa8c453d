"""What must be true of every answered fit: numbers found again by other means, and answers that move as theory says."""

import csv
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Array = NDArray[np.float64]
Run = Callable[[list[str]], Any]        # arguments -> the JSON of their answer, None where there is none
MISSING = ("", "NA")
TOTAL = 1e-9        # of the log-likelihood's rows: rounding of sums, and what a certificate allows
LOST = 1e6          # of a term of the predictor, beyond which their sum keeps fewer than nine digits
LEAST = 1e-8        # the range of y to which 4 is added
FIRMEST = 1e10      # of a shape k, beyond which the terms of scipy's density cancel
MOVED = 1e-4        # standard errors, what routes may differ by


class Unknown(Exception):     # noqa: N818 - nothing is wrong     # noqa: N818 - nothing is wrong
    """A design or a law that is not found again here."""


@dataclass(frozen=True)
class Rows:
    """The rows that a fit used, as columns of text."""

    columns: dict[str, list[str]]
    n: int

    def number(self, name: str) -> Array:
        try:
            return np.array([float(cell) for cell in self.columns[name]])
        except (KeyError, ValueError) as error:
            raise Unknown(name) from error

    def factor(self, text: str) -> Array:
        """A column, or whether it is at a level."""
        name, equals, level = text.partition("=")
        if not equals:
            return self.number(text)
        name = name[2:-1] if name.startswith("C(") else name
        if name not in self.columns:
            raise Unknown(text)
        return np.array([_alike(cell, level) for cell in self.columns[name]], float)

    def term(self, text: str) -> Array:
        """A product of factors, the square of x among them."""
        if text == "(Intercept)":
            return np.ones(self.n)
        if text in self.columns:        # whatever it is called
            return self.number(text)
        if text == "I(x**2)":
            return self.number("x") ** 2
        if "(" in text.replace("C(", ""):
            raise Unknown(text)
        return np.prod([self.factor(part) for part in text.split(":")], axis=0)


def _cancelled() -> Array:
    raise Unknown("digits")


def _alike(cell: str, level: str) -> bool:
    """Whether two spellings are one level: `1e300` is `1e+300`."""
    try:
        return float(cell) == float(level)
    except ValueError:
        return cell == level


def table(text: str) -> tuple[list[str], list[list[str]]]:
    head, *rows = csv.reader(io.StringIO(text))
    return head, rows


def written(head: list[str], rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([head, *rows])
    return out.getvalue()


def value_of(arguments: tuple[str, ...], option: str) -> str | None:
    return arguments[arguments.index(option) + 1] if option in arguments else None


def used(text: str, arguments: tuple[str, ...], names: set[str]) -> Rows:
    """Rows without a missing cell in the columns that the fit names."""
    head, rows = table(text)
    places = [head.index(name) for name in names if name in head]
    kept = [row for row in rows if all(row[at] not in MISSING for at in places)]
    return Rows({name: [row[at] for row in kept] for at, name in enumerate(head)}, len(kept))


def log_likelihood(text: str, arguments: tuple[str, ...], answer: dict[str, Any]) -> tuple[float, Array]:
    """The sum of log densities at the printed parameters, and the linear predictor of the mean. Raises Unknown."""
    data = answer["data"]
    if "--holdout" in arguments or "--mean" in arguments or data["transform"] or "--by" in arguments:
        raise Unknown("hold-out, curve or transform")
    if (data["weights_kind"] or "frequency") != "frequency" or any(p["state"] not in ("ok", "aliased", "no-robust-error") for p in answer["parameters"]):
        raise Unknown("weights or states")
    offset = value_of(arguments, "--offset")
    columns = {data["target"], *data["features"], data["weights"], *("ut" if offset else ""), *("t" if data["trials"] else "")} - {None}
    if "--se" in arguments and "cluster:" in (value_of(arguments, "--se") or ""):
        columns.add((value_of(arguments, "--se") or "")[8:])
    rows = used(text, arguments, columns)
    weight = rows.number(data["weights"]) if data["weights"] else np.ones(rows.n)
    if round(weight.sum()) != data["n"]:
        raise Unknown("rows")
    shift = np.zeros(rows.n) if offset is None else np.log(rows.number("t")) if "log" in offset else rows.number("u")
    eta: dict[tuple[str, str | None], Array] = {}
    shapes = {}
    for one in answer["parameters"]:
        at = one["estimate"] if one["state"] != "aliased" else 0.0
        if one["kind"] == "shape":
            shapes[one["name"]] = at
            continue
        key, part = (one["kind"], one["class"]), at * rows.term(one["name"]) if at else np.zeros(rows.n)
        if np.abs(part).max(initial=0.0) > LOST:
            raise Unknown("digits that the sum of terms does not keep")
        eta[key] = eta.get(key, np.zeros(rows.n)) + part
    return float(weight @ log_density(answer, rows, eta, shapes, shift)), eta.get(("mean", None), np.zeros(rows.n)) + shift


def log_density(answer: dict[str, Any], rows: Rows, eta: dict[Any, Array], shapes: dict[str, float], shift: Array) -> Array:
    model, target, law = answer["model"], answer["data"]["target"], answer["model"]["noise"]
    options = {**model["options"]}
    f = eta.get(("mean", None), np.zeros(rows.n)) + shift
    varied = {class_[4:]: np.exp(at) for (kind, class_), at in eta.items() if kind == "scale"}
    shape: dict[str, Any] = {**shapes, **varied, **{key: at for key, at in options.items() if key in ("df",)}}
    if law == "categorical":
        levels = [*model["levels"]]
        scores = np.column_stack([eta.get(("mean", level), np.zeros(rows.n)) for level in levels])
        return np.asarray((scores - special.logsumexp(scores, axis=1, keepdims=True))[range(rows.n), [levels.index(cell) for cell in rows.columns[target]]])
    if law == "ordinal":
        cuts = [-math.inf, *shapes.values(), math.inf]
        at = np.array([model["levels"].index(cell) for cell in rows.columns[target]])
        return np.asarray(np.log(special.expit(np.take(cuts, at + 1) - f) - special.expit(np.take(cuts, at) - f)))
    if law in ("bernoulli", "binomial") and not answer["data"]["trials"]:
        up = np.array([_alike(cell, model["positive"]) for cell in rows.columns[target]])
        return np.asarray(np.where(up, *outcomes(options.get("link", "logit"), f)))
    y = rows.number(target)
    if law == "binomial":
        trials = rows.number("t")
        up, down = outcomes(options.get("link", "logit"), f)
        return np.asarray(special.gammaln(trials + 1) - special.gammaln(y + 1) - special.gammaln(trials - y + 1) + y * up + (trials - y) * down)
    if law == "hurdle":
        (above,) = (at for (kind, _), at in eta.items() if kind == "zero")
        positive = y > 0
        inner = np.zeros(rows.n)
        inner[positive] = single(options["law"], y, f, shape, {})[positive]
        if options["law"] in ("poisson", "negative-binomial"):
            inner[positive] -= np.log(-np.expm1(single(options["law"], 0 * y, f, shape, {})))[positive]
        return np.asarray(np.where(positive, special.log_expit(above) + inner, special.log_expit(-above)))
    return single(law, y, f, shape, options)


def outcomes(link: str, f: Array) -> tuple[Array, Array]:
    if link == "logit":
        return special.log_expit(f), special.log_expit(-f)
    if link == "probit":
        return stats.norm.logcdf(f), stats.norm.logsf(f)
    return np.log(-np.expm1(-np.exp(f))), -np.exp(f)


def single(law: str, y: Array, f: Array, shape: dict[str, Any], options: dict[str, Any]) -> Array:
    """The log density of a law of one mean, of scipy."""
    with np.errstate(all="ignore"):
        mu = np.exp(f)
        if law in ("gaussian", "heteroscedastic-gaussian"):
            return np.asarray(stats.norm.logpdf(y, f, shape["sigma"]))
        if law == "student-t":
            return np.asarray(stats.t.logpdf(y, shape["df"], f, shape["scale"]))
        if law == "laplace":
            return np.asarray(stats.laplace.logpdf(y, f, shape["b"]))
        if law == "quantile":
            tau = options.get("tau", 0.5)
            return np.asarray(np.log(tau * (1 - tau) / shape["s"]) - (y - f) * (tau - (y < f)) / shape["s"])
        if law == "huber":
            k = options["delta"] / shape["scale"] if "delta" in options else options.get("k", 1.345)
            z = (y - f) / shape["scale"]
            log_z = np.log(math.sqrt(2 * math.pi) * (2 * stats.norm.cdf(k) - 1) + 2 / k * np.exp(-0.5 * k * k))
            return np.asarray(-special.huber(k, z) - np.log(shape["scale"]) - log_z)
        found = {
            "poisson": lambda: stats.poisson.logpmf(y, mu), "exponential": lambda: -f - y / mu,
            "negative-binomial": lambda: stats.nbinom.logpmf(y, 1 / shape["alpha"], 1 / (1 + shape["alpha"] * mu)),
            "gamma": lambda: _cancelled() if shape["k"] > FIRMEST else stats.gamma.logpdf(y, shape["k"], scale=mu / shape["k"]), "lognormal": lambda: stats.norm.logpdf(np.log(y), f, shape["sigma"]) - np.log(y),
            "inverse-gaussian": lambda: 0.5 * np.log(shape["lambda"] / (2 * np.pi * y**3)) - shape["lambda"] * (y - mu) ** 2 / (2 * mu**2 * y),
            "weibull": lambda: stats.weibull_min.logpdf(y, shape["k"], scale=mu),
            "beta": lambda: stats.beta.logpdf(y, special.expit(f) * shape["phi"], special.expit(-f) * shape["phi"]),
        }
        if law not in found:
            raise Unknown(law)
        return np.asarray(found[law]())


def likelihood_complaints(text: str, arguments: tuple[str, ...], answer: dict[str, Any]) -> Iterator[str]:
    """The log-likelihood against the one found again, and the routes against each other."""
    told = answer["routes"]["mle"]["loglik"]
    try:
        found, _ = log_likelihood(text, arguments, answer)
    except (Unknown, KeyError):
        found = math.nan
    if told is not None and abs(found - told) > 1e-7 * (1 + abs(told) + answer["data"]["n"]):
        yield f"log-likelihood {told!r}, found again {found!r}"
    agreement, other = answer["agreement"], answer["routes"]["loss"]["loglik"]
    if agreement["agree"] and None not in (told, other) and abs(told - other) > 1e-8 * (1 + abs(told)):
        yield f"routes agree at {told!r} and {other!r}"


def moved(base: dict[str, Any], other: dict[str, Any] | None, what: str, loglik: float = 0.0, scale: dict[str, float] | None = None,
          free: tuple[str, ...] = ()) -> Iterator[str]:
    """Whether `other` is `base` with its log-likelihood more by `loglik`, and the estimates named in `scale` times a number."""
    if other is None:
        yield f"{what}: no answer"
        return
    ours, theirs = base["routes"]["mle"]["loglik"], other["routes"]["mle"]["loglik"]
    if None not in (ours, theirs) and abs(ours + loglik - theirs) > 1e-8 * (1 + abs(ours)) + TOTAL * base["data"]["n"]:
        yield f"{what}: log-likelihood {theirs!r} for {ours + loglik!r}"
        return
    if any(warning["code"] in ("not-unique", "collinear") for warning in base["warnings"]):
        return
    for one, two in zip(base["parameters"], other["parameters"], strict=False):
        error, factor = one["std_error"], (scale or {}).get(one["name"], 1.0)
        if one["name"] != two["name"] or one["state"] != two["state"]:
            yield f"{what}: {two['name']} {two['state']} for {one['name']} {one['state']}"
            return
        if one["name"] not in free and one["estimate"] is not None and error and abs(one["estimate"] * factor - two["estimate"]) > MOVED * error * abs(factor):
            yield f"{what}: {one['name']} {two['estimate']!r} for {one['estimate'] * factor!r} (s.e. {error!r})"
            return


def metamorphic(text: str, arguments: tuple[str, ...], base: dict[str, Any], fit: Callable[[str, list[str]], dict[str, Any] | None]) -> Iterator[str]:
    """Rows turned round, columns turned round, x in another unit, each row twice, y moved: the answers that theory says."""
    head, rows = table(text)
    drawn = {"--holdout", "--se", "--mean", "--by", "--folds", "--loss", "--density"} & {*arguments}
    plain = not {"-f", "--scale-formula", "--mean", "--by", "--holdout"} & {*arguments}
    named = "-x" in arguments
    if not drawn & {"--holdout", "--folds"}:
        yield from moved(base, fit(written(head, rows[::-1]), [*arguments]), "rows turned round")
    if named and "-t" in arguments:
        yield from moved(base, fit(written(head[::-1], [row[::-1] for row in rows]), [*arguments]), "columns turned round")
    if plain and named and "x" in arguments and "x" in head:
        at = head.index("x")
        try:
            larger = [[*row[:at], repr(float(row[at]) * 1024.0) if row[at] not in MISSING else row[at], *row[at + 1 :]] for row in rows]
        except ValueError:
            larger = []
        if larger:
            yield from moved(base, fit(written(head, larger), [*arguments]), "x times 1024", scale={"x": 1 / 1024})
    if "--weights" not in arguments and not drawn:
        twice = fit(written(head, [row for row in rows for _ in (0, 1)]), [*arguments])
        heavy = fit(written([*head, "two"], [[*row, "2"] for row in rows]), [*arguments, "--weights", "two"])
        if twice is not None and heavy is not None:
            yield from moved(twice, heavy, "weights of 2 for rows twice")
        elif (twice is None) != (heavy is None):
            yield "rows twice and weights of 2 do not both have an answer"
    if base["model"]["noise"] in ("gaussian", "student-t", "laplace", "quantile", "huber", "loss", "density") and plain and "y" in head and value_of(arguments, "-t") == "y" and "--no-intercept" not in arguments and not {"--density", "--loss"} & {*arguments}:
        at = head.index("y")
        try:
            later = [[*row[:at], repr(float(row[at]) + 4.0) if row[at] not in MISSING else row[at], *row[at + 1 :]] for row in rows]
        except ValueError:
            return
        y = [float(row[at]) for row in rows if row[at] not in MISSING]
        if max(y) - min(y) < LEAST:     # 4 leaves few of their digits
            return
        yield from moved(base, fit(written(head, later), [*arguments]), "y plus 4", free=("(Intercept)",))
