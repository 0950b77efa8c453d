"""Rendered: a story as one HTML file. Every text goes through an autoescaping template and the escapes of a terminal."""

from collections.abc import Iterable, Sequence
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from mlefit.drawing import svg
from mlefit.drawing.markup import ILLEGAL
from mlefit.drawing.page import compared, facts
from mlefit.drawing.page.nats import budget
from mlefit.drawing.page.parameters import table
from mlefit.drawing.page.story import Story
from mlefit.drawing.page.words import chips, sentences
from mlefit.drawing.typeset import prose, typeset
from mlefit.errors import MlefitError, UsageError
from mlefit.picture.compared import behind
from mlefit.picture.panel import Panel
from mlefit.report.header import coding, noise, rows, scale
from mlefit.report.json import error_to_dict
from mlefit.report.misfit import misfit
from mlefit.report.safety import shown
from mlefit.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = ("base.html", "page.html", "refused.html", "refusal.html")
SOURCES = 3         # files that a title names
LARGEST = 500_000   # bytes of a page
PARAMETER = 200     # bytes of a parameter as data, at least
NAMED = 20          # rows, or columns, that a refusal names on the page


class Figure(NamedTuple):
    """A panel in the page."""

    title: str
    drawing: str
    sentence: str
    mark: bool


def check(command: str) -> None:
    """Raises UsageError when jinja2 is not installed."""
    if find_spec("jinja2") is None:
        raise UsageError(f"{command} needs jinja2, which is not installed", 'pip install "mlefit[report]"', code="missing-extra")


def html(story: Story) -> str:
    """The page, ending in a line break; without the result as data where it would be larger than LARGEST."""
    if len(story.report.parameters) * PARAMETER > LARGEST:
        return _page(story, None)
    whole = _page(story, facts.data(story.report))
    return whole if len(whole.encode()) <= LARGEST else _page(story, None)


def _page(story: Story, data: str | None) -> str:
    report = story.report
    of_rows = report.data.source if story.judged is None else story.judged.source
    formula = f"{shown(report.data.target)} ~ {shown(report.model.formula)}{scale(report)}"
    text = _environment().get_template("page.html").render(
        version=report.version, style=svg.style() + _file("page.css"), formula=formula,
        title=f"{named(of_rows)}: {_model(story)}{noise(report)}",
        rows=_ledger(story), coding=coding(report), chips=list(chips(story)), error=story.error,
        **_named(story.error), judged=_table(story), sentences=list(sentences(story)),
        warnings=[warning.message for warning in report.warnings], steps=_steps(story), comparison=compared.told(story.comparison),
        contest=_figures(_contest(story), "c"), budget=budget(story.nats),
        parameters=table(report, story.spreads),
        tested=0 if story.sheet is None else story.sheet.tested, draws=0 if story.sheet is None else story.sheet.draws,
        foot="" if story.sheet is None else story.sheet.foot,
        panels=_figures(() if story.sheet is None else story.sheet.panels, "p"), effects=_figures(story.effects, "e"),
        slices=_figures(story.slices, "s"), routes=facts.routes(report), surprise=compared.rows_of(story.surprise),
        notes=report.notes, commands=story.commands, record=facts.record(report), data=_markup(data))
    return text.rstrip("\n") + "\n"


def refused(error: MlefitError, sources: Sequence[str]) -> str:
    """The page where nothing is known of a fit but why there is none, ending in a line break."""
    text = _environment().get_template("refused.html").render(
        version=__version__, style=svg.style() + _file("page.css"), title=named(sources), error=error, **_named(error),
        data=_markup(facts.in_script(error_to_dict(error))))
    return text.rstrip("\n") + "\n"


def named(sources: Sequence[str]) -> str:
    """The names of the first files, without their folders."""
    names = ", ".join(shown(name.replace("\\", "/").rpartition("/")[2] or name) for name in sources[:SOURCES])
    return names if len(sources) <= SOURCES else f"{names} and {len(sources) - SOURCES} more"


def _model(story: Story) -> str:
    return "" if story.judged is None else f"{named((story.judged.place,))}, "


def _ledger(story: Story) -> str:
    """The rows; of a saved model those that it was fitted to."""
    found = rows(story.report)
    if story.judged is None:
        return found
    return f"{named((story.judged.place,))} was fitted to {named(story.report.data.source)}: {found}"


def _table(story: Story) -> compared.Told | None:
    """What the new rows say, in figures."""
    if story.judged is None:
        return None
    return compared.Told(story.judged.heads, tuple((line[0], *map(typeset, line[1:])) for line in story.judged.lines), ())


def _figures(panels: Iterable[Panel], prefix: str) -> list[Figure]:
    return [Figure(panel.title, _markup(svg.panel(panel, f"{prefix}{place}")), panel.sentence, panel.mark)
            for place, panel in enumerate(panels)]


def _contest(story: Story) -> list[Panel]:
    """How far models are behind the best, where several were compared."""
    panel = None if story.comparison is None else behind(story.comparison)
    return [] if panel is None else [panel]


def _steps(story: Story) -> list[str]:
    """The next step of each misfit."""
    information = None if story.judged is not None else story.report.information
    return [] if information is None else [text for label, text, _ in misfit(information) if label == "next"]


def _named(error: MlefitError | None) -> dict[str, str]:
    """The rows and columns that a refusal is about, the first of many."""
    return {} if error is None else {"error_rows": _first(error.rows), "error_columns": _first(error.columns)}


def _first(found: Sequence[object]) -> str:
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return ", ".join(map(str, found[:NAMED])) + more


def _environment() -> "Environment":
    from jinja2 import DictLoader, Environment, StrictUndefined

    made = Environment(
        loader=DictLoader({name: _file(name) for name in TEMPLATES}), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_safe)
    made.filters["prose"] = prose
    return made


def _safe(value: Any) -> Any:
    """What a template prints: markup of ours as it is, any other text with its control characters as escapes."""
    return value if hasattr(value, "__html__") else ILLEGAL.sub("\ufffd", "\n".join(map(shown, str(value).split("\n"))))


def _markup(text: str | None) -> Any:
    """Our own markup, which is not escaped again."""
    from markupsafe import Markup

    return None if text is None else Markup(text)  # noqa: S704  made by `markup.element`, or JSON without `<`


def _file(name: str) -> str:
    return files("mlefit.drawing.page").joinpath(name).read_text(encoding="utf-8")
