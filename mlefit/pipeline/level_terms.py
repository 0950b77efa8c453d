"""Level terms: the joint tests of terms where a factor has levels and no columns, Wald's, without a matrix of all contrasts.

That all contrasts of the factor are 0 leaves the constant and the columns free. With N a basis of what is left, theta the
estimate and H the curvature,

    W = min_u (theta - N u)' H (theta - N u)

which is the Wald statistic of the contrasts, and q F where sums of squares are all that counts.
"""

from collections.abc import Iterator

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.inference.effective import residual_df
from mlefit.inference.joint import Joint, chi_squared, clustered, f_test, wald
from mlefit.inference.level_sandwich import FORMED
from mlefit.inference.standard_errors import Groups, StandardErrors
from mlefit.inference.terms import ABSENT, BY_WALD, FEW, SINGULAR
from mlefit.mean.indexed import Indexed
from mlefit.pipeline.finite import number
from mlefit.pipeline.fitted import Fitted
from mlefit.pipeline.terms import Asked, asked
from mlefit.report.tested import TermTest
from mlefit.sums.contrasts import Contrasts

MANY = "the robust covariance of so many coefficients is not formed"


def level_term_tests(found: Fitted, errors: StandardErrors, mean: Indexed) -> Iterator[TermTest]:
    """One test for each term, of a law with one predictor or several."""
    noise, theta = found.fit.noise, found.fit.mle.theta
    free = residual_df(found.fit.n, mean.size) if noise.compresses else None
    inflation = 1.0 if free is None else free / found.fit.n
    factor = found.problem.prepared.predictors.indexed
    for one in asked(found.problem):
        q = one.places.size
        if errors.kind.sandwich:
            yield _robust(one, found, errors, mean)
            continue
        if factor is not None and one.term == factor.text:
            w: float | None = _of_levels(found, mean.without_levels)
        else:
            w = wald(mean.moved(theta[: mean.size])[one.places], _root(found, mean, one.places))
        joint: Joint | None = None
        if w is not None:
            joint = chi_squared(w, q) if free is None else f_test(w * inflation, q, free)
        kind = "chi2" if free is None else "F"
        reason = BY_WALD if free is None else None
        yield TermTest(one.term, kind, None if joint is None else number(joint.statistic), q,  # type: ignore[arg-type]
                       None if joint is None else joint.df, None if joint is None else number(joint.p_value), reason)


def _robust(one: Asked, found: Fitted, errors: StandardErrors, mean: Indexed) -> TermTest:
    """Wald's F with the robust covariance, of terms of few coefficients; of groups, where there are enough of them."""
    q, theta, groups = one.places.size, found.fit.mle.theta, errors.groups
    few = None if groups is None else _too_few(groups, one.places)
    if few is None and q > FORMED:
        few = MANY
    if errors.absent[one.places].any() or few is not None:
        return TermTest(one.term, "F", None, q, None, None, ABSENT if errors.absent[one.places].any() else few)
    (natural,) = mean.natural(theta[: mean.size])
    assert isinstance(natural.combinations, Contrasts)
    rows = natural.combinations.some(one.places).whole(mean.leveled.size)
    w = wald(mean.moved(theta[: mean.size])[one.places], errors.covariance.root(rows))
    if w is None:
        return TermTest(one.term, "F", None, q, None, None, SINGULAR)
    laws = [errors.laws[place] for place in one.places.tolist()]
    df = min(law.df for law in laws if law.df is not None)
    if q > 1 and groups is not None:
        joint = clustered(w, q, float(groups.effective[one.places].min()) - 1.0)
        assert joint is not None
    else:
        joint = Joint(w, 1, df, laws[0].p_value(float(np.sqrt(w)))) if q == 1 else f_test(w, q, df)
    return TermTest(one.term, "F", number(joint.statistic), q, joint.df, number(joint.p_value))


def _too_few(groups: Groups, places: Index) -> str | None:
    """Why so many groups, or so few that carry them, have no test of these coefficients (q,)."""
    q = places.size
    if groups.total < q:
        return SINGULAR
    return FEW if q > 1 and groups.effective[places].min() - 1.0 <= q else None


def _of_levels(found: Fitted, space: Array) -> float:
    """W of all contrasts; `space` (P, d) is N, of no columns where the levels are all there is. Shapes follow, but where the mean
    knows nothing of them."""
    curvature, size = found.fit.mle.curvature, len(space)
    shapes = curvature.size - size
    if shapes and not found.fit.noise.compresses:
        d = space.shape[1]
        inner, theta = curvature, np.append(found.fit.mle.theta[:size], np.zeros(shapes))
        space = np.block([[space, np.zeros((size, shapes))], [np.zeros((shapes, d)), np.eye(shapes)]])
    else:
        inner, theta = curvature.leading(size) if shapes else curvature, found.fit.mle.theta[:size]
    if not space.size:
        return inner.square(theta)
    across = inner.times(space)
    u = np.linalg.lstsq(space.T @ across, across.T @ theta, rcond=None)[0]
    return inner.square(theta - space @ u)


def _root(found: Fitted, mean: Indexed, places: Index) -> Array:
    """F'a (q, P) of a few coefficients, counted predictor after predictor."""
    curvature = found.fit.mle.curvature
    rows = []
    for part, natural in enumerate(mean.natural(found.fit.mle.theta[: mean.size])):
        count = len(natural.value)
        own = places[(places >= part * count) & (places < (part + 1) * count)] - part * count
        assert isinstance(natural.combinations, Contrasts)
        if own.size:
            rows.append(curvature.root(natural.combinations.some(own).whole(mean.leveled.size), natural.first))
    return np.concatenate(rows)
