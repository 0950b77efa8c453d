"""The identities behind mlefit, shown on the user's own data: one line each, and whether it holds."""

from mlefit.proof.prove import prove

__all__ = ["prove"]
