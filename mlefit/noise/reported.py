"""Reported: in which form a report shows parameters, beside that in which they are searched."""

from collections.abc import Mapping
from typing import ClassVar


class Reported:
    """What most laws do; those that differ say so."""

    ratio_name: ClassVar[str | None] = None

    link_name: ClassVar[str | None] = None

    @property
    def mean_link(self) -> str | None:
        """The function of a mean (or median, scale, probability, the f of a loss) that the predictor is, by name; None where it is
        none."""
        return self.link_name

    @property
    def rounded(self) -> str | None:
        """What a curve may have in the place of a law with a corner, with a comma after it; None of most laws."""
        return None

    @property
    def ratio(self) -> str | None:
        """What exp of a coefficient of the mean is, such as an odds ratio; None where it is no ratio."""
        return self.ratio_name

    @property
    def ratios(self) -> Mapping[str, str]:
        """What exp of a coefficient is, by the kind of its predictor."""
        return {} if self.ratio is None else {"mean": self.ratio}

    @property
    def cuts(self) -> tuple[str, ...]:
        """The cut points for which the constant of the mean and the shapes stand: cut k is the sum of the first k shapes less the
        constant, and is shown in their place. None for most laws."""
        return ()
