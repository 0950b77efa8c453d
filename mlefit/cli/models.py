"""`mlefit models`: the noise models of the registry by response, with the question that each answers."""

import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlefit.cli import arguments, output

if TYPE_CHECKING:
    from mlefit.noise.model import NoiseModel

SCHEMA = "mlefit.models/1"


def models(format_: arguments.TableOrJson = None) -> None:
    """List the noise models."""
    from mlefit.noise import MODELS

    known = tuple(MODELS.values())
    output.write(as_json(known) if format_ == "json" else as_table(known))


def as_json(known: "Sequence[NoiseModel]") -> str:
    """One object per model under `models`."""
    from mlefit.report.json import dumps

    return dumps({"schema": SCHEMA, "models": [
        {
            "name": model.name, "loss": model.loss_name, "support": model.support,
            "question": model.question,
            "shapes": [shape.name for shape in model.shapes], "aliases": list(model.aliases), "example": model.example,
            "options": [option.says for option in model.options], "presets": dict(model.presets),
        }
        for model in known
    ]})


def groups(known: "Sequence[NoiseModel]") -> "dict[str, list[NoiseModel]]":
    """The models by their response, in the order of the registry."""
    found: dict[str, list[NoiseModel]] = {}
    for model in known:
        found.setdefault(model.support, []).append(model)
    return found


def as_table(known: "Sequence[NoiseModel]") -> str:
    """Questions by response, a line per model, options, one example each; on a screen wrapped at blanks, aliases on lines below."""
    from io import StringIO

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from mlefit.report.layout import GAP, wrapped

    on_screen = sys.stdout is not None and sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if on_screen else 1000
    table = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for heading in ("model", "loss", "shapes", "also called")[: 3 if on_screen else 4]:
        table.add_column(Text(heading), overflow="fold", no_wrap=heading == "model")
    for model in known:
        shapes = ", ".join(shape.name for shape in model.shapes) or "-"
        cells = (model.name, model.loss_name, shapes, _called(model))
        table.add_row(*(Text(cell) for cell in cells[: len(table.columns)]))
    out = StringIO()
    console = Console(file=out, width=width, force_terminal=False, color_system=None, markup=False, highlight=False)
    console.print(table)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    called = ["", *(f"{model.name} is also called {_called(model)}" for model in known)] if on_screen else []
    said = [*_questions(known), *lines, *called, "", *_options(known), *(model.example for model in known), ""]
    return "\n".join(part for line in said for part in wrapped(line, width if on_screen else None, 2 * GAP))


def _called(model: "NoiseModel") -> str:
    return ", ".join((*model.aliases, *model.presets))


def _questions(known: "Sequence[NoiseModel]") -> list[str]:
    """Each response, and below it its models with what they answer."""
    width = max(len(model.name) for model in known)
    lines = []
    for response, models in groups(known).items():
        lines += [response, *(f"  {model.name:<{width}}  {model.question}" for model in models), ""]
    return lines


def _options(known: "Sequence[NoiseModel]") -> list[str]:
    """A line per model that has options, and per word that fixes some."""
    lines = [f"{model.name}:{option.says}" for model in known for option in model.options]
    lines += [f"{word} is {model.name}:{options}" for model in known for word, options in model.presets.items()]
    return [*lines, ""] if lines else []
