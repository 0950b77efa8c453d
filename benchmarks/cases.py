"""Cases: the files that are fitted, and the programs that are run on each.

A case is one file and the commands that are timed on it, in turn. Commands have {file} and {peers} to be filled in; a peer is left
out, and listed, where what it `needs` is not installed.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from process import ROOT

PEERS = ROOT / "benchmarks" / "peers"
PLAIN, FIT = "mlefit", "mlefit --no-kl"
PYARROW, POLARS, DUCKDB = "floor: pyarrow", "floor: polars, streamed", "floor: DuckDB"
FLOORS = (PYARROW, POLARS, DUCKDB)
SUMS = "DuckDB, SQL sums"
FAMILIES = ("bernoulli", "poisson", "gamma", "negative-binomial", "student-t", "huber", "laplace", "quantile")
DATA_OF = {"huber": "student-t", "laplace": "student-t", "quantile": "student-t"}
FIVE = ("gaussian", "laplace", "student-t", "huber", "quantile")


@dataclass(frozen=True)
class Program:
    """`command` under a name; `needs`: a module of the peers' Python, or R, or nothing."""

    name: str
    command: tuple[str, ...]
    needs: str = ""


@dataclass(frozen=True)
class Case:
    """`rows` of a `model` with so many `columns` of numbers, and text columns of so many `levels`; `form` is that of the file.
    `law`: what is fitted, where it is not the law that the rows were drawn from."""

    group: str
    model: str
    rows: int
    programs: tuple[Program, ...]
    columns: int = 10
    levels: tuple[int, ...] = ()
    form: str = "csv"
    law: str = ""

    @property
    def title(self) -> str:
        """What stands above its table."""
        text = f" and text of {', '.join(f'{k:,}' for k in self.levels)} levels" if self.levels else ""
        form = ", Parquet" if self.form == "parquet" else ""
        return f"{self.group}: {self.law or self.model}, {self.rows:,} x {self.columns}{text}{form}"

    @property
    def file(self) -> str:
        """The name of its file, which cases may share."""
        return "-".join([self.model, str(self.rows), str(self.columns), *(f"g{k}" for k in self.levels)]) + f".{self.form}"


def ours(model: str, *options: str) -> tuple[str, ...]:
    """A fit by the mlefit that stands here."""
    return (sys.executable, "-m", "mlefit", "fit", "{file}", "-m", model, "-t", "y", "-q", *options)


def peer(name: str, script: str, model: str, needs: str) -> Program:
    """A program under peers/."""
    if script.endswith(".R"):
        return Program(name, ("Rscript", "--vanilla", str(PEERS / script), "{file}", model), "R")
    return Program(name, ("{peers}", str(PEERS / script), "{file}", model), needs)


def floors() -> Iterator[Program]:
    """Reading alone, by the readers that are fastest."""
    yield Program(PYARROW, (sys.executable, str(PEERS / "floor.py"), "{file}"))
    yield peer(POLARS, "floor_polars.py", "", "polars")
    yield peer(DUCKDB, "floor_duckdb.py", "", "duckdb")


def peers(model: str, rows: int) -> Iterator[Program]:
    """The peers that fit a model."""
    if model == "gaussian":
        yield peer(SUMS, "duckdb_sums.py", model, "duckdb")
        yield peer("polars, numpy", "polars_gram.py", model, "polars")
    if model in ("gaussian", "bernoulli"):
        yield peer("glum", "glum_irls.py", model, "glum")
    if model in ("gaussian", "bernoulli", "categorical"):
        yield peer("scikit-learn", "sklearn_newton.py", model, "sklearn")
        yield peer("statsmodels", "statsmodels_polars.py", model, "statsmodels")
    if model in ("gaussian", "bernoulli", "poisson") and rows <= 10**5:
        yield peer("R", "base.R", model, "R")


def own(model: str, *options: str) -> Iterator[Program]:
    """mlefit as it comes, and without its KL."""
    yield Program(PLAIN, ours(model, *options))
    yield Program(FIT, ours(model, "--no-kl", *options))


def small() -> Iterator[Case]:
    """Files of which the start is most."""
    for rows in (100, 1000, 10_000):
        for model in ("gaussian", "bernoulli"):
            yield Case("small", model, rows, (*own(model), *peers(model, rows)))


def tall(rows: int) -> Iterator[Case]:
    """Many rows of ten numbers."""
    for model in ("gaussian", "bernoulli", "categorical"):
        yield Case("tall", model, rows, (*floors(), *own(model), *peers(model, rows)))


def families(rows: int) -> Iterator[Case]:
    """Laws of every kind, on data of their own."""
    for model in FAMILIES:
        medians = (peer("statsmodels QuantReg", "quantreg_statsmodels.py", model, "statsmodels"),
                   peer("R quantreg", "quantreg.R", model, "R")) if model == "quantile" else ()
        programs = (*floors(), Program(f"{PLAIN} -m {model}", ours(model)), *medians)
        yield Case("families", DATA_OF.get(model, model), rows, programs, law=model)


def others(rows: int) -> Iterator[Case]:
    """A mean that is written, several models, Parquet, classes, text."""
    mean = ours("gaussian", "--mean", "a + b*exp(c*x1)", "--start", "c=1")
    yield Case("mean", "growth", rows, (*floors(), Program("mlefit --mean", mean)))
    models = [word for law in FIVE for word in ("-m", law)]
    yield Case("compare", "student-t", rows, (
        *floors(), Program("mlefit compare", (sys.executable, "-m", "mlefit", "compare", "{file}", "-t", "y", "-q", *models)),
        *(Program(f"{PLAIN} -m {law}", ours(law)) for law in FIVE)))
    yield Case("parquet", "gaussian", rows, (
        Program("floor: pyarrow", (sys.executable, str(PEERS / "floor_parquet.py"), "{file}")), *own("gaussian")), form="parquet")
    yield Case("classes", "classes30", 20_000, tuple(own("categorical")))
    for levels in ((20,), (1000,)):
        for model in ("gaussian", "bernoulli"):
            sparse = tuple(peers(model, 10**5)) if levels == (20,) else ()
            yield Case("text", model, 10**5, (*own(model), *(one for one in sparse if one.name != SUMS)), levels=levels)


def wide() -> Iterator[Case]:
    """Hundreds of columns."""
    for rows, columns in ((10**4, 1000), (10**5, 300)):
        for model in ("gaussian", "bernoulli"):
            rivals = ("glum", "scikit-learn", "R") if rows == 10**4 else ("glum", "scikit-learn")
            chosen = (one for one in peers(model, rows) if one.name in rivals)
            yield Case("wide", model, rows, (*own(model), *chosen), columns=columns)


IMPORTED = ("numpy", "scipy.optimize", "pyarrow.csv", "rich.table", "typer")
STARTS = {
    "`python -c 0`": (sys.executable, "-c", "0"),
    **{f"`python -c 'import {name}'`": (sys.executable, "-c", f"import {name}") for name in IMPORTED},
    f"`python -c 'import {', '.join(IMPORTED)}'`": (sys.executable, "-c", f"import {', '.join(IMPORTED)}"),
    "`mlefit --version`": (sys.executable, "-m", "mlefit", "--version"),
    "`mlefit --help`": (sys.executable, "-m", "mlefit", "--help"),
    "`mlefit fit --help`": (sys.executable, "-m", "mlefit", "fit", "--help"),
}
WARM = {
    "a warm fit of 1,000 rows in Python, `kl=False`": ("1000", "--no-kl"), "a warm fit of 1,000 rows in Python": ("1000",),
}
