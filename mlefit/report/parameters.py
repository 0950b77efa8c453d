"""The parameter table: which lines it has, and how it is folded where a screen has no room for all of them.

Sections are classes of a target, or the mean and then log sigma; shapes come last. What does not fit is folded, longest
first: factors to their joint line, then sections to one line per term with its joint p, then shapes, and last the terms that
explain least, which are counted.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Literal, NamedTuple

from mlefit.report.cells import MARK, Row, blank, row
from mlefit.report.digits import p_value, percent
from mlefit.report.layout import Cells, Tone
from mlefit.report.report import Parameter, Report
from mlefit.report.safety import shown

INDENT = "  "
LONG = 100              # coefficients of a term that are folded wherever the table goes, unless all is asked for
FEW_SHAPES = 3          # more of them can be folded to one line
HEADS = ("maximum\nlikelihood", "s.e.", "interval", "p", "least\nloss")


class Item(NamedTuple):
    """A term in its section, with one coefficient or several; the constant and shapes belong to no term."""

    term: str | None
    parameters: tuple[Parameter, ...]


class Section(NamedTuple):
    """The parameters of one predictor of the law, or the shapes; `class_` as the parameters have it."""

    kind: Literal["mean", "scale", "zero", "shape"]
    class_: str | None
    heading: str | None
    items: tuple[Item, ...]


class Folding(NamedTuple):
    """What is folded: factors, each (class, term), to their joint lines; constants of classes, and then the classes to one
    line per term; shapes to one; and terms left out."""

    factors: frozenset[tuple[str | None, str]] = frozenset()
    constants: bool = False
    merged: bool = False
    shapes: bool = False
    dropped: frozenset[str] = frozenset()


class Entry(NamedTuple):
    """A line of the table: a heading or joint line with at most a p, or a parameter. `tail` of the label is never cut."""

    label: str
    row: Row | None = None
    p: str = ""
    tone: Tone = "plain"
    tail: str = ""


def entries(report: Report, folding: Folding = Folding()) -> list[Entry]:  # noqa: B008  an immutable default
    """The lines of the table under a folding."""
    parts = sections(report)
    means, others = [part for part in parts if part.kind == "mean"], [part for part in parts if part.kind in ("scale", "zero")]
    found: list[Entry] = []
    if folding.merged:
        found += _merged(means, report, folding)
        means = []
    for part in (*means, *others):
        found += _section(part, report, folding, alone=len(means) == 1 or part.kind in ("scale", "zero"))
    if folding.constants and not folding.merged:
        found.append(Entry(f"{len(means)} constants: --detail"))
    if folding.dropped:
        found.append(Entry(f"{len(folding.dropped)} more: --detail"))
    shapes = [p for part in parts if part.kind == "shape" for item in part.items for p in item.parameters]
    if folding.shapes and len(shapes) > FEW_SHAPES:
        found.append(Entry(f"{shown(shapes[0].name)} to {shown(shapes[-1].name)} ({len(shapes)}): --detail"))
    else:
        means_called = {p.name for p in report.parameters if p.kind == "mean"}
        for p in shapes:
            found.append(_parameter(p, "", shape_name(p) if p.name in means_called else None))
            if p.n_minus_p is not None:
                found.append(_of_least_squares(p))
    return found


def brief(report: Report) -> Folding:
    """What nobody reads line by line: factors of LONG levels and more."""
    parts = [part for part in sections(report) if part.kind != "shape"]
    return Folding(frozenset((part.class_, item.term) for part in parts for item in part.items
                             if item.term is not None and len(item.parameters) >= LONG))


def folded(report: Report, room: int) -> list[Entry]:
    """The lines under the first folding of at most `room` lines; or, if there is none, the least lines that there can be."""
    folding = brief(report)
    for folding in _stages(report):
        found = entries(report, folding)
        if len(found) <= room:
            return found
    weakest = sorted(_terms(report), key=lambda term: explains(report, term))
    enough = bisect_left(
        range(1, len(weakest)), True, key=lambda count: len(entries(report, _less(folding, weakest, count))) <= room)
    return entries(report, _less(folding, weakest, enough + 1))


def _less(folding: Folding, weakest: list[str], count: int) -> Folding:
    return folding._replace(dropped=frozenset(weakest[:count]))


def _stages(report: Report) -> Iterator[Folding]:
    """Foldings in their order, each of less lines than the one before, nothing dropped."""
    parts = [part for part in sections(report) if part.kind != "shape"]
    means = sum(part.kind == "mean" for part in parts)
    folding = brief(report)
    yield folding
    sizes = {
        (part.class_, item.term): len(item.parameters)
        for part in parts if means == 1 or part.kind in ("scale", "zero") for item in part.items if item.term is not None
    }
    for key in sorted((key for key, size in sizes.items() if size > 1), key=lambda key: -sizes[key]):
        folding = folding._replace(factors=folding.factors | {key})
        yield folding
    if means > 1:
        folding = folding._replace(constants=True)
        yield folding
        folding = folding._replace(merged=True)
        yield folding
    yield folding._replace(shapes=True)


def sections(report: Report) -> list[Section]:
    """The parameters in the order of the report, by section and term."""
    found = []
    for (kind, class_), group in groupby(report.parameters, key=lambda p: (p.kind, p.class_)):
        items = tuple(_items(group))
        head = None if kind == "shape" or class_ is None else heading(report, items[0].parameters[0])
        found.append(Section(kind, class_, head, items))
    return found


def heading(report: Report, p: Parameter) -> str:
    """The heading over the parameters of a class of the target, or of what else has predictors."""
    class_ = shown(p.class_ or "")
    return f"{shown(report.data.target)}={class_}" if p.kind == "mean" else class_


def _items(group: Iterable[Parameter]) -> Iterator[Item]:
    for term, found in groupby(group, key=lambda p: p.term):
        if term is None:
            for p in found:
                yield Item(None if p.kind == "shape" or p.name == "(Intercept)" else p.name, (p,))
        else:
            yield Item(term, tuple(found))


def _terms(report: Report) -> list[str]:
    """Every term, once."""
    items = (item for part in sections(report) for item in part.items)
    return list(dict.fromkeys(item.term for item in items if item.term is not None))


def ordered(items: tuple[Item, ...], report: Report) -> list[Item]:
    """As they stand; with `--sort` what belongs to no term first, then what explains most."""
    if not report.view.sort:
        return list(items)
    return sorted(items, key=lambda item: (item.term is not None, -explains(report, item.term)))


def explains(report: Report, term: str | None) -> float:
    """How much a term explains: chi-squared of its joint tests, q F of those by F, z^2 or t^2 where there is none."""
    known = [test for test in report.terms if test.term == term and test.statistic is not None]
    if known:
        return sum((test.statistic or 0.0) * (test.df if test.kind == "F" else 1) for test in known)
    return sum((p.statistic or 0.0) ** 2 for p in report.parameters if term is not None and term in (p.term, p.name))


def joint(report: Report, term: str, class_: str | None) -> str:
    """The p of the joint test of a term; those of a scale have tests of their own."""
    return next((blank(p_value(test.p_value)) for test in report.terms if (test.term, test.class_) == (term, class_)), "")


def _section(part: Section, report: Report, folding: Folding, *, alone: bool) -> Iterator[Entry]:
    """The lines of a section; `alone`: whether its terms have joint tests of their own."""
    if part.heading is not None:
        yield Entry(part.heading)
    indent = "" if part.heading is None else INDENT
    for item in ordered(part.items, report):
        if item.term in folding.dropped if item.term is not None else folding.constants:
            continue
        if not alone and (part.class_, item.term) in folding.factors:
            yield Entry(f"{indent}{shown(item.term or '')} ({len(item.parameters)} coefficients): --detail")
            continue
        if len(item.parameters) == 1 or item.term is None or not alone:
            yield from (_parameter(p, indent) for p in item.parameters)
            continue
        column, levels = factor(item, report)
        many = f"{levels} levels" if levels else f"{len(item.parameters)} coefficients"
        tested = part.class_ if part.kind in ("scale", "zero") else None
        yield Entry(f"{indent}{shown(item.term)}", p=joint(report, item.term, tested), tail=f" ({many}, joint)")
        if (part.class_, item.term) not in folding.factors:
            for p in item.parameters:
                yield _parameter(p, indent + INDENT, p.name if column is None else p.name.removeprefix(f"{column}="))


def factor(item: Item, report: Report) -> tuple[str | None, int]:
    """The column of which the item holds the levels, and how many it has with its baseline; None for another term."""
    columns = [*report.model.reference, *report.data.features]
    for column in dict.fromkeys(columns):
        if all(p.name.startswith(f"{column}=") for p in item.parameters):
            return column, len(item.parameters) + (column in report.model.reference)
    return None, 0


def _merged(classes: list[Section], report: Report, folding: Folding) -> Iterator[Entry]:
    """One line per term over all classes."""
    for item in ordered(classes[0].items, report):
        if item.term is not None and item.term not in folding.dropped:
            yield Entry(shown(item.term), p=joint(report, item.term, None), tail=f" ({len(classes)} classes, joint)")


def shape_name(p: Parameter) -> str:
    """That of a shape which is called as a parameter of the mean."""
    return f"{p.name} (shape)"


def _parameter(p: Parameter, indent: str, name: str | None = None) -> Entry:
    cells = row(p)
    return Entry(f"{indent}{cells.name if name is None else shown(name)}", cells, cells.p, "look" if cells.differs else "plain")


def _of_least_squares(p: Parameter) -> Entry:
    """A shape as least squares programs estimate it, with the interval that both estimates have; its error is the other's."""
    cells = row(p._replace(estimate=p.n_minus_p, loss_estimate=None, gap_se=None))
    return Entry(f"{cells.name} (n - p)", cells._replace(std_error=""))


