"""Predictors: the right-hand side of a model, which turns rows into a design. It is all that a prediction needs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.design.complete import Used
from mlefit.design.levels import Levels
from mlefit.design.scaling import Scaling
from mlefit.design.terms import CONSTANT, Offset, Term
from mlefit.records import record
from mlefit.source.batch import Batch


class Side(NamedTuple):
    """A right-hand side among all columns of the design: its terms, and the `places` of its columns, a constant's first."""

    terms: tuple[Term, ...]
    intercept: bool
    places: tuple[int, ...]

    def by_term(self) -> Iterator[tuple[Term, tuple[int, ...]]]:
        """Each term with the places of its columns."""
        start = int(self.intercept)
        for term in self.terms:
            yield term, self.places[start : start + term.width]
            start += term.width


@record(frozen=True)
class Predictors:
    """The terms, whether there is a constant before them, and the known part of the linear predictor, if any.

    `scale`: the terms of a scale that has a design of its own, with its constant among them; None where all predictors of a law
    have the same. A term that both have has one place in the design.

    `indexed`: a factor of many levels, one of the terms of the mean, that has no columns in the table of numbers but a level for
    each row; its places in the design are the last. `crossed`: others of the kind, each with a baseline, whose places come before.
    """

    terms: tuple[Term, ...]
    intercept: bool
    offset: Offset | None = None
    scale: tuple[Term, ...] | None = None
    indexed: Levels | None = None
    crossed: tuple[Levels, ...] = ()

    @cached_property
    def distinct(self) -> tuple[Term, ...]:
        """All terms, each once, those of the mean first; but for a constant that the mean has."""
        if self.indexed is not None:
            last = tuple(Term((factor,)) for factor in (*self.crossed, self.indexed))
            return (*(term for term in self.terms if term not in last), *last)
        return tuple(dict.fromkeys((*self.terms, *self._own))) if self.scale else self.terms

    @property
    def uncolumned(self) -> tuple[Levels, ...]:
        """The factors that have levels and no columns."""
        return () if self.indexed is None else (self.indexed, *self.crossed)

    @cached_property
    def columned(self) -> tuple[Term, ...]:
        """The terms that have columns in the table of numbers, which stand first in the design."""
        return self.distinct if self.indexed is None else self.distinct[: -1 - len(self.crossed)]

    @cached_property
    def columns_wide(self) -> int:
        """How many columns the table of numbers has."""
        return int(self.intercept) + sum(term.width for term in self.columned)

    @property
    def crossed_places(self) -> range:
        """The places of the levels of crossed factors, but for their baselines."""
        first = self.columns_wide
        return range(first, first + sum(factor.width for factor in self.crossed))

    @property
    def indexed_places(self) -> range:
        """The places of the levels of the indexed factor, but for its baseline."""
        return range(self.width - (0 if self.indexed is None else self.indexed.width), self.width)

    @property
    def _own(self) -> tuple[Term, ...]:
        """The terms of the scale that need columns."""
        return tuple(term for term in self.scale or () if not (self.intercept and term == CONSTANT))

    def constant(self, kind: str) -> bool:
        """Whether predictors of a kind have a constant. Terms need not be learnt."""
        return CONSTANT in self.scale if kind == "scale" and self.scale is not None else self.intercept

    @cached_property
    def placed(self) -> tuple[tuple[Term, range], ...]:
        """Each term of `distinct` with the places of its columns."""
        found, place = [], int(self.intercept)
        for term in self.distinct:
            found.append((term, range(place, place + term.width)))
            place += term.width
        return tuple(found)

    @cached_property
    def sides(self) -> tuple[Side, ...]:
        """That of the mean, or of all predictors; and that of a scale of its own."""
        places = dict(self.placed)
        head = (0,) if self.intercept else ()
        mean = Side(self.terms, self.intercept, tuple(j for part in (head, *(places[term] for term in self.terms)) for j in part))
        if self.scale is None:
            return (mean,)
        constant = self.constant("scale")
        terms = tuple(term for term in self.scale if term != CONSTANT)
        first = (head or places[CONSTANT]) if constant else ()
        return mean, Side(terms, constant, tuple(j for part in (first, *(places[term] for term in terms)) for j in part))

    @property
    def movable(self) -> tuple[bool, ...]:
        """Of each column, whether every side that has it has a constant beside it, which can take up a shift."""
        fixed = {place for side in self.sides for place in (side.places[:1] if side.intercept else side.places)}
        return tuple(place not in fixed for place in range(self.width))

    def learnt(self, learn: Callable[[tuple[Term, ...], bool], tuple[Term, ...]]) -> "Predictors":
        """With the terms of each side as `learn` makes them of the terms and of whether there is a constant."""
        if self.scale is None:
            return replace(self, terms=learn(self.terms, self.intercept))
        constant = tuple(term for term in self.scale if term == CONSTANT)
        rest = tuple(term for term in self.scale if term != CONSTANT)
        return replace(self, terms=learn(self.terms, self.intercept), scale=(*constant, *learn(rest, bool(constant))))

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """Columns to be read as numbers, each once."""
        names = [name for term in self.distinct for name in sorted(term.numbers)]
        names += [] if self.offset is None else sorted(self.offset.numbers)
        return tuple(dict.fromkeys(names))

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """Columns to be read as levels, each once."""
        return tuple(dict.fromkeys(name for term in self.distinct for name in sorted(term.categories)))

    def labels(self) -> tuple[str, ...]:
        """Names of the p design columns, the constant first."""
        head = ("(Intercept)",) if self.intercept else ()
        return head + tuple(label for term in self.distinct for label in term.labels())

    def terms_of_columns(self) -> tuple[str | None, ...]:
        """For each of the p design columns its term as text; None for a constant."""
        head: tuple[str | None, ...] = (None,) if self.intercept else ()
        texts = ((None if term == CONSTANT else term.text, term.width) for term in self.distinct)
        return head + tuple(text for text, width in texts for _ in range(width))

    @cached_property
    def width(self) -> int:
        """p."""
        return int(self.intercept) + sum(term.width for term in self.distinct)

    def unlearnt(self, batch: Batch) -> dict[str, Mask]:
        """By column, the rows (rows,) of a batch with a level that no row learnt from has."""
        factors = dict.fromkeys(factor for term in self.distinct for factor in term.factors)
        found = {factor.text: factor.unlearnt(batch) for factor in factors}
        return {text: rows for text, rows in found.items() if rows is not None}

    def columns(self, used: Used) -> Iterator[tuple[Array, float, Array | None]]:
        """The design columns (n,) after the constant, as they are in the file, each with max|x| and what doubles leave of it.

        Raises InBlockError where a term has no finite value, or a level that was not learnt.
        """
        for term in self.columned:
            values = term.evaluate(used.batch, used.keep)
            known = used.extent(term.plain)
            for j in range(values.shape[1]):
                column = used.cells(values[:, j])
                yield column, used.magnitude(term.text, column, term.numbers, known), used.rest(term.plain)

    def encode(self, used: Used, scaling: Scaling, out: Array) -> Array:
        """Fill `out` (n, p), all columns of the table, with the design in encoded units; what was rounded (p,) is returned.

        Raises as `columns`."""
        head = int(self.intercept)
        out[:, :head] = 1.0
        largest = np.ones(out.shape[1])
        for j, (column, most, rest) in enumerate(self.columns(used), start=head):
            np.subtract(column, scaling.centre[j], out=out[:, j])
            if rest is not None:        # exact: beside a centre of their own size, the differences of doubles are
                out[:, j] += rest
            largest[j] = used.rounded(column, most, out[:, j], rest, scaling.scale[j])
        with np.errstate(over="ignore"):    # the magnitudes tell when the scaling is no guide to these rows
            out[:, head:] /= scaling.scale[head : out.shape[1]]
            magnitude: Array = largest / scaling.scale[: out.shape[1]]
        return magnitude

    def crossings(self, used: Used) -> Index | None:
        """The levels (n, f) of the crossed factors, as places among those of all of them, baselines too. Raises as `columns`."""
        if not self.crossed:
            return None
        found, before = [], 0
        for factor in self.crossed:
            found.append(factor.index(used.batch, used.keep)[used.rows] + before)
            before += len(factor.levels or ())
        return np.stack(found).T

    def known(self, used: Used) -> Array | None:
        """The offset (n,) in units of the linear predictor. Raises InBlockError where it has no finite value."""
        if self.offset is None:
            return None
        cells = used.cells(self.offset.evaluate(used.batch))
        used.magnitude(self.offset.text, cells, self.offset.numbers)
        return cells
