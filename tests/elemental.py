"""Least losses by brute force: the plane through every p rows, in exact fractions. Some of them attain the least loss (Koenker and
Bassett 1978, theorem 3.1), and each coefficient has its extremes over all points of least loss at such ones."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import numpy as np

Row = Sequence[Fraction]


class Least(NamedTuple):
    """The least loss, and the planes (k, p) that have it."""

    loss: Fraction
    planes: list[list[Fraction]]

    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """The least and largest value (p,) of each coefficient."""
        values = np.array([[float(value) for value in plane] for plane in self.planes])
        return values.min(axis=0), values.max(axis=0)


def least(x: np.ndarray, y: np.ndarray, tau: Fraction, weight: np.ndarray | None = None) -> Least:
    """Over all elemental planes of design x (n, p)."""
    rows = [[Fraction(float(value)) for value in row] for row in x]
    responses = [Fraction(float(value)) for value in y]
    weights = [Fraction(1)] * len(y) if weight is None else [Fraction(float(w)) for w in weight]
    best = Least(Fraction(10**30), [])
    for chosen in combinations(range(len(y)), x.shape[1]):
        plane = solved([rows[i] for i in chosen], [responses[i] for i in chosen])
        if plane is None:
            continue
        loss = Fraction(0)
        for row, response, w in zip(rows, responses, weights, strict=True):
            r = response - sum((a * b for a, b in zip(row, plane, strict=True)), Fraction(0))
            loss += w * r * (tau if r >= 0 else tau - 1)
        if loss < best.loss:
            best = Least(loss, [])
        if loss == best.loss:
            best.planes.append(plane)
    return best


def solved(matrix: list[Row], right: Row) -> list[Fraction] | None:
    """The solution of a square system by elimination, None where it is singular."""
    table = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for j in range(len(table)):
        pivot = next((i for i in range(j, len(table)) if table[i][j] != 0), None)
        if pivot is None:
            return None
        table[j], table[pivot] = table[pivot], table[j]
        table[j] = [value / table[j][j] for value in table[j]]
        for i in range(len(table)):
            if i != j and table[i][j] != 0:
                factor = table[i][j]
                table[i] = [a - factor * b for a, b in zip(table[i], table[j], strict=True)]
    return [row[-1] for row in table]