def columns(report: Report, found: Iterable[Entry], *, gaps: bool) -> tuple[tuple[str, ...], list[Cells]]:
    """Headings, and the lines as label and numbers; columns without any number are left out."""
    rows = cells(found, gaps=gaps)
    used = [place for place in range(len(HEADS) + gaps) if any(row.numbers[place] for row in rows)]
    heads = {"interval": f"{percent(report.model.level)} interval", HEADS[-1]: loss_head(report)}
    known = (*(heads.get(head, head) for head in HEADS), "gap\n(s.e.)")
    return tuple(known[place] for place in used), [
        row._replace(numbers=tuple(row.numbers[place] for place in used)) for row in rows]


def loss_head(report: Report) -> str:
    """The heading of what the second route found; of a loss that contains the shapes the lowest is over these as well."""
    return HEADS[-1] if report.model.shape_cost is None else "least loss,\nshapes profiled"


def cells(found: Iterable[Entry], *, gaps: bool) -> list[Cells]:
    """The lines as label and numbers, both ends of the intervals right-aligned."""
    listed = list(found)
    ends = [(entry.row.ci_low, entry.row.ci_high) if entry.row else ("", "") for entry in listed]
    low, high = (max((len(end[side]) for end in ends), default=0) for side in (0, 1))
    made = []
    for entry, (a, b) in zip(listed, ends, strict=True):
        interval = f"{a:>{low}} to {b:>{high}}" if a and b else ""
        one = entry.row
        numbers = ("", "", "", entry.p, "", "") if one is None else (
            one.estimate, one.std_error, interval, entry.p, f"{one.loss_estimate}{MARK if one.differs else ''}", one.gap_se)
        made.append(Cells(entry.label, numbers if gaps else numbers[:-1], entry.tone, entry.tail))
    return made
