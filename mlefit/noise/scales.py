"""Scales: what a law makes of a change of the unit of its response."""


class Scales:
    """Facts that most laws have in common; those that differ say so."""

    @property
    def scalable(self) -> bool:
        """Whether y may be scaled, though not shifted."""
        return False

    @property
    def one_unit(self) -> bool:
        """Whether no predictor has a `log_unit`, which only a constant could take up."""
        return True

    @property
    def loss_power(self) -> int:
        """When y is multiplied by s, the loss is by s ** loss_power."""
        return 0

    @property
    def loss_log_unit(self) -> float:
        """When y is multiplied by s, the loss grows by loss_log_unit log s."""
        return 0
