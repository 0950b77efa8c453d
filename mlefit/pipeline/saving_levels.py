"""Saving levels: the root of a covariance as numbers for each level of the factor that has no columns (`saved.by_level`).

In the coordinates of the search (`mean.leveled`) a row has the element e_g = 1 / scale_g at its level g, and R^-T (x - x_g). With
D, B and K of the arrow (`sums.arrow`), K^-1 = N N',

    C_g = e_g chol(D_g)^-T,    A_a = R^-1 N_a,    E_g = e_g D_g^-1 B_g N
"""

import numpy as np

from mlefit.inference.covariance import Covariance, Inverse
from mlefit.mean.indexed import Indexed
from mlefit.mean.leveled import Leveled
from mlefit.pipeline.fitted import Fitted
from mlefit.problem.means import mean_of
from mlefit.saved.by_level import ByLevel
from mlefit.sums.arrow import Arrow


def by_level(found: Fitted, covariance: Covariance) -> ByLevel | None:
    """That of an inverse Hessian beside one factor of many levels, None for any other covariance."""
    mean, factor = found.mean, found.problem.prepared.predictors.indexed
    if not isinstance(mean, Indexed) or factor is None or mean.leveled.crossing is not None or not isinstance(covariance, Inverse):
        return None
    arrow, leveled = covariance.curvature, mean.leveled
    assert isinstance(arrow, Arrow)
    assert leveled.centre is not None
    m, d, shapes = mean.predictors, leveled.columns.rank, arrow.shapes
    n = np.linalg.cholesky(arrow.complement_inverse) if arrow.complement_inverse.size else arrow.complement_inverse
    element, wider = 1.0 / leveled.scale, covariance.inflation
    blocks = np.linalg.inv(np.linalg.cholesky(arrow.levels)).transpose(0, 2, 1) * (wider * element)[:, None, None]
    inverse = leveled.columns.inverse
    columns = np.stack([inverse @ n[a * d : (a + 1) * d] for a in range(m)])
    extra = (arrow.outward @ n) * element[:, None, None]
    white = _leverage(found)
    return ByLevel(factor.column, leveled.centre, blocks, columns * wider, extra * wider, np.asarray(n[len(n) - shapes :]),
                   1.0 / white.scale, white.columns.inverse)


def _leverage(found: Fitted) -> Leveled:
    """The coordinates in which the length of a row is its leverage."""
    mean = mean_of(found.problem, found.problem.n)
    assert isinstance(mean, Indexed)
    return mean.leveled
