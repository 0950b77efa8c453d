"""Moving sums of scores in file order: the middle of the sandwich of Newey and West (1987), added up over parts.

With L lags the Bartlett-weighted sum of products is that of outer products of moving sums of L + 1 scores, as if scores of
zero stood before the first row and after the last,

    sum_k (1 - |k|/(L + 1)) sum_t s_t s_(t-k)' = 1/(L + 1) sum_t W_t W_t',   W_t = s_t + ... + s_(t+L)

so a part needs to remember nothing of its rows but the first and the last L, and the sum is never negative.
"""


import numpy as np

from mlefit.arrays import Array, product
from mlefit.records import record


@record(frozen=True)
class Moving:
    """`head` and `tail` (at most L, P): the first and last scores of consecutive rows. `middle` (P, P): W W' of the windows
    that lie within the rows. A monoid, not a commutative one: the rows of what is added come after."""

    lags: int
    head: Array
    tail: Array
    middle: Array

    @classmethod
    def of(cls, scores: Array, lags: int) -> "Moving":
        """Consecutive rows (n, P)."""
        edge = min(lags, len(scores))
        return cls(lags, scores[:edge].copy(), scores[len(scores) - edge :].copy(), _windows(scores, lags))

    def __add__(self, other: "Moving") -> "Moving":
        across = _windows(np.concatenate([self.tail, other.head]), self.lags)
        head = self.head if len(self.head) == self.lags else np.concatenate([self.head, other.head])[: self.lags]
        last = np.concatenate([self.tail, other.tail])
        tail = other.tail if len(other.tail) == self.lags else last[max(len(last) - self.lags, 0) :]
        return Moving(self.lags, head, tail, self.middle + across + other.middle)

    @property
    def total(self) -> Array:
        """The sum (P, P) over all windows, those at both ends included."""
        edge = Moving.of(np.zeros((self.lags, self.middle.shape[0])), self.lags)
        return (edge + self + edge).middle / (self.lags + 1.0)


def _windows(scores: Array, lags: int) -> Array:
    """sum W W' (P, P) of the windows of lags + 1 rows within these rows."""
    if len(scores) <= lags:
        return np.zeros((scores.shape[1], scores.shape[1]))
    sums = np.concatenate([np.zeros((1, scores.shape[1])), np.cumsum(scores, axis=0)])
    window = sums[lags + 1 :] - sums[: len(sums) - lags - 1]
    return product(window.T, window)
