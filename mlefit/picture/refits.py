"""Refits: the law fitted to simulated responses of all rows of a scene, by steps with the information of the data.

Several sets are refitted at once: a product of the design with many vectors takes little longer than one with a few.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

import numpy as np

from mlefit.arrays import Array
from mlefit.picture.designed import Solve
from mlefit.picture.scene import Scene
from mlefit.records import record

FEW, EACH = 200, 20         # rows, or rows for each parameter, up to which a refit takes FOUR steps
FOUR, TWO, ONE = 4, 2, 1    # else two where there are shapes, which move once the coefficients have, and one where there are none
HALVINGS = 6        # of a step that does not gain
CHECKED = 2_000     # rows up to which it is looked at whether a step gains: of more, it is in the parabola
NUMBERS = 1 << 20   # of the predictors of sets that are refitted at once


@record(frozen=True, eq=False)
class Refits:
    """Those of a scene."""

    scene: Scene

    def each(self, responses: Iterator[Array]) -> Iterator[tuple[Array, Array, Array]]:
        """Responses (n,), predictors (n, m) and shapes (s,) of each set."""
        scene, most = self.scene, max(1, NUMBERS // self.scene.eta.size)
        while ys := [*islice(responses, most)]:
            at = [(scene.eta, scene.free)] * len(ys)
            moving = [] if self._solve is None else [*range(len(ys))]
            for _ in range(self._steps):
                moved = self._moved([(ys[k], *at[k]) for k in moving]) if moving else []
                for k, law in zip(moving, moved, strict=True):
                    at[k] = law or at[k]
                moving = [k for k, law in zip(moving, moved, strict=True) if law is not None]
            yield from ((y, *law) for y, law in zip(ys, at, strict=True))

    @property
    def _steps(self) -> int:
        """Of a refit."""
        scene = self.scene
        if scene.n <= max(FEW, EACH * (scene.design.parameters + scene.free.size)):
            return FOUR
        return TWO if scene.free.size else ONE

    def _moved(self, sets: Sequence[tuple[Array, Array, Array]]) -> list[tuple[Array, Array] | None]:
        """Predictors and shapes one step from each of some responses, predictors and shapes, None where no step gains."""
        design, m = self.scene.design, self.scene.eta.shape[1]
        assert self._solve is not None
        here = [self.scene.noise.nll(*one, 1) for one in sets]
        d1 = np.stack([one.d1.T for one in here if one.d1 is not None], axis=2)
        steps = -self._solve(np.concatenate([design.pull(d1[:m]), d1[m:].sum(axis=1)]))
        with np.errstate(over="ignore", invalid="ignore"):
            pushed = design.push(steps[: design.parameters])
        return [self._halved(one, float(found.value.sum()), step, along.T)
                for one, found, step, along in zip(sets, here, steps.T, pushed.transpose(2, 0, 1), strict=True)]

    def _halved(self, one: tuple[Array, Array, Array], value: float, step: Array, along: Array) -> tuple[Array, Array] | None:
        """Where a step leads that changes the predictors by `along` (n, m), halved until it gains on `value`."""
        (y, eta, free), noise = one, self.scene.noise
        if not np.isfinite(step).all():
            return None
        shapes = step[step.size - free.size :]
        part = 1.0 / max(1.0, float(np.abs(shapes).max(initial=0.0)))   # a shape near 0 or infinite has no step's length
        for _ in range(HALVINGS):
            moved, new = eta + along * part, free + shapes * part
            try:
                gained = y.size > CHECKED or float(noise.nll(y, moved, new, 0).value.sum()) <= value
            except ArithmeticError:     # a shape beyond the doubles
                gained = False
            if gained:
                return moved, new
            part /= 2.0
        return None

    @cached_property
    def _solve(self) -> Solve | None:
        """H^-1 g, with the Hessian H of the data; None where that has no meaning."""
        scene = self.scene
        return scene.design.solve(scene.noise.nll(scene.y, scene.eta, scene.free, 2), scene.free.size)
