"""`python -m mlefit`."""

from mlefit.cli import process

process()
