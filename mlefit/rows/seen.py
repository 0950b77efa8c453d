"""Seen: the cells of rows as they stand in the file, for what is shown of the rows of a sample."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Codes, Index


class Seen(NamedTuple):
    """Columns of numbers (n,); codes (n,) of columns of levels, with the levels; and the row of the file (n,), from 1 on."""

    row: Array
    numbers: Mapping[str, Array]
    codes: Mapping[str, Codes]
    levels: Mapping[str, tuple[str, ...]]

    def take(self, rows: Index) -> "Seen":
        """The rows of these indices."""
        return Seen(self.row[rows], {name: values[rows] for name, values in self.numbers.items()},
                    {name: codes[rows] for name, codes in self.codes.items()}, self.levels)

    def after(self, rows: int) -> "Seen":
        """Where so many rows of the file stand before."""
        return self._replace(row=self.row + rows)


def together(parts: Sequence[Seen]) -> Seen:
    """Rows of several parts, at least one, whose levels are those of all, in order of appearance."""
    first = parts[0]
    levels = {name: tuple(dict.fromkeys(level for part in parts for level in part.levels[name])) for name in first.levels}
    codes = {}
    for name, known in levels.items():
        places = {level: place for place, level in enumerate(known)}
        tables = [np.array([places[level] for level in part.levels[name]], dtype=part.codes[name].dtype) for part in parts]
        codes[name] = np.concatenate([table[part.codes[name]] for table, part in zip(tables, parts, strict=True)])
    numbers = {name: np.concatenate([part.numbers[name] for part in parts]) for name in first.numbers}
    return Seen(np.concatenate([part.row for part in parts]), numbers, codes, levels)
