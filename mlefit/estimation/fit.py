"""Optima: both routes on one set of rows, the proof that a maximum exists, and what each route says at its optimum."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from mlefit.criterion import implied_loss, likelihood
from mlefit.estimation.optimize import QUICK_STEPS
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import STEADY, Optimum
from mlefit.estimation.rewhiten import arrived, settled
from mlefit.estimation.routes import least_loss, maximum_likelihood
from mlefit.execution import Execution
from mlefit.mean import LinearMean
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.sums.tally import Tally

if TYPE_CHECKING:
    from mlefit.existence.separation import Separation

NEAR = 1e-2     # standard errors: within this gap the likelihood is its own quadratic to 1e-10


class Optima(NamedTuple):
    """Both optima, and the total negative log-likelihood (nats) and total loss at each, in encoded units."""

    noise: NoiseModel
    mean: LinearMean
    n: float
    mle: Optimum
    loss: Optimum
    nll: tuple[float, float]        # at the MLE, at least loss
    total_loss: tuple[float, float]

    def excess(self) -> float:
        """Nats in total that the parameters of least loss cost: g'd + d'Hd/2 when they are near, else the difference.

        Near the optimum the difference of two sums of n terms would be rounding, which the quadratic is not.
        """
        step = self.loss.theta - self.mle.theta
        quadratic = 0.5 * self.mle.curvature.square(step)
        if quadratic < NEAR**2:
            return max(0.0, quadratic + float(self.mle.gradient @ step))
        return self.nll[1] - self.nll[0]


class Separated(Exception):  # noqa: N818  a finding, not a defect: the pipeline turns it into what the user reads
    """The likelihood has no maximum; carries the proof, the mean in whose coordinates it is, and what log-likelihood the search had
    reached."""

    def __init__(self, separation: "Separation", mean: LinearMean, reached: float) -> None:
        super().__init__("the likelihood has no maximum")
        self.separation = separation
        self.mean = mean
        self.reached = reached


def fit_both(
    noise: NoiseModel, mean: LinearMean, execution: Execution, sample: Execution | None = None, *, believe: bool = True
) -> Optima:
    """Maximise the likelihood, minimise the loss, then evaluate each criterion at the other's optimum.

    Raises Separated when the likelihood of a discrete response has no maximum, unless such a claim was withdrawn and is not
    to be believed again: then existence is undecided where no certificate proves it.
    """
    n = execution.sum(lambda chunk: Tally(float(chunk.rows) if chunk.weight is None else float(chunk.weight.sum()), 0.0)).weight
    mle = maximum_likelihood(noise, mean, execution, sample, steps=QUICK_STEPS)
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
    if not decided:
        mle = replace(mle, outcome=Outcome.UNDECIDED)
    loss = least_loss(noise, mean, execution, sample)
    likely = Objective(likelihood(noise), mean, len(noise.shapes))
    lossy = Objective(implied_loss(noise), mean, 0)

    def total(objective: Objective, optimum: Optimum) -> float:
        point = optimum.theta[: objective.size]
        return execution.sum(lambda chunk: objective.tally(point, chunk, 0)).value

    return Optima(noise, mean, n, mle, loss, (mle.value, total(likely, loss)), (total(lossy, mle), loss.value))


def _exists(noise: NoiseModel, mean: LinearMean, execution: Execution, mle: Optimum, n: float) -> bool:
    """Whether it is proven that there is a maximum; raises Separated when there is none."""
    from mlefit.existence.far import drawn_in
    from mlefit.existence.separation import Undecided, separate

    near, rows = drawn_in(mean, execution, n)
    hint = mle.theta[: mean.size]
    try:
        separation = separate(noise, near, rows, hint if near is mean else mean.mapped(hint, near))
    except Undecided:
        return False
    if separation is not None:
        raise Separated(separation, near, -mle.value)
    return True
