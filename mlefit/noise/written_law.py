"""The law that an expression is: of one difference, of labels, of counts, or of neither in a base that makes it one."""

from mlefit.noise.model import NoiseModel
from mlefit.noise.read_loss import counts_of, family_of, labelled, read_loss


def of_loss(text: str) -> NoiseModel:
    """The law of a loss. Raises UsageError for what is no loss, NoEstimateError for what is no noise model."""
    text = "".join(text.split())
    if labelled(text) is not None:
        from mlefit.noise.of_labels import OfLabels

        return OfLabels(text)
    if counts_of(text) is not None:
        from mlefit.noise.of_counts import OfCounts

        return OfCounts(text)
    if family_of(text) is not None:
        from mlefit.noise.based_loss import BasedLoss

        return BasedLoss(text)
    from mlefit.noise.of_loss import OfLoss

    read_loss(text)
    return OfLoss(text)


def of_density(text: str) -> NoiseModel:
    """The law of a density. Raises UsageError for what is none, NoEstimateError for what does not integrate to one."""
    from mlefit.noise.of_density import OfDensity, read_density

    text = "".join(text.split())
    if read_density(text) is not None:
        return OfDensity(text)
    from mlefit.noise.any_density import AnyDensity, read_any

    read_any(text)
    return AnyDensity(text)
