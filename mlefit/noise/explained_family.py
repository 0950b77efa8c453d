"""Explained: a loss, or a density, of y and f that is one of no difference, with a picture of its law at one f."""

from typing import TYPE_CHECKING

import numpy as np

from mlefit.arrays import Array
from mlefit.losses.family import AT, STRICT
from mlefit.noise.explained_loss import BARS, OF_A, ROWS, SHARES, TINY, step
from mlefit.noise.known_family import base_words, known_family

if TYPE_CHECKING:
    from mlefit.noise.any_density import AnyDensity
    from mlefit.noise.based_loss import BasedLoss
    from mlefit.noise.of_family import OfFamily

ENDS = (0.01, 0.99)


def explained_family(law: "BasedLoss") -> str:
    """The derivation of a loss, in plain text of 80 columns."""
    family = law.family
    loss, base = family.loss, base_words(family)
    above = [loss.least_a + a for a in OF_A]
    known, places = known_family(family), ", ".join(f"{f:g}" for f in sorted(AT[family.axis.name][:STRICT]))
    lines = [f"{law.text}: from the loss to its noise model", "",
             *step(1, "Loss", f"l(y, f) of {law.response.wants}{family.less}; not proved convex: a fit is the best of some "
                   "searches"),
             *([] if known is None else step(2, "Known", f"this is {known}")),
             *step(3, "Model", f"q(y|x) = exp(-a l(y, f)) / Z(a) in {base}, a > {loss.least_a:.6g}"),
             *step(4, "Normaliser", f"Z(a) is the integral of exp(-a l) over y in {base}, by quadrature; its logarithm is the same "
                   f"at f = {places} to 1e-8 or better, which is looked at again where f is fitted:")]
    for a, found in ((a, loss.normaliser(a)) for a in above):
        lines.append(f"{'':17}a = {a:<8.4g} log Z = {found.log_z:>10.6f}   E l = {found.mean:.6g}")
    lines += step(5, "-log L / n", "= a m + log Z(a) and what holds no f, m = mean loss: for any a the f of least loss is that of "
                  "maximum likelihood.")
    lines += step(6, "a", "is where E l under q equals m: a convex problem in one number, the same at every f.")
    lines += ["", *_picture(law, np.array([np.log(above[1])]), f"a = {above[1]:.6g}, ")]
    return "\n".join(lines) + "\n"


def explained_density(law: "AnyDensity") -> str:
    """The derivation of a density, in plain text of 80 columns."""
    lines = [f"{law.text}: from the density to its loss", "",
             *step(1, "Model", f"q(y|x) is the density as written; {law.notes[0].removeprefix('--density: ')}"),
             *step(2, "Loss", "-log q(y|x): the f of least loss is that of maximum likelihood, and nothing else is left to "
                   "estimate"),
             "", *_picture(law, np.empty(0), "")]
    return "\n".join(lines) + "\n"


def _picture(law: "OfFamily", free: Array, at: str) -> list[str]:
    f = law.family.origin
    of = np.full((len(SHARES), 1), f)
    low, high = (float(q) for q in law.quantile(np.array(ENDS), of[:2], free))
    y = np.linspace(low, high, ROWS)
    y[np.abs(y) < TINY * (high - low)] = 0.0
    height = np.exp(-law.nll(y, np.full((ROWS, 1), f), free, 0).value)
    top = float(height.max())
    lines = [f"  q(y) at {at}f = {f:g}"]
    lines += [f"{place:>12.4g}  {'#' * max(0, round(BARS * h / top))} {h:.4g}" for place, h in zip(y, height, strict=True)]
    return [*lines, "", "  quantiles " + " ".join(f"{share:>8g}" for share in SHARES),
            "          y " + " ".join(f"{q:>8.4g}" for q in law.quantile(np.array(SHARES), of, free))]
