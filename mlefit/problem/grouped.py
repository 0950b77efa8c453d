"""Grouped: the geometry of a design in which a factor of many levels has no columns.

Columns that the levels determine, and those that they determine together with other columns, are aliased, wherever the factor
stands among the terms: none of its levels is.
"""

import numpy as np

from mlefit.design.predictors import Side
from mlefit.existence.digits import Design
from mlefit.existence.rank import Geometry, Grouping
from mlefit.problem.prepare import Prepared
from mlefit.sums.within import Within


def grouped(prepared: Prepared, within: Within, side: Side) -> Geometry:
    """That of the columns within the levels, with the levels beside them."""
    moments, scaling, factor = prepared.moments, prepared.scaling, prepared.predictors.indexed
    assert factor is not None
    wide, sample = prepared.predictors.columns_wide, prepared.sample
    columns = tuple(place for place in side.places if place < wide)[int(side.intercept) :]
    means, level = within.mean[:, :wide], sample.level
    x = sample.x if level is None else sample.x - means[level]
    inside = Design(within.triangle.r, moments.weight, 2.0 * moments.magnitude[:wide], prepared.noise.compresses, False,
                    moments.low[:wide], moments.high[:wide], scaling.centre[:wide], scaling.scale[:wide],
                    np.asfortranarray(x), columns).geometry()
    kept = tuple(place for place in side.places if place not in inside.aliased)
    baseline = None if factor.baseline is None else (factor.levels or ()).index(factor.baseline)
    y = within.mean[:, -1] if prepared.noise.compresses else None
    return inside._replace(kept=kept, columns=inside.kept,
                           grouping=Grouping(within.weight, np.ascontiguousarray(means[:, list(inside.kept)]), y, baseline))
