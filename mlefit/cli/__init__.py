"""The command line: one command per file, no arithmetic."""

from mlefit.cli.entry import main

__all__ = ["main"]
