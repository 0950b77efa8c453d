"""Fringed: the factor of a matrix that is diagonal but for a few last rows and columns.

That is H of least squares in coordinates in which the design is orthonormal, the scale after the coefficients. With

    H = [D b; b' c],   S = c - b' D^-1 b = L L',   F = [D^-1/2  B; 0  C],   C = L^-T,   B = -D^-1 b C,   F F' = H^-1
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array

SHAPES = 3      # last rows at most


class Fringed(NamedTuple):
    """`sizes` (m,): D^1/2; `beside` (m, s): B; `corner` (s, s): C."""

    sizes: Array
    beside: Array
    corner: Array

    @classmethod
    def of(cls, matrix: Array) -> "Fringed | None":
        """That of a symmetric matrix (P, P), None where it has another form, or is not positive definite."""
        size = len(matrix)
        if not size:
            return None
        inside = np.count_nonzero(matrix)
        for s in range(min(SHAPES, size - 1) + 1):
            m = size - s
            rest = np.count_nonzero(matrix[m:]) + np.count_nonzero(matrix[:m, m:])
            if inside - rest != m:
                continue
            diagonal, b = np.diagonal(matrix)[:m], matrix[:m, m:]
            if not (diagonal > 0.0).all():
                return None
            try:
                lower = np.linalg.cholesky(matrix[m:, m:] - b.T @ (b / diagonal[:, None]))
            except np.linalg.LinAlgError:
                return None
            corner = np.linalg.inv(lower).T
            return cls(np.sqrt(diagonal), -(b / diagonal[:, None]) @ corner, corner)
        return None

    @property
    def size(self) -> int:
        """P."""
        return len(self.sizes) + len(self.corner)

    def times(self, u: Array) -> Array:
        """F u, of one vector (P,) or of columns (P, k)."""
        m = len(self.sizes)
        return np.concatenate([(u[:m].T / self.sizes).T + self.beside @ u[m:], self.corner @ u[m:]])

    def pulled(self, directions: Array, first: int = 0) -> Array:
        """A F of rows of A (k, w) on the parameters from `first` on: (k, P); or of one (P,)."""
        m, last = len(self.sizes), first + directions.shape[-1]
        found = np.zeros((*directions.shape[:-1], self.size))
        head = directions[..., : max(0, m - first)]
        found[..., first : first + head.shape[-1]] = head / self.sizes[first : first + head.shape[-1]]
        found[..., m:] = head @ self.beside[first : first + head.shape[-1]]
        found[..., m:] += directions[..., head.shape[-1] :] @ self.corner[max(0, first - m) : max(0, last - m)]
        return found

    def solve(self, gradient: Array) -> Array:
        """H^-1 g = F F'g."""
        return self.times(self.pulled(gradient))
