"""The groups as a table: a line for each of the first ones, in level order; the CSV has all, with every figure."""

from collections import Counter
from collections.abc import Iterable

from mlefit.noise.options import typed
from mlefit.report.digits import ABSENT, ENTROPY_PLACES, by_error, decimals, p_value
from mlefit.report.groups import ByGroup, Group
from mlefit.report.header import PAGE, listed
from mlefit.report.layout import GAP, Cells, Line, apart, grid, printed, shortened, wrapped
from mlefit.report.report import Parameter
from mlefit.report.safety import shown
from mlefit.report.units import factor_of

GROUPS = 40         # lines
LEAST = 5           # of them on a terminal that has no room
AROUND = 7          # lines beside the header and the groups: the headings, what is left out, a line before each, the shell's
ESTIMATES = 5       # columns


def render_groups(answer: ByGroup, *, width: int | None = None, height: int | None = None, colour: bool = False) -> str:
    """The groups as text, ending in a line break. `width`, `height`: columns and lines of the terminal that are free, None where
    nothing is to wrap or to fold."""
    head = _header(answer, width)
    room = GROUPS if height is None else max(LEAST, min(GROUPS, height - len(head) - AROUND))
    first = answer.groups[:room]
    names = list(answer.names[:ESTIMATES])
    while True:
        lines = _grid(answer, first, names)
        if width is None or len(names) < 2 or max(len(line.text) for line in lines) <= width:
            break
        names = names[:-1]
    left = ((len(answer.groups) - len(first), "group"), (len(answer.names) - len(names), "parameter"))
    more = ", ".join(f"{count:,} more {what}{'' if count == 1 else 's'}" for count, what in left if count)
    return printed([*head, Line(), *lines, *([Line(), Line(f"{more}: use -o csv")] if more else [])], colour=colour)


def _header(answer: ByGroup, width: int | None) -> list[Line]:
    """What was modelled, and how many groups and rows there are."""
    data, model = answer.data, answer.model
    options = ", ".join(f"{shown(k)}={shown(typed(v))}" for k, v in model.options.items())
    law = f"{model.noise}{f' ({options})' if options else ''} noise, {model.loss}"
    source = listed([shown(name) for name in data.source])
    left = f"{source}: {shown(data.target)} ~ {shown(model.formula)} by {', '.join(map(shown, answer.by))}"
    title = apart(left, law, width or PAGE) or (f"{left}{' ' * GAP}{law}" if width is None else f"{left}\n{law}")
    missing = listed([f"{shown(name)}: {count}" for name, count in data.dropped.items() if count])
    rows = f"{data.rows_used} of {data.rows_read} rows used"
    rows += f" ({data.rows_dropped} dropped{f', missing in {missing}' if missing else ''})" if data.rows_dropped else ""
    parts = [f"{len(answer.groups):,} group{'' if len(answer.groups) == 1 else 's'}, {rows}"]
    if model.positive is not None:
        parts.append(f"level modelled: {shown(data.target)}={shown(model.positive)}")
    baseline = listed([f"{shown(column)}={shown(level)}" for column, level in model.reference.items()])
    parts += [f"baseline: {baseline}"] if baseline else []
    return [Line(part) for text in (*title.split("\n"), "   ".join(parts)) for part in wrapped(text, width)]


def _grid(answer: ByGroup, groups: tuple[Group, ...], names: list[tuple[str | None, str]]) -> list[Line]:
    judged = any(group.misfit is not None for group in groups)
    factor = factor_of(answer.unit)
    heads = ["n", "status", *(_head(*name) for name in names), f"cross-entropy,\n{answer.unit}", *(["misfit"] if judged else [])]
    rows = []
    for group in groups:
        found = dict(zip(_numbered((p.class_, p.name) for p in group.parameters), group.parameters, strict=True))
        cross = ABSENT if group.cross_entropy is None else decimals(group.cross_entropy * factor, ENTROPY_PLACES)
        rows.append(Cells(", ".join(map(shown, group.key)), (
            f"{group.n}", group.status, *(_estimate(found.get(name)) for name in _numbered(names)), cross,
            *([_judged(group)] if judged else [])), "plain" if group.error is None else "look"))
    return grid(", ".join(map(shown, answer.by)), heads, rows)


def _numbered(names: Iterable[tuple[str | None, str]]) -> list[tuple[str | None, str, int]]:
    """Each name with how many are before it that are the same: a shape may be called as a parameter of the mean is."""
    met = Counter[tuple[str | None, str]]()
    found = []
    for class_, name in names:
        found.append((class_, name, met[class_, name]))
        met[class_, name] += 1
    return found


def _head(class_: str | None, name: str) -> str:
    return f"{shortened(shown(name), 20)}" if class_ is None else f"{shortened(shown(class_), 20)}\n{shortened(shown(name), 20)}"


def _estimate(p: Parameter | None) -> str:
    """`1.021 (0.043)`, or why there is none."""
    if p is None:
        return ABSENT
    if p.state not in ("ok", "no-robust-error") or p.estimate is None:
        return p.limit or p.state
    error = "" if p.std_error is None else f" ({by_error(p.std_error, p.std_error)})"
    return f"{by_error(p.estimate, p.std_error)}{error}"


def _judged(group: Group) -> str:
    if group.misfit is None:
        return ABSENT
    return f"found (p {p_value(group.p_value)})" if group.misfit else "none found"
