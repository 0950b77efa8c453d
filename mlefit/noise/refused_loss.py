"""Refusals: why a loss of the residual is no noise model, in two lines: the proof, and what minimising it does instead."""

import math

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import MlefitError, NoEstimateError, UsageError
from mlefit.expression.jets import jet
from mlefit.expression.scan import short
from mlefit.expression.tree import Node
from mlefit.losses.axes import IDENTITY, LOG, LOG1P, LOGIT, Axis
from mlefit.losses.growth import Pace, Tail
from mlefit.losses.loss import Loss
from mlefit.losses.places import FINE, grid
from mlefit.losses.quadrature import TOLERANCE
from mlefit.losses.structure import value
from mlefit.noise.known_loss import known
from mlefit.noise.population import minimiser, said

NOT = "Minimising it is not maximum likelihood under any noise of the form exp(-a loss). "
EVIDENCE = (20.0, 40.0, 80.0, 160.0, 320.0)      # u = log |r| at which slopes are told
EXPONENTS = 700.0       # beyond it y = exp(v) is no double
PANELS = np.linspace(-60.0, 60.0, 481)      # of log y
SHARES = np.array([0.1, 0.3, 0.5, 0.8, 0.9])
BETWEEN = (0.3, 0.7, 1.0, 1.9, 4.0)
JUST_OFF = np.array([1e-4, 2e-4])        # of v = 0
SAME = 1e-10            # relative: derivatives of doubles that are one but for rounding
NEGLIGIBLE = 1e-9       # of an integral: what its ends may still add
GAUSS = np.polynomial.legendre.leggauss(10)
ENDS = ((-1, "-infinity"), (1, "+infinity"))


def check(loss: Loss, text: str, node: Node, axis: Axis) -> None:
    """Raises NoEstimateError unless exp(-a loss) is proved to have a finite integral for some a, on its axis."""
    text = short(text)
    _check_values(loss, text, axis)
    paces = [one.pace for one in loss.tails]
    if axis is not IDENTITY and Pace.SLOW in paces:
        raise _slow_on_axis(loss, text, node, axis)
    for pace, refuse in ((Pace.FALLS, _falls), (Pace.SLOW, _slow), (Pace.UNKNOWN, _unknown)):
        if pace in paces:
            place = paces.index(pace)
            raise refuse(loss, text, loss.tails[place], *ENDS[place])
    found = loss.normaliser(loss.least_a + 1.0)
    if not (math.isfinite(found.log_z) and found.error <= TOLERANCE):
        raise NoEstimateError(
            f"the normaliser of {text} is not computed to 1e-10: its last halving still moved log Z by {found.error:.1g}",
            "write it in fewer or wider pieces", code="normaliser")


def _check_values(loss: Loss, text: str, axis: Axis) -> None:
    points = grid(loss.bends, FINE)
    points = points[np.abs(points) <= EXPONENTS] if axis is not IDENTITY else points
    value = loss.value(points)
    if np.isnan(value).any():
        at = points[np.isnan(value)]
        place = float(at[np.argmin(np.abs(np.log(np.maximum(np.abs(at), 1e-300))))])
        raise NoEstimateError(f"{text} is no number at r = {place:g}: a noise model has a density at every residual",
                              "write a loss that is defined for all r, such as with abs(r)", code="no-noise-model")
    if loss.least == -math.inf:
        place = float(points[int(np.argmin(value))])
        raise NoEstimateError(
            f"{text} falls to -infinity at r = {place:g}: the fit that puts one row there has no bound on its likelihood",
            f"{NOT}Add a constant inside the logarithm, such as log(1+abs(r))", code="unbounded-below")


def _falls(loss: Loss, text: str, tail: Tail, side: int, end: str) -> NoEstimateError:
    return NoEstimateError(f"{text} falls without end as r -> {end}: it has no least value, and exp(-a loss) no finite mass",
                           f"{NOT}A loss must grow on both sides, such as abs(r) or r**2", code="unbounded-below")


def _slow(loss: Loss, text: str, tail: Tail, side: int, end: str) -> NoEstimateError:
    how = (f"tends to {tail.limit:.6g}" if tail.limit is not None else
           "stays bounded" if tail.germ is None else "grows more slowly than every multiple of log|r|")
    found, named = minimiser(lambda y, f: loss.value(np.asarray(y - f))), known(loss)
    what = text if named is None else f"{text} ({named.name})"
    return NoEstimateError(
        f"{what} {how} as r -> {end}: exp(-a loss) has infinite mass in that tail for every a, so it is no noise model",
        f"{NOT}{said(found)}Nearest: -m student-t, whose loss grows as (df + 1) log|r|", code="no-noise-model")


def _unknown(loss: Loss, text: str, tail: Tail, side: int, end: str) -> NoEstimateError:
    u = np.array([EVIDENCE, np.array(EVIDENCE) - 1.0])
    with np.errstate(all="ignore"):
        height = _at(loss, side * np.exp(u))
        slopes = ", ".join(f"{slope:.3g}" for slope in height[0] - height[1])
    return NoEstimateError(
        f"{text}: its growth as r -> {end} is not proved, so neither is a finite normaliser (slopes by log|r| at |r| = e^20, e^40, "
        f"e^80, e^160, e^320: {slopes})", "write it so that its leading term shows, such as abs(r) + log(1+abs(r))",
        code="not-proved")


