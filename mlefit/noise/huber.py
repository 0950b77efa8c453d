"""Huber noise: gaussian in the middle, with tails that fall as exp(-k |z|). Its loss is Huber's.

    q(y | eta, s) = exp(-rho_k(z)) / (s Z(k)),   z = (y - eta) / s,   rho_k(z) = z^2 / 2 up to |z| = k, else k |z| - k^2 / 2
    Z(k)          = sqrt(2 pi) (2 Phi(k) - 1) + (2 / k) exp(-k^2 / 2)

With a threshold of k scales the loss contains the scale:           cross-entropy = mean rho_k(z) + log s + log Z(k).
With a threshold D in units of y it does not, H_D(r) = s^2 rho_(D/s)(r / s): cross-entropy = H / s^2 + log s + log Z(D / s).

The free shape is log s; the law is log-concave. Source: Huber, Annals of Mathematical Statistics 35 (1964), 73-101.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from mlefit.arrays import Array, block
from mlefit.losses.chebyshev import interpolated
from mlefit.noise import worked
from mlefit.noise.model import LOCATION, Derivatives, Measure, NoiseModel, Predictor, Shape
from mlefit.noise.options import Number
from mlefit.noise.responses import NUMBERS
from mlefit.noise.searched import SQUARED
from mlefit.noise.stable import QUIET, exponential
from mlefit.noise.symmetric import symmetric

ROOT_2PI = math.sqrt(2.0 * math.pi)
DEFAULT = 1.345     # scales: 95 % efficient where errors are gaussian
GENTLE = 12         # laws on the way
STEPS = 200         # of the search for the scale of a threshold in units of y
NORMAL = 1e3        # scales: a threshold beyond which the law is the normal one in every digit, and whose fourth power is a number
EXAMPLE = (1.7, 0.4, 1.1, 9.3, 0.9)
TRIAL = 0.5         # how far off the worked example places a location
DERIVATION = """\
huber: from the likelihood to the {loss}

  1  Model       y = f(x) + s e, e gaussian up to |e| = k, beyond it with tails
                 that fall as exp(-k |e|): q(y|x) = exp(-rho(z)) / (s Z(k)),
                 z = (y - f) / s, rho(z) = z^2/2 or k |z| - k^2/2
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = mean rho(z) + log s + log Z(k), Z(k) = sqrt(2 pi) (2 Phi(k) -
                 1) + (2/k) exp(-k^2/2). The normaliser stays: without it the
                 best s is infinite.
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     for the law p that the rows come from, CE(p, q) = H(p) +
                 KL(p || q), and H has no parameter in it: least CE is least KL
  6  Loss        with a threshold D = k s in units of y, CE = H_D(y - f) / s^2 +
                 c: the f of least Huber loss, as libraries have it (delta = D).
                 With k scales the loss contains s: each s has its own minimum.
  7  Scale       for k: mean psi(z) z = 1, psi = rho'. MAD scales (R's rlm) and
                 the concomitant scale of HuberRegressor are no likelihoods.
  8  Limits      k -> infinity is gaussian, k -> 0 laplace; one maximum always

