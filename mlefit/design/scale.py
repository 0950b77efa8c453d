"""Scale: the right-hand side of a scale or dispersion that depends on predictors, and the law that has one."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from mlefit.design.learn import columns_to_terms
from mlefit.design.terms import CONSTANT, Term
from mlefit.errors import UsageError
from mlefit.noise import MODELS
from mlefit.noise.model import NoiseModel
from mlefit.source.source import Source


class Asked(NamedTuple):
    """What the user said of the scale: columns, or a formula; None for neither."""

    features: tuple[str, ...] | None
    formula: str | None

    @property
    def option(self) -> str | None:
        """The option used."""
        return "--scale-formula" if self.formula is not None else "--scale-features" if self.features is not None else None


class Scale(NamedTuple):
    """The law, the `terms` of its scale with their constant, None where it has none of its own, and their text and columns."""

    law: NoiseModel
    terms: tuple[Term, ...] | None = None
    text: str | None = None
    columns: tuple[str, ...] = ()


def check_scale(asked: Asked, law: NoiseModel | None) -> None:
    """Raises UsageError for a scale said twice, or a law that has none. `law`: None where it is not known yet."""
    if asked.features is not None and asked.formula is not None:
        raise UsageError("--scale-formula says what the scale depends on; --scale-features says it a second time",
                         "give one of them", code="options-contradict")
    if law is not None and asked.option is not None and law.with_scale is None:
        takes = MODELS.names(lambda other: other.with_scale is not None)
        raise UsageError(f"{asked.option}: {law.name} has no scale or dispersion that could depend on predictors",
                         f"leave it out, or use --model {takes}", code="options-contradict")


def scale_of(
    source: Source, asked: Asked, law: NoiseModel, mean: Sequence[Term], intercept: bool, categorical: Collection[str],
    exclude: Collection[str],
) -> Scale:
    """The scale's right-hand side: that asked for; else, of a law that has a scale, the terms `mean` with a constant.

    `categorical`: columns read as levels; `exclude`: those that `.` does not stand for.
    """
    check_scale(asked, law)
    if asked.option is None:
        if not any(predictor.kind == "scale" for predictor in law.predictors):
            return Scale(law)
        return Scale(law, None if intercept else (CONSTANT, *mean), " + ".join(term.text for term in mean) or "1")
    scaled = law.with_scale
    assert scaled is not None
    if asked.features is not None:
        terms = columns_to_terms(asked.features, [name for name in asked.features if name in categorical], source.kinds)
        return Scale(scaled, (CONSTANT, *terms), " + ".join(asked.features) or "1", asked.features)
    from mlefit.design.formula import parse_side

    side = parse_side("--scale-formula", str(asked.formula), source.names, source.kinds, categorical, exclude)
    constant = (CONSTANT,) if side.intercept else ()
    return Scale(scaled, (*constant, *side.terms), side.text, side.columns)
