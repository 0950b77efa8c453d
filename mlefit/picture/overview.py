"""Overview: the sheet of a scene. All panels that can be tested are, shown or not, and each p is that of all of them together."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from mlefit.arrays import Array
from mlefit.picture import calibration, outcomes, ruler
from mlefit.picture.along import LEAST, Residuum, Shares
from mlefit.picture.counts import Rootogram
from mlefit.picture.coverage import Coverage
from mlefit.picture.curve import curve, only_number
from mlefit.picture.envelope import adjusted, own_p
from mlefit.picture.look import UNLIKELY, Judged, Look, concluded, untested
from mlefit.picture.panel import Panel, Sheet
from mlefit.picture.place import Place
from mlefit.picture.residuals import DRAWS, Residuals, Rows
from mlefit.picture.scene import Scene, Variable
from mlefit.picture.shape import Density, Quantiles
from mlefit.picture.surprise import Surprise
from mlefit.picture.variance import MeanVariance
from mlefit.picture.weights import weights
from mlefit.picture.words import rows_text
from mlefit.report.header import noise as law_of

SHEET = 6           # panels of the sheet
SHAPES = ("density", "qq")
EFFECT = "May be the effect of the uneven spread along {}: mend that first."


class Overview:
    """The panels of a scene: what there is, what is tested, and the sheet."""

    def __init__(self, scene: Scene, further: Mapping[str, Callable[[], Panel]] = MappingProxyType({})) -> None:
        """`further`: panels that need more than the scene, each made when it is wanted."""
        scene = replace(scene, noise=scene.noise.quick(scene.eta, scene.free))
        self.scene, self.residuals = scene, Residuals(scene)
        self.looks = {look.id: look for look in _looks(scene, self.residuals)}
        self.others = {**_others(scene, self.residuals), **further}

    @cached_property
    def _statistics(self) -> Mapping[str, Array]:
        """Of each panel tested, from one simulation for all."""
        gathered(list(self.looks.values()), self.residuals)
        return {id_: look.statistic for id_, look in self.looks.items() if (self.scene.reason or look.reason) is None}

    @cached_property
    def p(self) -> Mapping[str, float]:
        """Of each panel tested, for all of them."""
        return adjusted(self._statistics)

    @cached_property
    def alone(self) -> Mapping[str, float]:
        """As if it were the only one."""
        return {id_: own_p(found) for id_, found in self._statistics.items()}

    @property
    def ids(self) -> tuple[str, ...]:
        """All panels that this model has, in the order of looking."""
        order = dict.fromkeys(self.scene.noise.panels)
        have = (*self.looks, *self.others)
        first = [id_ for name in order for id_ in have if id_.partition(":")[0] == name]
        return tuple(dict.fromkeys((*first, *have)))

    def sheet(self, wanted: Sequence[str] = ()) -> Sheet:
        """The panels of these ids, or those of the model's own sheet."""
        scene, report, ids = self.scene, self.scene.report, tuple(wanted) or self.chosen()
        tested = len(self.p) if any(id_ in self.looks for id_ in ids) else 0
        rows = rows_text(scene.n) if scene.n >= scene.total else f"drawn from a random {scene.n:,} of {scene.total:,} rows"
        of_all = dict.fromkeys(id_.partition(":")[0] for id_ in ids if id_ in self.looks and self.looks[id_].count is not None)
        rows += f", {' and '.join(of_all)} from all" if of_all else ""
        drawn = f"{DRAWS} data sets simulated, " if tested else ""
        rows += "" if scene.refits else ", the saved model as it is"
        title = f"{report.data.target} ~ {report.model.formula}, {law_of(report)}"
        panels = self._told([self.panel(id_) for id_ in ids])
        return Sheet(title, f"{rows}; {drawn}seed {scene.seed}", tuple(panels), tested, DRAWS if tested else 0, scene.seed)

    def chosen(self) -> tuple[str, ...]:
        """The first panels, in the order of looking: predictors by how unlikely they are."""
        have, names = self.ids, self.scene.noise.panels
        if self.scene.curved and "curve" in have:       # of a mean that is written that is the first question
            names = tuple("curve" if name == "fitted" else name for name in names)
        pools = {name: [id_ for id_ in have if id_.partition(":")[0] == name] for name in names}
        for pool in pools.values():
            pool.sort(key=lambda id_: (self.p.get(id_, 1.0), self.alone.get(id_, 1.0)) if id_.startswith("predictor:") else (0, 0))
        found = []
        for name in names[:SHEET]:
            if pools[name]:
                found.append(pools[name].pop(0))
        return tuple(self._long if id_ == "kl" and self._long is not None else id_ for id_ in found)

    @cached_property
    def _long(self) -> str | None:
        """The effect of the longest factor, where it has so many levels that no KL was to be had; else None."""
        information, scene = self.scene.report.information, self.scene
        if information is None or information.kl.raw is not None:
            return None
        longest = max(scene.variables, key=lambda one: len(one.levels), default=None)
        if longest is None or len(longest.levels) == len(longest.named):
            return None
        id_ = f"effect:{longest.name}"
        return id_ if id_ in self.others else None

    def panel(self, id_: str) -> Panel:
        """One panel."""
        if id_ in self.others:
            return self.others[id_]()
        look = self.looks[id_]
        if id_ not in self.p:
            return untested(look, self.scene.reason or look.reason or "")
        return concluded(look, Judged(self.p[id_], self.alone[id_], len(self.p)))

    def _told(self, panels: list[Panel]) -> list[Panel]:
        """Where something moves along x, marked shapes say that they may be its effect."""
        if not any(panel.id in SHAPES and panel.mark for panel in panels):
            return panels
        unlikely = [look for id_, look in self.looks.items() if look.along is not None and self.p.get(id_, 1.0) <= UNLIKELY]
        moving = next((look.along for look in unlikely if self.panel(look.id).mark), None)
        if moving is None:
            return panels
        return [replace(panel, sentence=f"{panel.sentence} {EFFECT.format(moving)}") if panel.id in SHAPES and panel.mark else panel
                for panel in panels]


