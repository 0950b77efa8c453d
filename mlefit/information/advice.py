"""Advice: the next step for each kind of misfit, as options that run. Models are found by their facts, terms by the formula."""

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.escapes import quoted
from mlefit.information.sample import Sample
from mlefit.information.spread import Spread
from mlefit.information.structure import Structure
from mlefit.noise import MODELS
from mlefit.noise.options import Choice
from mlefit.noise.responses import COUNTS, POSITIVE
from mlefit.report.information import Atom

SKEWED = 0.15       # of the width between the tenths: how far the middle is off its middle in a law that leans (gamma(4): 0.22)
SPLINE = 5          # degrees of freedom of the spline that is offered
FREEST, ROWS_EACH = 200, 5      # of one that is offered in the place of another: at most, and rows for each
LEANING = 0.5       # skewness, from which on a law without heavy tails leans (gamma(16): 0.5)
HEAVY = 3.5         # fourth moment over the squared variance, beyond which a law has heavy tails (normal: 3)
BY_SKEWNESS = 1.5   # what the square of its skewness adds to that of a law that leans (gamma, of any shape)
NARROW = 1.9        # standard deviations between the tenths: below, values far out made them (normal 2.56, exponential 2.20)
FAR = 1e4           # standard deviations: how dear a value becomes there, beside one at their root, tells how heavy tails are
FIRST, MANY = 2.0, 50.0     # of counts: the least is not above, and nine of ten are below
SHOWN = 2           # models that a sentence names
WHICH = " (mlefit compare says which)"


def of_structure(found: Structure, sample: Sample) -> tuple[str, ...]:
    """The term that is missing, in a formula."""
    terms = [*dict.fromkeys(found.name.split(" x "))]       # a product of a spline with itself is one term
    names = [_written(name) for name in terms]
    if len(terms) == 1 and (formula := _freer(terms[0], sample)) is not None:
        return (f"let the mean bend more: {_formula(sample, formula)}",)
    if not all(names) or not sample.formula:
        return (f"the mean bends in {' x '.join(terms)}, which the formula does not let it",)
    if len(names) == 2:
        return (f"add the product: {_formula(sample, f'{sample.formula} + {names[0]}:{names[1]}')}",)
    name = names[0]
    if found.kind == "cells":
        return (f"give each value of {terms[0]} a mean of its own: {_formula(sample, _instead(sample, name, f'C({name})'))}",)
    return (f"let the mean bend in {terms[0]}: {_formula(sample, _instead(sample, name, f'bs({name}, df={SPLINE})'))}",)