def _at(loss: Loss, r: Array) -> Array:
    return loss.value(r.ravel()).reshape(r.shape)


def _slow_on_axis(loss: Loss, text: str, node: Node, axis: Axis) -> NoEstimateError:
    """A loss of y/f, or the like, that stays bounded where y is large, or small, against f."""
    far = loss.tails[1]
    if far.pace is not Pace.SLOW:
        return massive(node, text, _with_log(loss, text, axis))
    how = f"tends to {far.limit:.6g}" if far.limit is not None else "stays bounded"
    where = "as y goes to 1" if axis is LOGIT else "as y grows beyond every f"
    found = minimiser(lambda y, f: value(node, y, np.array(f)))
    return NoEstimateError(
        f"{text} {how} {where}: exp(-a loss) has infinite mass there for every a, so it is no noise model",
        f"{NOT}{said(found)}{_nearest(loss, axis)}", code="no-noise-model")


def _with_log(loss: Loss, text: str, axis: Axis) -> str:
    """The loss that has the slope of g added, where that is a noise model: it then grows on both sides."""
    added = {LOG: "log(f)", LOG1P: "log1p(f)"}.get(axis)
    right = loss.tails[1].germ
    grows = right is not None and (right.exponent is not None or right.p > 1.0 or (right.p == 1.0 and right.c > 1.0))
    if added is None or not grows or loss.tails[0].limit is None:
        return "Nearest: a loss of y - f, or of log(y) - log(f)"
    return f"Nearest: {text}+{added}, which is one"


def _nearest(loss: Loss, axis: Axis) -> str:
    """The power of the difference that the loss is near y = f."""
    with np.errstate(all="ignore"):
        rise = loss.value(JUST_OFF) - loss.least
        power = float(np.log2(rise[1] / rise[0]))
    difference = {LOG: "log(y)-log(f)", LOG1P: "log1p(y)-log1p(f)"}.get(axis, "log(y/(1-y))-log(f/(1-f))")
    if not (np.isfinite(power) and abs(power - round(power)) < 0.01 and round(power) in (1, 2)):
        return f"Nearest: ({difference})**2"
    form = f"abs({difference})" if round(power) == 1 else f"({difference})**2"
    same = abs(rise[0] / JUST_OFF[0] ** round(power) - 1.0) < 0.01
    return f"Nearest: {form}, {'the same' if same else 'a multiple of it'} near y = f"


def undone(node: Node, text: str) -> MlefitError:
    """A loss of y and f that is one of no difference."""
    if moved(node):
        return UsageError(
            f"--loss: {short(text)} is a function of y - g(f) alone, where g(f) is not f",
            'write it in r, and g in the mean, such as --loss "log(cosh(r))" --mean "exp(a+b*x)"; chances of two labels: '
            "-m bernoulli", code="formula")
    family = exponential_family(node)
    if family is not None:
        bent = _not_convex(*family)
        if bent is not None:
            told = ", ".join(f"{one:g}" for one in bent)
            return NoEstimateError(
                f"{short(text)} is A(f) - y B(f) + C(y), which has one mass at every f, in whatever base, only where A is a convex "
                f"function of B; at f = {told} it is none: it is a density in no base",
                f"{NOT}{said(minimiser(lambda y, f: value(node, y, np.array(f))))}Nearest: a loss of y - f, or of log(y) - log(f)",
                code="no-noise-model")
        return NoEstimateError(
            f"{short(text)} is A(f) - y B(f) + C(y), the loss of an exponential family: whether there is a base with which it is a "
            "density is not decided here; no power of y is one",
            "the exponential families that are fitted are -m gaussian, gamma, inverse-gaussian, poisson, negative-binomial and "
            "binomial; a Tweedie law lies between poisson and gamma", code="not-proved")
    density = _of_one(node, text)
    return massive(node, short(text), "Nearest: a loss of y - f, or of log(y) - log(f)") if density is None else density


def _of_one(node: Node, text: str) -> NoEstimateError | None:
    """The refusal of what is minus the logarithm of a density, but for a constant, and at a = 1."""
    from mlefit.noise.any_density import RANGES, WORDS, same_mass

    found = same_mass(node)
    if found is None:
        return None
    total, axis, domain = found
    return NoEstimateError(
        f"{short(text)}: no base y^s dy makes exp(-a loss) a density at every a, but exp(-loss) has the same mass, {total:.6g}, "
        f"over {WORDS[axis.name]} at {RANGES[domain.name]}: it is the loss of one density",
        f'fit that density, which has no a to estimate: --density "exp(-({text}))/{total:.12g}"', code="no-noise-model")


