"""Optima: both routes on one set of rows, the proof that a maximum exists, and what each route says at its optimum."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.limits import Found, best
from mlefit.estimation.optimize import QUICK_STEPS
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import STEADY, Optimum
from mlefit.estimation.rewhiten import arrived, settled
from mlefit.estimation.routes import least_loss, maximum_likelihood
from mlefit.estimation.several import DISTINCT, weight_of
from mlefit.execution import Execution
from mlefit.mean import LinearMean
from mlefit.noise.model import Limit, NoiseModel
from mlefit.objective import Objective

if TYPE_CHECKING:
    from mlefit.estimation.face import Face
    from mlefit.existence.separation import Separation
    from mlefit.existence.splits import Stated

AGAIN = 8       # as many starts where the routes end at different maxima
NEAR = 1e-2     # standard errors: within this gap the likelihood is its own quadratic to 1e-10


class Optima(NamedTuple):
    """Both optima, and the total negative log-likelihood (nats) and total loss at each, in encoded units.

    `limit`: where the law asked for became `noise`, if the best fit lies there; else `gain`: how many nats it is better than
    the fit there, where there is a limit.
    """

    noise: NoiseModel
    mean: LinearMean
    n: float
    mle: Optimum
    loss: Optimum
    nll: tuple[float, float]        # at the MLE, at least loss
    total_loss: tuple[float, float]
    limit: Limit | None = None
    gain: float | None = None
    face: "Face | None" = None      # all points of least loss, where there is more than one

    @property
    def apart(self) -> bool:
        """Whether the routes have ended at different maxima of a likelihood that may have several."""
        certified = self.mle.outcome is Outcome.CERTIFIED and self.loss.outcome is Outcome.CERTIFIED
        return certified and self.noise.smooth and not self.noise.log_concave and abs(self.nll[1] - self.nll[0]) > DISTINCT

    def excess(self) -> float:
        """Nats in total that the parameters of least loss cost: g'd + d'Hd/2 when they are near, else the difference.

        Near the optimum the difference of two sums of n terms would be rounding, which the quadratic is not; a law that is
        not smooth has none.
        """
        if not self.noise.smooth or self.noise.corners:
            return max(0.0, self.nll[1] - self.nll[0])
        step = self.loss.theta - self.mle.theta
        quadratic = 0.5 * self.mle.curvature.square(step)
        if quadratic < NEAR**2:
            return max(0.0, quadratic + float(self.mle.gradient @ step))
        return self.nll[1] - self.nll[0]


class Separated(Exception):  # noqa: N818  a finding, not a defect: the pipeline turns it into what the user reads
    """The likelihood has no maximum; carries the proof, the mean in whose coordinates it is, and what log-likelihood the search had
    reached. `split`: of ordered levels, the rows that are separated, in whose coordinates the proof is; `mean` is that of the
    coefficients."""

    def __init__(self, separation: "Separation", mean: LinearMean, reached: float, split: "Stated | None" = None) -> None:
        super().__init__("the likelihood has no maximum")
        self.separation = separation
        self.mean = mean
        self.reached = reached
        self.split = split


def fit_both(
    noise: NoiseModel, mean: LinearMean, execution: Execution, sample: Execution | None = None, *, believe: bool = True
) -> Optima:
    """Maximise the likelihood, minimise the loss, then evaluate each criterion at the other's optimum.

    Raises Separated when the likelihood of a discrete response has no maximum, unless such a claim was withdrawn and is not
    to be believed again: then existence is undecided where no certificate proves it.
    """
    n = weight_of(execution)
    both = _fit(noise, mean, execution, sample, n, believe=believe)
    if both.apart and noise.drifts is None:     # more searches, of either route, from more starts of its own
        both = _fit(noise, mean, execution, sample, n, believe=believe, times=AGAIN)
    return both


def _fit(
    noise: NoiseModel, mean: LinearMean, execution: Execution, sample: Execution | None, n: float, *, believe: bool, times: int = 1
) -> Optima:
    """Both routes, from `times` as many starts as usual."""

    def fit(law: NoiseModel, beside: Array | None) -> tuple[LinearMean, Optimum]:
        return _maximum(law, mean, execution, sample, n, believe=believe, beside=beside, times=times)

    face = None
    if noise.smooth and noise.corners:
        from mlefit.estimation import cornered

        optimum, face = cornered.middle(noise, mean, execution)
        found = Found(noise, None, mean, optimum)
    elif noise.smooth:
        found = best(noise, mean, execution, fit)
    else:
        from mlefit.estimation.face import middle

        optimum, face = middle(noise, mean, execution, sample)
        found = Found(noise, None, mean, optimum)
    noise, mean, mle = found.noise, found.mean, found.optimum
    loss = least_loss(noise, mean, execution, sample, times)

    def total(objective: Objective, optimum: Optimum) -> float:
        point = optimum.theta[: objective.size]
        return execution.sum(lambda chunk: objective.tally(point, chunk, 0)).value

    def total_loss(optimum: Optimum) -> float:
        if optimum is loss and not noise.loss_has_shapes:
            return loss.value
        return total(Objective.loss(noise, mean, optimum.theta[mean.size :]), optimum)

    return Optima(noise, mean, n, mle, loss, (mle.value, total(Objective.likelihood(noise, mean), loss)),
                  (total_loss(mle), total_loss(loss)), found.limit, found.gain, face)


def _maximum(
    noise: NoiseModel, mean: LinearMean, execution: Execution, sample: Execution | None, n: float, *, believe: bool,
    beside: Array | None, times: int,
) -> tuple[LinearMean, Optimum]:
    """The maximum of the likelihood, or where the search for it ended, and the mean in whose coordinates it is."""
    mle = maximum_likelihood(noise, mean, execution, sample, steps=QUICK_STEPS, beside=beside, times=times)
    decided = True
    if noise.separable and mle.certificate.reach >= noise.proof:
        decided = believe and _exists(noise, mean, execution, mle, n)
    if mle.outcome is not Outcome.CERTIFIED and sample is not None:     # it may have misled
        mle = maximum_likelihood(noise, mean, execution, start=mle.theta, steps=QUICK_STEPS)
    near = mle.certificate.reach <= STEADY or not noise.separable
    if not (mle.outcome is Outcome.CERTIFIED and (near or arrived(mean, execution, mle))):
        if noise.separable:
            mean, mle = settled(noise, mean, execution, mle, n)
        if mle.outcome is not Outcome.CERTIFIED:
            mle = maximum_likelihood(noise, mean, execution, start=mle.theta)
            if noise.separable and mle.outcome is Outcome.CERTIFIED and not arrived(mean, execution, mle):
                mle = replace(mle, outcome=Outcome.ITERATIONS)
    return mean, mle if decided else replace(mle, outcome=Outcome.UNDECIDED)


def _exists(noise: NoiseModel, mean: LinearMean, execution: Execution, mle: Optimum, n: float) -> bool:
    """Whether it is proven that there is a maximum; raises Separated when there is none."""
    if not mean.columned:
        return False
    from mlefit.existence.far import drawn_in
    from mlefit.existence.separation import Undecided, separate

    near, rows = drawn_in(mean, execution, n)
    hint = mle.theta[: mean.size]
    hint, split = hint if near is mean else mean.mapped(hint, near), None
    try:
        if noise.cuts:
            from mlefit.existence.splits import stated

            split = stated(noise, near, rows, np.append(hint, mle.theta[mean.size :]))
            separation = split.separation()
        else:
            separation = separate(noise, near, rows, hint)
    except Undecided:
        return False
    if separation is not None:
        raise Separated(separation, near, -mle.value, split)
    return True
