"""Student's t noise: y = eta + scale t_df, for errors with heavy tails. Its loss is (df + 1)/2 log(1 + z^2/df).

    q(y | eta, s, df) = k(df) / s (1 + z^2 / df)^(-(df + 1) / 2),   z = (y - eta) / s
    k(df)             = Gamma((df + 1) / 2) / (Gamma(df / 2) sqrt(df pi))
    cross-entropy     = mean loss + log s - log k(df)

The free shapes are log s and, unless it is given, log df. As df grows the law becomes gaussian: with w = 1 / df the slope of
the log-likelihood there is sum (z^4 - 2 z^2 - 1) / 4. Derivatives by log df go through log(1 + q) - q / (1 + q), q = z^2 / df,
so that they hold from df = 0.1 to 1e10. The likelihood may have several maxima, and none for df < m / (n - m) where m rows can
be fitted exactly. Source: Lange, Little and Taylor, JASA 84 (1989), 881-896.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise import worked
from mlefit.noise.double_exponential import divergence
from mlefit.noise.model import LOCATION, Derivatives, Limit, Measure, NoiseModel, Predictor, Shape
from mlefit.noise.options import Number
from mlefit.noise.pictured import FOR_NUMBERS
from mlefit.noise.responses import NUMBERS
from mlefit.noise.stable import QUIET, exponential, log1p_less
from mlefit.noise.student_limit import gaussian_nll, squared_loss
from mlefit.noise.student_tail import log_k, log_tail
from mlefit.noise.symmetric import symmetric

HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
NORMAL_SD = 1.4826      # of the median of |z|, z standard normal
SMALL = 1e-3        # of the mean error: a smaller scale is that of rows that are fitted exactly
DEGREES = (1.0, 3.0, 30.0)      # with which the searches begin
LEAST_DF = 0.5
PER_PARAMETER = 4.0     # times p / n: below, exactly fitted rows make the likelihood unbounded
EXAMPLE = (1.7, 0.4, 1.1, 9.3, 0.9)
FLAT = 230.0    # of log df: 1e100 degrees of freedom, from which on nothing changes in any digit
TRIAL = 0.5     # how far off the worked example places a location
DERIVATION = """\
student-t: from the likelihood to the Student's t loss

  1  Model       y = f(x) + s e, e Student's t with df degrees of freedom:
                 q(y|x) = k(df)/s (1 + z^2/df)^(-(df+1)/2), z = (y - f)/s
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = mean loss + c(s, df), loss = (df+1)/2 log(1 + z^2/df), and
                 c = log s - log k(df) the log of the normaliser. It stays:
                 without it the best s is infinite.
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     for the law p that the rows come from, CE(p, q) = H(p) +
                 KL(p || q), and H has no parameter in it: least CE is least KL
  6  Loss        for any fixed s and df, CE = loss + c: the f of maximum
                 likelihood is the f of least loss at these s and df. The loss
                 itself contains them: for each value it has its own minimum,
                 and s and df follow from loss + c. df = 1 is the Cauchy loss.
  7  Weights     a row counts with (df+1)/(df + z^2): an outlier the less, the
                 farther out it is. As df grows the loss becomes z^2 / 2.
  8  Limits      the loss is not convex: several maxima may exist, and the best
                 of several searches is reported. For df -> 0 with exactly
                 fitted rows L has no bound: df is searched from 0.5 on.

