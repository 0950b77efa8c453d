"""The corridor: a request becomes a report."""

from mlefit.pipeline.run import run

__all__ = ["run"]