def gathered(looks: Sequence[Look], residuals: Residuals) -> None:
    """Give each look whose null is the law its curves (B + 1, k)."""
    of_law = [look for look in looks if look.needs in ("responses", "residuals")]
    needs = {look.needs for look in of_law}
    curves: dict[str, list[Array]] = {look.id: [] for look in of_law}
    for rows in _sets(residuals, needs) if of_law else ():
        for look in of_law:
            curves[look.id].append(look.curve(rows))
    for look in of_law:
        look.curves = np.stack(curves[look.id])
    everywhere, counts = residuals.scene.everywhere, {look: look.count for look in looks if look.count is not None}
    if everywhere is not None and counts:
        for look, total in zip(counts, everywhere(tuple(counts.values())), strict=True):
            look.told(total)


def _sets(residuals: Residuals, needs: Collection[str]) -> Iterator[Rows]:
    """The data, and what is drawn from the law."""
    yield residuals.observed
    yield from residuals.drawn(responses="responses" in needs, residuals="residuals" in needs)


def _looks(scene: Scene, residuals: Residuals) -> Iterator[Look]:
    """All panels that are tested, or would be if the law were meant as such."""
    panels = set(scene.noise.panels)
    if "calibration" in panels:
        rarest = calibration.rarest(scene)
        yield from (calibration.Calibration(residuals, level) for level in (rarest if scene.classes > 2 else [1]))
    shapes: dict[str, Callable[[Residuals], Look]] = {
        "rootogram": Rootogram, "density": Density, "qq": Quantiles, "meanvar": MeanVariance}
    for id_, kind in shapes.items():
        if id_ in panels and not (id_ == "meanvar" and scene.n < LEAST):
            yield _claimed(scene, kind(residuals))
    if scene.n >= LEAST:
        yield from _along(scene, residuals, panels)
    yield _claimed(scene, Surprise(residuals))


def _along(scene: Scene, residuals: Residuals, panels: set[str]) -> Iterator[Look]:
    """Those along the prediction, the scale, each column and the file."""
    covers = "coverage" in panels
    kind: Callable[[Place, Residuals], Look] = Coverage if covers else Shares if scene.classes else Residuum
    what = "Share below" if covers else "Shares" if scene.classes else "Residuals"
    if not scene.plain and not scene.classes:
        variable = Variable("prediction", scene.prediction)
        if covers:
            yield Coverage(Place("coverage", "", "the fitted quantile", "fitted quantile", variable), residuals)
        if "fitted" in panels:
            place = Place("fitted", "Residuals along the prediction", "the prediction", "prediction", variable)
            yield _claimed(scene, Residuum(place, residuals))
    for k, predictor in enumerate(scene.noise.predictors):
        if "scale" in panels and predictor.kind == "scale":
            with np.errstate(over="ignore"):
                variable = Variable("scale", np.exp(scene.eta[:, k]))
            what_scale = "the fitted scale"
            yield Residuum(Place("scale", f"Residuals along {what_scale}", what_scale, "fitted scale", variable), residuals)
    for one in scene.variables:
        yield kind(Place(f"predictor:{one.name}", f"{what} along {one.name}", one.name, one.axis, one), residuals)
    yield kind(Place("order", f"{what} in file order", "the file", "row of the file", Variable("order", scene.row)), residuals)


def _claimed(scene: Scene, look: Look) -> Look:
    """A look at what a working law does not claim is drawn and not tested."""
    if scene.coarse is not None and look.id in SHAPES:
        look.reason = scene.coarse
    if not scene.noise.assumed:
        look.reason = f"the {scene.noise.noun} is a working law, which claims nothing of the shape"
    return look


def _others(scene: Scene, residuals: Residuals) -> Mapping[str, Callable[[], Panel]]:
    """Panels that are not tested, or have a p of their own."""
    found: dict[str, Callable[[], Panel]] = {}
    if scene.refits:        # else the report is that of other rows
        found["kl"] = lambda: ruler.kl(scene.report)
    budget = ruler.nats(scene.report)
    if budget is not None and scene.refits:
        found["nats"] = lambda: budget
    variable = only_number(scene)
    if variable is not None:
        found["curve"] = lambda: curve(scene, variable)
    if "split" in scene.noise.panels:
        found["split"] = lambda: outcomes.split(scene, residuals.observed)
    if "classes" in scene.noise.panels:
        found["classes"] = lambda: outcomes.classes(scene, residuals.observed)
    if "weights" in scene.noise.panels:
        found["weights"] = lambda: weights(scene, residuals.observed)
    return found
