"""Written: what a prediction shows, as text that other programs can compute, and of a function of the response.

The texts are of the language of means: arithmetic, `exp`, `logistic`, `normal_cdf` and the like. The predictors of a row are `eta`,
`eta2`, `eta3` and so on, in natural units, `trials` those of a law of successes; shapes stand in it as numbers.
"""

from typing import ClassVar

from mlefit.arrays import Array


class Written:
    """`centre_text`, `median_text`: the centre of a law of numbers and its median; None where there is no closed form.
    `spread_text`: of the centre where the log scale is `eta2`. `zero_text`: of the chance of 0, where that has a predictor of its
    own. `by_predictor`: whether the likeliest level is that of the largest predictor, where 0 is that of the first level."""

    centre_text: ClassVar[str | None] = None
    median_text: ClassVar[str | None] = None
    spread_text: ClassVar[str | None] = None
    zero_text: ClassVar[str | None] = None
    by_predictor: ClassVar[bool] = False

    def centre_formula(self, free: Array) -> str | None:
        """The centre at these free shapes (s,)."""
        return self.centre_text

    def median_formula(self, free: Array) -> str | None:
        """The median at these free shapes (s,)."""
        return self.median_text

    def exponential_mean(self, rate: float, eta: Array, free: Array) -> Array | None:
        """E exp(rate Y) (n,), NaN where it is infinite: the mean of a response whose logarithm has this law. None: not known."""
        return None

    def positive_square(self, eta: Array, free: Array) -> Array | None:
        """E max(Y, 0)^2 (n,): the mean of a response whose root has this law. None: not known."""
        return None

    def probability_formulas(self, free: Array) -> tuple[str, ...] | None:
        """That of each level at these free shapes (s,), of a law of levels."""
        return None

    def zero_share(self, eta: Array) -> Array | None:
        """P(Y = 0) (n,) where that has a predictor of its own, which a prediction shows."""
        return None