def _freer(name: str, sample: Sample) -> str | None:
    """The formula with twice the degrees of freedom of a spline, if that is what `name` is and there are rows for it."""
    spline = re.fullmatch(r"bs\((.+),df=(\d+)\)", name)
    if spline is None or not sample.formula or 2 * int(spline[2]) > min(FREEST, sample.n // ROWS_EACH):
        return None
    typed = rf"bs\(\s*{re.escape(spline[1])}\s*,\s*df\s*=\s*{spline[2]}\s*\)"
    freer, count = re.subn(typed, lambda _: f"bs({spline[1]}, df={2 * int(spline[2])})", sample.formula, count=1)
    return freer if count else None


class Seen(NamedTuple):
    """Of a response in its own unit: the least, and whether it may count something although it is fitted as any number: whole
    numbers from the first ones on, most of them small."""

    lowest: float
    counted: bool = False

    @classmethod
    def of(cls, sample: Sample) -> "Seen":
        """That of the rows."""
        y, lowest = sample.y, float(sample.y.min())
        small = sample.noise.located and 0.0 <= lowest <= FIRST and float(np.quantile(y, 0.9)) <= MANY
        return cls(lowest, bool(small and np.array_equal(y, np.rint(y))))


def of_spread(found: Spread, sample: Sample, seen: Seen) -> tuple[str, ...]:
    """A spread that depends on a predictor, or that the law does not leave free."""
    if found.name is None:
        wider = (*_containing(sample), *_ending(sample))
        said = "more" if found.wider else "less"
        what = f"rows vary {said} than the model lets them"
        if wider and found.wider:
            return (f"{what}: -m {' or -m '.join(wider)}{WHICH}",)
        return (f"{what}, for which the errors shown allow" if sample.robust else f"{what}: --se robust",)
    if any(predictor.kind == "scale" for predictor in sample.noise.predictors):
        return (f"the spread goes with {found.name} too: add it to --scale-features, or let the scale bend in it "
                "(--scale-formula)",)
    counts = f"; if the response counts, {_of_counts()}" if seen.counted else ""
    if sample.noise.with_scale is not None and sample.formula:
        if "(" in found.name or ":" in found.name:      # a term, and no column
            return (f"the spread goes with {found.name}: {_option('--scale-formula', f'~ {found.name}')}{counts}",)
        return (f"the spread goes with {found.name}: --scale-features {shlex.quote(found.name)}{counts}",)
    return (f"the spread goes with {found.name}" + (
        ", for which the errors shown allow" if sample.robust else ": --se robust keeps the errors of the coefficients right"),)


def of_shape(sample: Sample, z: Array, seen: Seen) -> tuple[str, ...]:
    """Other laws: for counts, or numbers above 0, that lean, those of such numbers; else those that hold this one."""
    wider, shape = _containing(sample), look(z)
    if shape.right and seen.counted:
        return (f"the residuals lean to the right: if the response counts, {_of_counts()}",)
    if sample.noise.located and shape.right and seen.lowest > 0.0:
        positive = [name for name, law in MODELS.items() if law.response is POSITIVE]
        if sample.target.isidentifier() and sample.formula:
            return (f'the residuals lean to the right: -f "log({sample.target}) ~ {sample.formula}" or -m {positive[0]}{WHICH}',)
        return (f"the residuals lean to the right: -m {' or -m '.join(positive[:SHOWN])}{WHICH}",)
    robust = _heavy(sample)[:SHOWN] if sample.noise.located and shape.heavy else []
    if robust:
        return (f"the residuals have heavy tails: -m {' or -m '.join(robust)}{WHICH}",)
    if wider:
        return (f"the residuals have another shape: -m {' or -m '.join(wider[:SHOWN])}{WHICH}",)
    return ("the residuals have another shape: mlefit compare, in the place of mlefit fit, tries other models",)


def _of_counts() -> str:
    return " or ".join(f"-m {name}" for name, law in MODELS.items() if law.response is COUNTS and not law.needs_zeros) + WHICH


class Look(NamedTuple):
    """Whether residuals lean to the right, and whether their tails are heavy, beyond what leaning makes of the longer one."""

    right: bool
    heavy: bool


def look(z: Array) -> Look:
    """By the tenths, where the middle is off; else by moments: values far out on one side alone make their skewness, too."""
    if not z.size or not z.var() > 0.0:
        return Look(False, False)
    low, middle, high = np.quantile(z, (0.1, 0.5, 0.9))
    off = float((high + low - 2.0 * middle) / (high - low)) if high > low else 0.0
    u = (z - z.mean()) / z.std()
    skewness, fourth = float(np.mean(u**3)), float(np.mean(u**4))
    heavy = fourth > HEAVY + BY_SKEWNESS * skewness**2 or (fourth > HEAVY and float(high - low) < NARROW * float(z.std()))
    heavy = heavy and abs(off) <= SKEWED
    return Look(off > SKEWED or (skewness > LEANING and not heavy and off >= -SKEWED), heavy)


def of_atoms(atoms: tuple[Atom, ...], n: int, lowest: float, sample: Sample) -> tuple[str, ...]:
    """The values that no density holds; where 0 is the `lowest` of all, a law in two parts holds it, if of no curve."""
    two_parts = f": -m {_in_two_parts()} fits" if lowest == 0.0 and not sample.curved else ": fit"
    said = {
        "zero": f"are exactly 0{two_parts} whether a row is 0, and the other rows, apart",
        "highest": "are at the maximum {value}: top-coded?",
        "lowest": "are at the minimum {value}: censored?", "between": "are exactly {value}: a code, or a default?",
    }
    return tuple(f"{atom.rows} of {n} rows {said[atom.place].format(value=f'{atom.value:g}')}" for atom in atoms)


def of_patterns(sample: Sample) -> tuple[str, ...]:
    """Terms between the predictors whose values repeat."""
    names = [_written(block.name) for block in sample.blocks]
    if len(names) < 2 or not all(names) or not sample.formula:
        return ()
    return (f"add products of the predictors, such as {_formula(sample, f'{sample.formula} + {names[0]}:{names[1]}')}",)


def _containing(sample: Sample) -> list[str]:
    """The laws of which this one is a case, but for those whose spread depends on predictors."""
    return [name for name, law in MODELS.items() if sample.noise.name in law.contains
            and not any(predictor.kind == "scale" for predictor in law.predictors)]


def _ending(sample: Sample) -> list[str]:
    """The laws that become this one where rows vary the least that they can."""
    written = (*MODELS, *(name for name, _ in _two_parts()))
    return [name for name in written if sample.noise.spelt in MODELS.find(name, "").nested]


def _in_two_parts() -> str:
    """A law of whether a number is 0, and of the others."""
    return next(name for name, part in _two_parts() if part in MODELS and MODELS[part].response is POSITIVE)


def _two_parts() -> Iterator[tuple[str, str]]:
    """The laws that are made of another one, as they are typed, and which that is."""
    return ((f"{name}:{part}", part) for name, law in MODELS.items() for option in law.options
            if isinstance(option, Choice) and option.always for part in option.words)


def _heavy(sample: Sample) -> list[str]:
    """The laws of location that let values be far out: not as the square of the distance, but as itself or its logarithm."""
    found = []
    for name, law in MODELS.items():
        if law.located and len(law.predictors) == 1 and name != sample.noise.name:
            cost = law.nll(np.array([np.sqrt(FAR), FAR]), np.zeros((2, 1)), np.ones(len(law.shapes)), 0).value
            if cost[1] < FAR**0.75 * cost[0]:
                found.append(name)
    return found


def _written(name: str) -> str:
    """The name of a column as a formula has it; nothing for a term, and for what only backquotes could quote."""
    return quoted(name) if re.fullmatch(r"[\w .%/#&@$-]+", name) else ""


def _instead(sample: Sample, name: str, term: str) -> str:
    """The formula with a term in the place of a predictor."""
    parts = sample.formula.split(" + ")
    bare = name.strip("`")      # a name with points may stand without
    there = {name, bare} & {*parts}
    return " + ".join(term if part in there else part for part in parts) if there else f"{sample.formula} + {term}"


def _formula(sample: Sample, right: str) -> str:
    return _option("-f", f"{sample.target} ~ {right}")


def _option(flag: str, text: str) -> str:
    """An option as a shell takes it, to which a backquote is a command."""
    return f"{flag} {shlex.quote(text)}" if "`" in text else f'{flag} "{text}"'


