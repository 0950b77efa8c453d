"""Canvas: dots in the cells of a terminal, 2 x 4 braille dots each, or one character each where there is no Unicode.

A line over a filled area is cut out of it, so that both are seen without colour.
"""

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.report.layout import room_of

BRAILLE = 0x2800
BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])     # of the dots of a cell (Unicode 15, chapter 21.1)


class Canvas:
    """`rows` x `columns` cells. Places are those of dots, from the top left; what lies outside is not drawn."""

    def __init__(self, rows: int, columns: int, *, plain: bool) -> None:
        self.rows, self.columns, self.plain = rows, columns, plain
        self.tall, self.wide = (1, 1) if plain else (4, 2)
        self.height, self.width = rows * self.tall, columns * self.wide
        self.lit = np.zeros((self.height, self.width), bool)
        self.filled = np.zeros((self.height, self.width), bool)
        self.sign = np.full((rows, columns), " ")
        self.words: list[tuple[int, int, str]] = []

    def inside(self, x: Array, y: Array) -> tuple[Index, Index]:
        """Finite places within the canvas, as whole numbers."""
        x, y = np.ravel(x), np.ravel(y)
        known = np.isfinite(x) & np.isfinite(y)
        known[known] = (np.round(x[known]) >= 0) & (np.round(x[known]) < self.width)
        known[known] = (np.round(y[known]) >= 0) & (np.round(y[known]) < self.height)
        return np.round(x[known]).astype(int), np.round(y[known]).astype(int)

    def dot(self, x: Array, y: Array, sign: str) -> None:
        """Dots; within a filled area they are left out instead, and where a cell is a sign they replace it."""
        across, down = self.inside(x, y)
        self.lit[down, across] = True if self.plain else ~self.filled[down, across]
        self.sign[down // self.tall, across // self.wide] = sign

    def fill(self, left: float, right: float, top: float, bottom: float, sign: str) -> None:
        """A filled rectangle, at least one dot wide."""
        if not np.all(np.isfinite([left, right, top, bottom])):
            return
        start, end = max(round(left), 0), min(max(round(right), round(left) + 1), self.width)
        high, low = max(round(min(top, bottom)), 0), min(round(max(top, bottom)) + 1, self.height)
        self.lit[high:low, start:end] = True
        self.filled[high:low, start:end] = True
        self.sign[high // self.tall : -(-low // self.tall), start // self.wide : -(-end // self.wide)] = sign

    def write(self, row: int, column: int, words: str) -> None:
        """Text over the dots, moved so that it stands within the canvas."""
        room = room_of(words)
        if 0 <= row < self.rows and room <= self.columns:
            self.words.append((row, min(max(column, 0), self.columns - room), words))

    def lines(self, blank: str) -> list[str]:
        """The rows as text; `blank` is what an empty cell is."""
        found = [self._row(row, blank) for row in range(self.rows)]
        for row, column, words in self.words:
            found[row] = [*found[row][:column], words, *found[row][column + room_of(words) :]]
            found[row][column + 1 : column + 1] = [""] * (room_of(words) - 1)       # a text stands in its first cell
        return ["".join(row) for row in found]

    def _row(self, row: int, blank: str) -> list[str]:
        cells = self.lit[row * self.tall : (row + 1) * self.tall].reshape(self.tall, self.columns, self.wide)
        lit: Mask = np.asarray(cells.any(axis=(0, 2)))
        if self.plain:
            return [str(sign) if on else blank for on, sign in zip(lit, self.sign[row], strict=True)]
        codes = np.einsum("ajb,ab->j", cells.astype(int), BITS)
        return [chr(BRAILLE + code) if code else blank for code in codes.tolist()]