def moved(node: Node) -> bool:
    """Whether the loss is one of y - g(f), for some g: at each f its slope by f is then -g'(f) times that by y, at every y."""
    y, f = np.linspace(-4.9, 5.3, 41), SHARES
    found = jet(node, {"y": np.repeat(y, f.size), "f": np.tile(f, y.size)}, ("y", "f"), 1)
    if set(found.gradient) != {0, 1}:
        return False
    by_y, by_f = (np.broadcast_to(found.gradient[i], y.size * f.size).reshape(y.size, f.size) for i in (0, 1))
    if not (np.isfinite(by_y).all() and np.isfinite(by_f).all()):
        return False
    steepest = np.abs(by_y).argmax(axis=0), np.arange(f.size)
    if (by_y[steepest] == 0.0).any():
        return False
    ratio = by_f[steepest] / by_y[steepest]
    left = np.abs(by_f - ratio * by_y).max(axis=0)
    return bool((left <= SAME * np.abs(by_f).max(axis=0)).all() and (ratio != 0.0).all())


def _not_convex(f: Array, a: Array, b: Array) -> tuple[float, ...] | None:
    """Three f at which A(f) is above its chord over B(f), or on it; None where there are none among these.

    With a base h, a A(f) is the logarithm of the integral of h exp(-a C) exp(a B(f) y): convex in B, and straight only of one y.
    """
    order = np.argsort(b)
    f, a, b = f[order], a[order], b[order]
    if (np.diff(b) <= 0.0).any():
        return None
    rise = np.diff(a) / np.diff(b)
    flat = np.flatnonzero(np.diff(rise) <= SAME * np.abs(rise).max())
    return tuple(sorted(f[flat[0] : flat[0] + 3].tolist())) if flat.size else None


def exponential_family(node: Node) -> tuple[Array, Array, Array] | None:
    """f, and A and B there but for constants, where the loss is A(f) - y B(f) + C(y)."""
    y, f = np.array([0.4, 1.0, 2.3, 3.7, 6.0]), np.array(BETWEEN)
    with np.errstate(all="ignore"):
        each = value(node, y[:, None], f[None, :])
        apart = each - each[:1]         # (y - y_0) times -B(f), plus C(y) - C(y_0)
        mixed = apart - apart[:, :1]
        by_y = mixed / (y - y[0])[:, None]
    if not np.isfinite(each).all() or not np.abs(mixed[1:]).max() > 0.0:
        return None
    if not np.abs(by_y[1:] - by_y[1:2]).max() <= SAME * np.abs(by_y[1:]).max():
        return None
    b = -by_y[-1]
    return f, each[0] - each[0, 0] + y[0] * b, b


def massive(node: Node, text: str, nearest: str) -> NoEstimateError:
    """The refusal of a loss whose mass depends on f, with it at three values of f."""
    with np.errstate(all="ignore"):
        beyond = value(node, np.array([2.0]), np.array([0.5]))
        if np.isfinite(value(node, SHARES, SHARES[::-1])).all() and np.isnan(beyond).all():
            return _massive_shares(node, text)
    masses = [mass(node, f, 1.0, 0.0) for f in (0.5, 1.0, 2.0)]
    found = minimiser(lambda y, f: value(node, y, np.array(f)))
    if all(math.isfinite(one) for one in masses):
        told = ", ".join(f"{one:.3g}" for one in masses)
        proof = f"exp(-loss) has total mass {told} in dy at f = 0.5, 1, 2, and no base y^s dy makes it one number"
    else:
        proof = "exp(-loss) has infinite mass in dy, and no base y^s dy makes it one number at all f"
    return NoEstimateError(f"{text}: {proof}: it is a density in none", f"{NOT}{said(found)}{nearest}", code="no-noise-model")


def _massive_shares(node: Node, text: str) -> NoEstimateError:
    """The same of a loss of shares."""
    t = np.linspace(-40.0, 40.0, 4001)
    y = np.exp(-np.logaddexp(0.0, -t))
    with np.errstate(all="ignore"):
        each = [np.exp(-value(node, y, np.array(f))) * y * np.exp(-np.logaddexp(0.0, t)) for f in (0.2, 0.5, 0.7)]
    told = ", ".join(f"{float(np.nansum(one)) * (t[1] - t[0]):.3g}" for one in each)
    return NoEstimateError(
        f"{text}: exp(-loss) has total mass {told} between 0 and 1 in dy at f = 0.2, 0.5, 0.7, and no base (y(1-y))^s dy makes it "
        "one number: it is a density in none", f"{NOT}Nearest: -m beta", code="no-noise-model")


def mass(node: Node, f: float, a: float, s: float) -> float:
    """The integral of exp(-a l(y, f)) y^s over y > 0, infinite where it does not end."""
    u = (PANELS[:-1, None] + 0.5 * np.diff(PANELS)[:, None] * (1.0 + GAUSS[0])).ravel()
    with np.errstate(all="ignore"):
        exponent = (s + 1.0) * u - a * value(node, np.exp(u), np.array(f))
        each = np.exp(np.where(np.isnan(exponent), -np.inf, exponent)) * np.tile(GAUSS[1], PANELS.size - 1)
    each *= 0.5 * (PANELS[1] - PANELS[0])
    total, ends = float(each.sum()), float(each[:10].sum() + each[-10:].sum())
    return total if np.isfinite(total) and ends <= NEGLIGIBLE * total else math.inf