"""


@dataclass(frozen=True)
class StudentT(NoiseModel):
    """Heavy-tailed errors. `df`: None where it is estimated, infinite at the gaussian limit."""

    df: float | None = None

    name = "student-t"
    noun = "Student-t law"
    panels = (*FOR_NUMBERS, "weights")
    group = "heavy tails"
    predicted = "location"
    aliases = ("t", "student", "studentt", "robust-t")
    presets = MappingProxyType({"cauchy": "df=1"})
    options = (Number("df", 0.0, default="estimated"),)
    support = "every number"
    question = "the centre, where the errors have heavy tails"
    centre_text = median_text = "eta"
    example = "mlefit fit sample_data/deliveries.csv -t minutes -x km,vehicle -m student-t"
    located = True
    link_name = "identity"

    measure = Measure.DENSITY
    response = NUMBERS
    loss_name = "Student's t loss"
    shape_cost = "log scale - log k(df)"
    collapse = "scale = 0"

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The scale, and df where it is not given."""
        return (Shape("scale", unit_power=1), Shape("df")) if self.df is None else (Shape("scale", unit_power=1),)

    @property
    def log_concave(self) -> bool:
        """At the gaussian limit."""
        return self.df == math.inf

    @property
    def exact_share(self) -> float:
        """m of n rows with m / (n - m) = df."""
        df = LEAST_DF if self.df is None else self.df
        return 1.0 if math.isinf(df) else df / (1.0 + df)

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """A location."""
        return LOCATION

    @property
    def nested(self) -> Mapping[str, Limit]:
        """Gaussian errors, as df grows."""
        return {} if self.df is not None else {"gaussian": Limit(
            1, math.inf, StudentT(math.inf), "gaussian-limit", "the data show no heavier tails than gaussian: df is infinite")}

    @property
    def with_scale(self) -> NoiseModel:
        """Errors whose scale varies."""
        from mlefit.noise.varied import Varied

        return Varied(self)

    def _degrees(self, free: Array) -> float:
        return exponential(min(float(free[1]), FLAT)) if self.df is None else self.df

    @QUIET
    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """(df + 1)/2 log(1 + q) + log s + log(2 pi)/2 - G(df/2), q = z^2/df."""
        log_s, df = float(free[0]), self._degrees(free)
        inverse = exponential(-log_s)
        z = (y - eta[:, 0]) * inverse
        square = z * z
        if math.isinf(df):
            return gaussian_nll(z, square, log_s, order)
        q = square / df
        log_q = np.log1p(q)
        constant, first, second = log_k(0.5 * df)
        value = 0.5 * (df + 1.0) * log_q + (log_s + HALF_LOG_2PI - constant)
        if order == 0:
            return Derivatives(value)
        kept = 1.0 / (1.0 + q)
        share = np.where(q > 1.0, 1.0 - kept, q * kept)     # q / (1 + q)
        weight = (1.0 + 1.0 / df) * kept
        d1 = block(y.size, 1 + free.size)
        d1[:, 0] = weight * z * -inverse
        d1[:, 1] = 1.0 - weight * square
        if self.df is None:
            small = np.minimum(q, 0.5)
            bent = np.where(q < 0.5, log1p_less(small) + small * small / (1.0 + small), log_q - share)
            by_df = 0.5 * df * bent - 0.5 * share - 0.5 * df * first
            d1[:, 2] = by_df
        if order == 1:
            return Derivatives(value, d1)
        ee = weight * (1.0 - q) * kept * inverse**2
        es = (2.0 * inverse) * weight * z * kept
        ss = 2.0 * weight * square * kept
        if self.df is not None:
            return Derivatives(value, d1, symmetric(((ee, es), (es, ss))))
        excess = (square - 1.0) * kept * kept / df
        uu = 0.5 * df * bent - 0.5 * df * share * share + 0.5 * share * kept - 0.5 * df * first - 0.25 * df * df * second
        eu, su = -excess * z * inverse, -excess * square
        return Derivatives(value, d1, symmetric(((ee, es, eu), (es, ss, su), (eu, su, uu))))

    @QUIET
    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """(df + 1)/2 log(1 + r^2/c) with c = df s^2, derivatives by the location, log s and log df."""
        df, r = self._degrees(free), y - eta[:, 0]
        if math.isinf(df):
            return squared_loss(r, float(free[0]), order)
        c = df * exponential(2.0 * float(free[0]))
        reach = c + r * r
        log_part = np.log1p(r * r / c)
        value = 0.5 * (df + 1.0) * log_part
        if order == 0:
            return Derivatives(value)
        pull, share = r / reach, r * r / reach
        d1 = block(y.size, 1 + free.size)
        d1[:, 0], d1[:, 1] = -(df + 1.0) * pull, -(df + 1.0) * share
        if self.df is None:
            d1[:, 2] = 0.5 * df * log_part - 0.5 * (df + 1.0) * share
        ee = (df + 1.0) * (1.0 - 2.0 * share) / reach
        es = 2.0 * (df + 1.0) * pull * (1.0 - share)
        ss = 2.0 * (df + 1.0) * share * (1.0 - share)
        if self.df is not None:
            return Derivatives(value, d1, symmetric(((ee, es), (es, ss))))
        eu = pull - (df + 1.0) * pull * share
        su = share - (df + 1.0) * share * share
        uu = 0.5 * df * log_part - df * share + 0.5 * (df + 1.0) * share * (1.0 - share)
        return Derivatives(value, d1, symmetric(((ee, es, eu), (es, ss, su), (eu, su, uu))))

    def cost(self, y: Array, free: Array, order: int) -> Derivatives:
        """log s - log k(df) of each row, with its derivatives by log s and log df."""
        df, s = self._degrees(free), free.size
        constant, first, second = (0.0, 0.0, 0.0) if math.isinf(df) else log_k(0.5 * df)
        value = np.full(y.size, float(free[0]) + HALF_LOG_2PI - constant)
        if order == 0:
            return Derivatives(value)
        slope, bend = np.ones(s), np.zeros(s)
        if self.df is None:
            slope[1], bend[1] = -0.5 * df * first, -0.5 * df * first - 0.25 * df * df * second
        return Derivatives(value, np.tile(slope, (y.size, 1)), lambda v: np.broadcast_to(bend * v, (y.size, s)))

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy but for `cost`."""
        return 1.0, 0.0

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """The scale at which the median of |y - eta| is a normal one, with few, some and many degrees of freedom."""
        error = np.abs(y - eta[:, 0])
        size = max(float(np.median(error)) * NORMAL_SD, SMALL * float(error.mean())) or 1.0
        return tuple(np.log([size, df])[: len(self.shapes)] for df in DEGREES[: 3 if self.df is None else 1])

    def starting_predictor(self, y: Array) -> Array:
        """y, which is fitted by least squares, by least absolute deviations and exactly to a few rows."""
        return y

    def floor(self, coefficients: int, n: float) -> Array:
        """df from max(0.5, 4 p / n) on."""
        least = math.log(max(LEAST_DF, PER_PARAMETER * coefficients / n))
        return np.array([-np.inf, least])[: len(self.shapes)]

    def below_floor(self, place: int, coefficients: int, n: float) -> tuple[str, str]:
        """Where more and more weight goes to the rows that are fitted exactly."""
        return ("the likelihood grows without bound as df -> 0: it is largest at df = "
                f"{exponential(self.floor(coefficients, n)[place]):.3g}, where the search for df ends",
                f"fix df: --model {self.name}:df=4")

    def limit_slope(self, name: str, y: Array, eta: Array, free: Array) -> Array:
        """The slope of each row's log-likelihood by 1 / df at the gaussian limit: (z^4 - 2 z^2 - 1) / 4."""
        square = np.square((y - eta[:, 0]) * exponential(-float(free[0])))
        return np.asarray(0.25 * (square * square - 2.0 * square - 1.0))

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """With B = q / (1 + q) of the beta law: (d/s)^2 (df + 1)/(df + 3), and a product of such ratios for the fourth power."""
        df = self._degrees(free)
        square = np.square(direction[..., 0] * exponential(-float(free[0])))
        if math.isinf(df):
            return square, 3.0 * square * square
        second = (df + 1.0) / (df + 3.0)
        fourth = 3.0 * (1.0 + 1.0 / df) * (df + 1.0) ** 2 * (df + 2.0) / ((df + 3.0) * (df + 5.0) * (df + 7.0))
        return square * second, square * square * fourth

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log of the distribution function at z."""
        return log_tail((y - eta[:, 0]) * exponential(-float(free[0])), self._degrees(free))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """At -z."""
        return log_tail((eta[:, 0] - y) * exponential(-float(free[0])), self._degrees(free))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """eta + s times the quantile of t."""
        from scipy.special import ndtri, stdtrit

        df = self._degrees(free)
        z = ndtri(u) if math.isinf(df) else stdtrit(df, u)
        return np.asarray(eta[:, 0] + exponential(float(free[0])) * z)

    def expected(self, eta: Array, free: Array) -> Array:
        """The median, which is the mean where df > 1."""
        return eta[:, 0]

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """By quadrature over z."""
        apart, n = (other_eta - eta) * exponential(-float(free[0])), len(eta)
        mine, theirs = np.append(0.0, free[1:]), np.append(other_free[0] - free[0], other_free[1:])
        return divergence(lambda z: -self.nll(z, np.zeros((z.size, 1)), mine, 0).value,
                          lambda z: -self.nll(np.full(n, z), apart, theirs, 0).value, n)

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """eta + s times a t number."""
        df, n = self._degrees(free), len(eta)
        noise = rng.standard_normal(n) if math.isinf(df) else rng.standard_t(df, n)
        return np.asarray(eta[:, 0] + exponential(float(free[0])) * noise)

    def derivation(self) -> str:
        """The loss of Student's t."""
        y, noise = np.array(EXAMPLE), StudentT(3.0)
        at, free = np.full((y.size, 1), float(np.median(y))), np.zeros(1)
        loss, cost = (float(part.mean()) for part in (noise.loss(y, at, free, 0).value, noise.cost(y, free, 0).value))
        best, off = worked.nll(noise, y, at, free), worked.nll(noise, y, at + TRIAL, free)
        moved = float(noise.loss(y, at + TRIAL, free, 0).value.mean())
        return DERIVATION + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)}, df = 3, s = 1,",
            f"f = median = {np.median(y):g}",
            f"-log L / n = {best:.6f} from the density,",
            f"loss + c = {loss:.6f} + {cost:.6f} = {loss + cost:.6f}",
            f"f off by {TRIAL:g}: -log L / n rises by {off - best:.6f},",
            f"the loss by {moved - loss:.6f}",
        )
