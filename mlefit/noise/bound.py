"""Bound: what a law knows of rows beside their predictors, such as the trials of which a response are the successes."""

from typing import TYPE_CHECKING, ClassVar, Self

from mlefit.arrays import Array, Index

if TYPE_CHECKING:
    from mlefit.noise.model import NoiseModel


class Bound:
    """Most laws need to know nothing; those that do say so.

    `together`: rows that are best asked for at a time where several predictors are tried on each; None: any number."""

    together: ClassVar[int | None] = None

    def among(self, trials: Array | None) -> Self:
        """This law for rows with so many trials (n,)."""
        return self

    def some(self, rows: Index) -> Self:
        """This law for those of the rows that it was bound to."""
        return self

    trials: Array | None = None     # those (n,) of the rows that it is bound to

    @property
    def bound(self) -> bool:
        """Whether it was bound to rows, so that equal predictors do not make equal laws."""
        return False

    @property
    def either(self) -> "NoiseModel | None":
        """The law of the side of a cut on which a row lies, of a law of levels with cuts."""
        return None

    @property
    def single(self) -> "NoiseModel | None":
        """What a law of successes is where each row is one trial."""
        return None

    @property
    def several(self) -> "NoiseModel | None":
        """What a law of single trials is where rows have several."""
        return None