"""


def log_z(k: float) -> tuple[float, float, float]:
    """log Z(k) and its first two derivatives by k."""
    tail = 2.0 * math.exp(-0.5 * k * k) / k
    z = ROOT_2PI * math.erf(k / math.sqrt(2.0)) + tail
    share = tail / z
    first = -share / k
    return math.log(z), first, share + 2.0 * share / k / k - first * first


def parts(k: float) -> tuple[float, float]:
    """Probabilities of the middle and of each tail."""
    tail = math.exp(-0.5 * k * k) / k / math.exp(log_z(k)[0])
    return 1.0 - 2.0 * tail, tail


@dataclass(frozen=True)
class Huber(NoiseModel):
    """Errors with a gaussian middle and laplace tails. The threshold is `k` scales, or `delta` in units of y, of which `unit` are
    the unit of the rows."""

    k: float | None = None
    delta: float | None = None
    unit: float = 1.0

    name = "huber"
    noun = "Huber law"
    panels = ("density", "weights", "fitted", "predictor", "order", "kl", "qq")
    aliases = ("huber-loss", "robust")
    options = (Number("k", 0.0, default="1.345 scales"), Number("delta", 0.0, default="none: k scales", instead_of="k"))
    support = "every number"
    question = "the centre; no outlier pulls beyond a bound"
    centre_text = median_text = "eta"
    located = True
    link_name = "identity"
    example = "mlefit fit sample_data/deliveries.csv -t minutes -x km,vehicle -m huber"
    group = "heavy tails"
    predicted = "location"
    measure = Measure.DENSITY
    response = NUMBERS
    collapse = "scale = 0"
    shapes = (Shape("scale", unit_power=1),)

    @property
    def loss_name(self) -> str:
        """With its threshold."""
        if self.delta is not None:
            return f"Huber loss, threshold {self.delta:g} in units of y"
        return f"Huber loss, threshold {self._k:g} s"

    @property
    def shape_cost(self) -> str | None:
        """None where the threshold is in units of y."""
        return None if self.delta is not None else "log scale + log Z(k)"

    @property
    def loss_power(self) -> int:
        """A square where the threshold is in units of y."""
        return 0 if self.delta is None else 2

    def in_unit(self, unit: float) -> "Huber":
        """The threshold in it."""
        return replace(self, unit=unit)

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """A location."""
        return LOCATION

    @property
    def _k(self) -> float:
        return DEFAULT if self.k is None else self.k

    def gentler(self, factor: float) -> tuple["Huber", ...]:
        """Ever smaller thresholds in units of y, down to this one."""
        delta = self.delta
        return () if delta is None else tuple(replace(self, delta=delta * factor**k) for k in range(GENTLE, 0, -1))

    @property
    def rounding(self) -> float:
        """That of errors beyond a threshold in units of y is no square."""
        error, d = math.sqrt(2.0 * SQUARED), math.inf if self.delta is None else self.delta / self.unit
        return SQUARED if error <= d else d * (error - 0.5 * d)

    def bends_within(self, free: Array) -> float:
        """The threshold."""
        return self._k * math.exp(float(free[0])) if self.delta is None else self.delta / self.unit

    def _threshold(self, s: float) -> float:
        """In scales."""
        return self._k if self.delta is None else self.delta / self.unit / s

    @QUIET
    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """rho(z) + log s + log Z."""
        t = float(free[0])
        s, inverse = exponential(t), exponential(-t)
        k, z = self._threshold(s), (y - eta[:, 0]) * inverse
        size, psi = np.abs(z), np.clip(z, -k, k)
        core = size <= k
        rho = np.where(core, 0.5 * z * z, k * size - 0.5 * k * k)
        log_mass, first, second = log_z(k)
        value = rho + (t + log_mass)
        if order == 0:
            return Derivatives(value)
        d1 = block(y.size, 2)
        d1[:, 0] = psi * -inverse
        ee: Array = np.where(core, inverse**2, 0.0)
        if self.delta is None:
            d1[:, 1] = 1.0 - psi * z
            es = (psi + core * z) * inverse
            return Derivatives(value, d1, symmetric(((ee, es), (es, psi * z + core * z * z))))
        d1[:, 1] = 1.0 - k * first - 2.0 * rho
        es = 2.0 * psi * inverse
        return Derivatives(value, d1, symmetric(((ee, es), (es, 4.0 * rho + (k * first + k * k * second)))))

    @QUIET
    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """Huber's, of r / s with derivatives by log s too, or of r with the threshold in units of y."""
        r = y - eta[:, 0]
        held = self.delta is not None
        s = 1.0 if held else exponential(float(free[0]))
        d = self.delta / self.unit if self.delta is not None else self._k * s
        inside, outside = np.minimum(np.abs(r), d), np.maximum(np.abs(r) - d, 0.0)
        value = (0.5 * inside * inside + d * outside) / (s * s)
        if order == 0:
            return Derivatives(value)
        slope, core = -np.sign(r) * inside / (s * s), (outside == 0.0) / (s * s)
        if held:
            return Derivatives(value, slope[:, None], lambda v: core[:, None] * v)
        steep = np.abs(r) * inside / (s * s)
        mixed, bent = np.sign(r) * inside / (s * s) + core * r, steep + core * r * r
        return Derivatives(value, np.stack([slope, -steep]).T, symmetric(((core, mixed), (mixed, bent))))

    def cost(self, y: Array, free: Array, order: int) -> Derivatives:
        """log s + log Z(k) of each row."""
        value = np.full(y.size, float(free[0]) + log_z(self._k)[0])
        return Derivatives(value) if order == 0 else Derivatives(value, np.ones((y.size, 1)), lambda v: np.zeros((y.size, 1)))

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy but for `cost`; with the threshold in units of y a = 1 / s^2, c = log s + log Z(D / s)."""
        if self.delta is None:
            return 1.0, 0.0
        t = float(free[0])
        return math.exp(-2.0 * t), t + log_z(self._threshold(math.exp(t)))[0]

    def implied_shapes(self, mean_loss: float, mean_base: float) -> Array:
        """log s with 2 H / s^2 = 1 - q d log Z / dq at q = D / s, by bisection: the right side lies between 1 and 2."""
        low, high = 0.5 * math.log(mean_loss), 0.5 * math.log(2.0 * mean_loss)
        for _ in range(STEPS):
            middle = 0.5 * (low + high)
            if middle in (low, high):
                break
            q = self._threshold(math.exp(middle))
            short = 1.0 - q * log_z(q)[1] < 2.0 * mean_loss * math.exp(-2.0 * middle)
            low, high = (middle, high) if short else (low, middle)
        return np.array([0.5 * (low + high)])

    def starting_predictor(self, y: Array) -> Array:
        """y, by least squares."""
        return y

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """The root mean square: from too small a scale no row is in the middle."""
        return (np.array([0.5 * math.log(float(np.mean((y - eta[:, 0]) ** 2)) or 1.0)]),)

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """(d/s)^2 E psi^2 and (d/s)^4 E psi^4: k^2 and k^4 in the tails, moments of a truncated normal number in the middle."""
        s = math.exp(float(free[0]))
        k = min(self._threshold(s), NORMAL)
        square, (middle, tail) = np.square(direction[..., 0] / s), parts(k)
        edge = 2.0 * math.exp(-0.5 * k * k) / math.exp(log_z(k)[0])
        second = middle - k * edge
        return square * (second + 2.0 * k * k * tail), square * square * (3.0 * second - k**3 * edge + 2.0 * k**4 * tail)

    @QUIET
    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """The tail in closed form, the middle by the normal law."""
        from scipy.special import ndtr

        s = math.exp(float(free[0]))
        k, z = self._threshold(s), (y - eta[:, 0]) / s
        log_mass, (_, tail) = log_z(k)[0], parts(k)
        below = 0.5 * k * k - k * np.abs(z) - (log_mass + math.log(k))
        inner = np.clip(z, -k, k)
        middle = np.log(tail + ROOT_2PI * math.exp(-log_mass) * (ndtr(inner) - ndtr(-k)))
        return np.where(z < -k, below, np.where(z > k, np.log1p(-np.exp(np.minimum(below, 0.0))), middle))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """That of the other side."""
        return self.log_cdf(-y, -eta, free)

    @QUIET
    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """Each part inverted."""
        from scipy.special import ndtr, ndtri

        s = math.exp(float(free[0]))
        k = self._threshold(s)
        log_mass, (_, tail) = log_z(k)[0], parts(k)
        low = np.minimum(u, 1.0 - u)
        far = (0.5 * k * k - log_mass - math.log(k) - np.log(low)) / k
        middle = ndtri(ndtr(-k) + (u - tail) * math.exp(log_mass) / ROOT_2PI)
        return np.asarray(eta[:, 0] + s * np.where(low < tail, np.where(u < 0.5, -far, far), middle))

    def expected(self, eta: Array, free: Array) -> Array:
        """eta."""
        return eta[:, 0]

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """E d, d the log-ratio, in panels between the thresholds of both laws."""
        from mlefit.noise.panels import Side, divergence

        def side(at: float, t: float) -> Side:
            scale = math.exp(t)
            return Side(at, scale, self._threshold(scale), lambda y: self.nll(y, np.full((y.size, 1), at), np.array([t]), 0).value)

        mine, other = side(0.0, float(free[0])), float(other_free[0])
        return interpolated(lambda moved: divergence(mine, side(moved, other)), (other_eta - eta)[:, 0])

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """By quantiles of uniform numbers."""
        return self.quantile(rng.uniform(np.finfo(float).tiny, 1.0, len(eta)), eta, free)

    def derivation(self) -> str:
        """Huber's loss."""
        y, free = np.array(EXAMPLE), np.zeros(1)
        at = np.full((y.size, 1), self._centre(y))
        a, c = (1.0, float(self.cost(y, free, 0).value.mean())) if self.loss_has_shapes else self.affine(free)
        loss = float(self.loss(y, at, free, 0).value.mean())
        best, off = worked.nll(self, y, at, free), worked.nll(self, y, at + TRIAL, free)
        said = f"k = {self._k:g}" if self.delta is None else f"delta = {self.delta:g}"
        return DERIVATION.format(loss=self.loss_name) + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)}, {said}, s = 1,",
            f"f = {at[0, 0]:.6f}, where the loss is least", f"-log L / n = {best:.6f} from the density,",
            f"loss + c = {a * loss:.6f} + {c:.6f} = {a * loss + c:.6f}",
            f"f off by {TRIAL:g}: -log L / n rises by {off - best:.6f}",
        )

    def _centre(self, y: Array) -> float:
        """The location of least loss at scale 1, by weights 1 within the threshold and threshold / |error| beyond."""
        centre, k = float(np.median(y)), self._threshold(1.0)
        for _ in range(200):
            centre = float(np.average(y, weights=np.minimum(1.0, k / np.maximum(np.abs(y - centre), 1e-300))))
        return centre
