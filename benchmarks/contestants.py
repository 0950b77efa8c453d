"""Contestants: the programs that are timed, and which of the optional ones this machine has."""

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from process import ROOT

PEERS = ROOT / "benchmarks" / "peers"
EVERY = ("gaussian", "bernoulli", "categorical")
FLOOR = "floor: pyarrow.csv.read_csv"
OURS = "mlefit --draws 0"
DEFAULT = "mlefit"
STREAM = "mlefit --draws 0 --engine stream --memory 200MB"


@dataclass(frozen=True)
class Contestant:
    """`command` with {file} and {model} to be filled in; `text` says whether it takes text columns."""

    name: str
    command: tuple[str, ...]
    models: tuple[str, ...] = EVERY
    peer: bool = False
    text: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def filled(self, file: str, model: str) -> tuple[list[str], dict[str, str]]:
        """The command line and the environment for one file."""
        def fill(text: str) -> str:
            return text.replace("{file}", file).replace("{model}", model)
        return [fill(word) for word in self.command], {key: fill(text) for key, text in self.environment.items()}


def ours(*options: str) -> tuple[str, ...]:
    """A fit by the mlefit that is installed: -P keeps the source beside the benchmarks out of the way."""
    return (sys.executable, "-P", "-m", "mlefit", "fit", "{file}", "--model", "{model}", "--target", "y", *options)


ALWAYS = (
    Contestant(FLOOR, (sys.executable, str(PEERS / "floor.py"), "{file}")),
    Contestant(OURS, ours("--draws", "0"), note="both routes, standard errors, existence, entropy, KL"),
    Contestant(DEFAULT, ours(), note="the same with the simulated null of the KL"),
)
STREAMED = Contestant(STREAM, ours("--draws", "0", "--engine", "stream", "--memory", "200MB"))


def python_peer(python: str, name: str, package: str, models: tuple[str, ...] = EVERY, note: str = "") -> Contestant:
    """A Python program under peers/ that needs `package`."""
    command = (python, str(PEERS / name), "{file}", "{model}")
    return Contestant(f"{package} with polars", command, models, peer=True, note=note)


def found(python: str) -> tuple[list[Contestant], list[str]]:
    """(peers that are installed, names of those that are not); Python peers run under the interpreter `python`."""
    present, absent = [], []
    errors = "with standard errors"
    scripts = [
        ("statsmodels", "statsmodels", python_peer(python, "statsmodels_polars.py", "statsmodels", note=errors)),
        ("sklearn", "scikit-learn", python_peer(python, "sklearn_newton.py", "scikit-learn", note="no errors")),
        ("glum", "glum", python_peer(python, "glum_irls.py", "glum", ("gaussian", "bernoulli"), errors)),
    ]
    for module, name, contestant in scripts:
        if shutil.which(python) and answers([python, "-c", f"import {module}, polars"]):
            present.append(contestant)
        else:
            absent.append(name)
    if shutil.which("Rscript") and answers(["Rscript", "-e", "library(data.table); library(nnet)"]):
        program = ("Rscript", "--vanilla", str(PEERS / "fread.R"), "{file}", "{model}")
        present.append(Contestant("R fread with lm, glm, multinom", program, peer=True, note=errors))
    else:
        absent.append("R with data.table and nnet")
    if shutil.which("gretlcli"):
        given = {"BENCHMARK_FILE": "{file}", "BENCHMARK_MODEL": "{model}"}
        program = ("gretlcli", "-b", str(PEERS / "fit.inp"))
        present.append(Contestant("gretl", program, peer=True, text=False, environment=given, note=errors))
    else:
        absent.append("gretl")
    return present, absent


def answers(command: Sequence[str]) -> bool:
    """Whether a command ends well."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
