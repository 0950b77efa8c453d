"""The command line: one command per file, no arithmetic."""

from mlefit.cli.start import main, process

__all__ = ["main", "process"]
