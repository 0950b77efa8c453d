"""Plot: NLL and loss along a slice through the optimum, minima marked. The one place with matplotlib."""

from importlib.util import find_spec
from pathlib import Path

from mlefit.errors import UsageError
from mlefit.proof.proof import Slice
from mlefit.report.safety import shown

KINDS = (".png", ".svg")


def check(path: str) -> None:
    """Raises UsageError for a file that is no picture, and when matplotlib is not installed."""
    if Path(path).suffix.lower() not in KINDS:
        raise UsageError(f'--plot: expected a file that ends in .png or .svg, found "{shown(path)}"',
                         "such as --plot proof.png", code="bad-value")
    if find_spec("matplotlib") is None:
        raise UsageError("--plot needs matplotlib, which is not installed", 'pip install "mlefit[plot]"',
                         code="missing-extra")


def draw(shape: Slice, path: str) -> None:
    """Write the picture. Raises UsageError when the place refuses it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 6.0), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    for axes, heights, name, best, route in (
        (upper, shape.nll, "NLL, nats per row", shape.at_mle, "maximum likelihood"),
        (lower, shape.loss, shape.loss_name, shape.at_loss, "least loss"),
    ):
        axes.plot(shape.value, heights, color="black", linewidth=1.2)
        axes.axvline(best, color="tab:red", linewidth=1.0, label=f"{route}: {best:.6g}")
        axes.set_ylabel(name)
        axes.legend(frameon=False, loc="upper center")
    lower.set_xlabel(shown(shape.label).replace("$", r"\$"))
    try:
        figure.savefig(path)
    except OSError as error:
        raise UsageError(f'--plot: "{shown(path)}" cannot be written: {error.strerror or error}',
                         "give a file in a directory that exists and is yours to write", code="unwritable") from error
