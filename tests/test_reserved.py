"""Names of later versions: the whole list exits 2 and says so, and nothing that is built has one of them."""

from typing import Any

import pytest
import typer
from fake_pipeline import Pipeline
from report_samples import GAUSSIAN

from mlefit.cli import main
from mlefit.cli.app import app
from mlefit.cli.reserved import COMMANDS, OPTIONS

# The command line that has been promised, built or not.
PROMISED_COMMANDS = {
    "fit", "help", "models", "prove", "explain", "compare", "predict", "simulate", "check", "audit", "export", "show", "plot",
    "report", "schema", "completion",
}
PROMISED_OPTIONS = {
    "-m", "--model", "-t", "--target", "-x", "--features", "-f", "--formula", "--no-intercept", "--positive", "--reference",
    "--weights", "--weights-kind", "--offset", "--missing", "--se", "--intervals", "--detail", "--effects", "--exponentiate",
    "--sort", "--as", "--levels", "--order", "--require", "--no-kl", "--holdout", "--level", "--bits", "--seed", "--draws",
    "-o", "--output", "--out", "--save", "--delimiter", "--encoding", "--decimal", "--na", "--no-header", "--engine",
    "--memory", "--threads", "-q", "--quiet", "--mean", "--start", "--loss", "--density", "--scale-features",
    "--scale-formula", "--trials", "--by", "--insecure", "--partition", "--bounds", "--start-only", "--skip", "--sheet",
    "--table", "--query", "--folds", "--allow-failures", "--version", "-V",
}
REMEDY = "`mlefit --help` lists what there is"


def built() -> tuple[set[str], set[str]]:
    """The commands of the app, and every option of any of them."""
    group: Any = typer.main.get_command(app)
    names = group.list_commands(None)
    every = (group, *(group.get_command(None, name) for name in names))
    return set(names), {flag for one in every for parameter in one.params for flag in parameter.opts if flag.startswith("-")}


def test_every_promise_is_built_or_reserved_and_never_both() -> None:
    commands, options = built()
    assert not commands & set(COMMANDS)
    assert commands | set(COMMANDS) == PROMISED_COMMANDS
    assert not options & set(OPTIONS)
    assert options | set(OPTIONS) >= PROMISED_OPTIONS
    assert set(OPTIONS) <= PROMISED_OPTIONS
    assert (len(set(COMMANDS)), len(set(OPTIONS))) == (len(COMMANDS), len(OPTIONS))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_reserved_command_exits_2_and_says_so(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "d.csv", "--zzz"]) == 2
    assert capsys.readouterr() == ("", f"mlefit: {name} is not built yet\n{REMEDY}\n")


@pytest.mark.parametrize("arguments", [("fit", "d"), ("prove", "d"), ("explain", "gaussian"), ("models",)], ids=" ".join)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_reserved_option_exits_2_and_says_so(
    name: str, arguments: tuple[str, ...], pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    requests = pipeline(GAUSSIAN)
    for spelling in ([name, "x"], [name], *([[f"{name}=x"]] if name.startswith("--") else [])):
        assert main([*arguments, *spelling]) == 2
        assert capsys.readouterr() == ("", f"mlefit: {name} is not built yet\n{REMEDY}\n")
    assert requests == []
