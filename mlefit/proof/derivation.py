"""Derivations: from the likelihood of each noise model to its loss, with a worked number computed by the model itself.

Each law has its own. The steps that popular accounts get wrong are done right: the log of the normaliser stays; the
cross-entropy is that of the empirical law, in which equal rows share their frequencies, not of labels that are certain one
by one; and samples have no divergence from a density.
"""

from mlefit.noise import MODELS


def derivation(name: str) -> str:
    """The derivation of `NAME[:option=value,...]`, with its worked number. Raises UsageError for an unknown name."""
    return MODELS.find(name, "").derivation()
