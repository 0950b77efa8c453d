"""Model: a fitted model as far as predictions need it, whatever the units in which it was found.

A design column is encoded as (x_j - c_j) / s_j. With B the coefficients of encoded columns, `root` K and a row z of them,

    eta = z'B (+ offset),   se(eta) = |K'z|:

a covariance in natural units would lose what centring has kept (eight digits of Longley's with its years shifted by 1e6).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mlefit.arrays import Array
from mlefit.design.predictors import Predictors
from mlefit.design.scaling import Scaling
from mlefit.design.terms import Offset
from mlefit.design.transform import Transform
from mlefit.inference.law import Student, quantile
from mlefit.noise.model import NoiseModel
from mlefit.saved.by_level import ByLevel, Layout
from mlefit.source.source import Source
from mlefit.source.version import identity

MOST_ROOTS = 2_000      # coefficients beyond which no covariance is kept,
MOST_NUMBERS = 3_000_000        # and of its root and that of the leverage: with more, a file is larger than what is read


class Encoding(NamedTuple):
    """How the design columns (p,) are encoded, and their least and largest encoded values in the rows fitted.

    `kept`: for each predictor the places of the columns that have a coefficient.
    """

    scaling: Scaling
    low: Array
    high: Array
    kept: tuple[tuple[int, ...], ...]


class Errors(NamedTuple):
    """Roots of the covariance of the encoded coefficients (P, d), of the free shapes (s, d), and of the leverage (r, r).

    `df`: degrees of freedom of the law of t, None for the normal law. All None where there are too many coefficients.
    `critical`: the two-sided value of that law at the level of the fit, where the file tells it. `by_level`: what stands for the
    roots of any number of coefficients where most are those of one factor's levels.
    """

    root: Array | None
    shape_root: Array | None
    leverage_root: Array | None
    df: float | None
    critical: float | None = None
    by_level: ByLevel | None = None

    @property
    def known(self) -> bool:
        """Whether coefficients have errors."""
        return self.root is not None or self.by_level is not None

    @property
    def of_shapes(self) -> Array | None:
        """The rows (s, d') of the shapes, as rows of a table have them (`prediction.rows`)."""
        return self.shape_root if self.by_level is None else self.by_level.of_shapes


class Training(NamedTuple):
    """What the rows fitted tell of others. `leverage_max`: of all of them, or of a sample of 20,000 where the fit has kept no more.
    `rss`: in natural units, of a law of sums of squares. `conformal`: sorted distances
    of held-out responses from their predictions, at most MOST_ROOTS of them."""

    n: int
    parameters: int
    residual_df: float | None
    rss: float | None
    leverage_max: float | None
    nll_mean: float
    nll_sd: float
    on_new_rows: float | None
    conformal: tuple[float, ...] | None = None


class Saved(NamedTuple):
    """`fit`: the whole of `mlefit.fit/1`. `target`: the column of the response, `levels` its levels, the reference or negative one
    first. Coefficients (P,), predictor after predictor, and free shapes (s,) in encoded units. `missing`: words for cells without
    a value. `columns`: what a reader may know of the columns that a prediction needs. `transform`: the function of the response
    that the law is of. `limit_of`: the law that was asked for, where `noise` is the one that it has become. `trials`: those of
    each row, of a law of successes.
    """

    fit: Mapping[str, Any]
    noise: NoiseModel
    target: str
    predictors: Predictors
    columns: tuple[Mapping[str, Any], ...]
    encoding: Encoding
    coefficients: Array
    free: Array
    errors: Errors
    training: Training
    levels: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    transform: Transform | None = None
    limit_of: NoiseModel | None = None
    trials: Offset | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns of numbers that a prediction needs, each once."""
        trials = () if self.trials is None else sorted(self.trials.numbers)
        return tuple(dict.fromkeys((*self.predictors.numbers, *trials)))

    @property
    def layout(self) -> Layout | None:
        """Where levels and columns are among the coefficients of a predictor, if errors are by level."""
        found = self.errors.by_level
        return None if found is None else Layout.of(self.predictors, found.column, self.encoding.kept[0])

    @property
    def level(self) -> float:
        """The confidence level of the fit."""
        return float(self.fit["model"]["level"])

    def critical(self, level: float, df: float | None) -> float:
        """The two-sided critical value of t, of the normal law without `df`; the one in the file spares us scipy."""
        errors = self.errors
        if errors.critical is not None and (level, df) == (self.level, errors.df):
            return errors.critical
        return quantile(Student(df), level)

    @property
    def identities(self) -> tuple[str, ...]:
        """What tells the files and objects that were fitted from others, as Source.identities."""
        data = self.fit["data"]
        digests, none = data["sha256"], [None] * len(data["sha256"])
        versions = zip(data.get("etag") or none, data.get("size") or none, strict=True)
        return tuple(map(identity, digests, versions))

    def fitted(self, source: Source) -> bool:
        """Whether the rows of a source are those of the fit, which holds where all of its inputs are those that were fitted."""
        found = source.identities()
        return all(found) and sorted(found) == sorted(self.identities)
