"""Data sets of an R that is installed: they are under its licence, so that none is copied here."""

import csv
import io
import shutil
import subprocess

import pytest


def data_set(expression: str) -> dict[str, list[str]]:
    """The columns of a data frame, as text. Skips the test where there is no R with it."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    done = subprocess.run(["Rscript", "--vanilla", "-e", f"write.csv({expression}, row.names = FALSE)"],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"R has no {expression}")
    header, *rows = csv.reader(io.StringIO(done.stdout))
    return {name: [row[at] for row in rows] for at, name in enumerate(header)}
