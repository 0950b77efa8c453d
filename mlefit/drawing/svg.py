"""SVG: panels and sheets as text, written here: real letters, colours that follow the reader's system, the same bytes always.

    panel(p, "p0")   an <svg> to stand in a page that has `style()`; "p0" makes its ids
    sheet(s)         a file of its own: titles, pictures, sentences and the foot

Each picture has role="img" with its title and its sentence, so that a screen reader says what it shows.
"""

from importlib.resources import files

from mlefit.drawing import labels, layers, matrix, ruler
from mlefit.drawing.frame import HEIGHT, WIDTH, axes, framed
from mlefit.drawing.markup import brief, element, number
from mlefit.drawing.palette import variables
from mlefit.drawing.typeset import prose, signed
from mlefit.picture.panel import Panel, Sheet
from mlefit.report.layout import wrapped

GAP = 36.0              # between panels, and about the sheet
TITLE, LINE = 22.0, 16.0        # pixels that a title takes, and a line of a sentence
LETTERS = 58            # of a line of a sentence below a panel
LETTER = 6.2            # pixels of one
HEAD, FOOT = 46.0, 24.0         # the title of the sheet, and below its last panel
HEADS, HEADING = 3, 22.0        # lines of that title at most, and pixels of each further one
MARK = "◆ "             # before the title of a panel that is marked
LONGEST = 44            # letters of a title


def style() -> str:
    """What a page or a file needs so that its pictures have colours: the palette, light and dark, and what each class is."""
    return variables() + files("mlefit.drawing").joinpath("picture.css").read_text(encoding="utf-8")


def panel(found: Panel, ident: str) -> str:
    """One picture without its title and sentence in print; both are there for a screen reader."""
    inner, height = _inner(found, ident)
    named = element("title", found.title, id=f"{ident}t") + element("desc", signed(found.sentence), id=f"{ident}d")
    return (f'<svg viewBox="0 0 {number(WIDTH)} {number(height)}" role="img" aria-labelledby="{ident}t" '
            f'aria-describedby="{ident}d">{named}{inner}</svg>')


def _inner(found: Panel, ident: str) -> tuple[str, float]:
    """The elements of a picture, and its height."""
    if ruler.is_ruler(found):
        return "".join(ruler.drawn(found)), ruler.height(found)
    if matrix.is_matrix(found):
        return "".join(matrix.drawn(found)), matrix.HEIGHT
    frame = framed(found)
    drawn = "".join(part for layer in found.layers for part in layers.drawn(found, layer, frame))
    clip = element("rect", x=frame.left, y=frame.top - 4.0, width=frame.right - frame.left, height=frame.bottom - frame.top + 4.0)
    inside = f'<clipPath id="{ident}c">{clip}</clipPath><g clip-path="url(#{ident}c)">{drawn}</g>'
    return "".join([*axes(found, frame), inside, *labels.labelled(found, frame)]), HEIGHT


def columns(count: int) -> int:
    """Panels beside each other: three, but four are two by two."""
    return 2 if count in (2, 4) else min(count, 3)


def sheet(found: Sheet) -> str:
    """The file: an XML document of its own, with the panels in rows."""
    across = max(columns(len(found.panels)), 1)
    width = GAP + across * (WIDTH + GAP)
    letters = int((width - 2.0 * GAP) / 9.6)
    title = wrapped(brief(found.title, HEADS * letters), letters)
    top, body = HEAD + 12.0 + HEADING * (len(title) - 1), []
    for start in range(0, len(found.panels), across):
        row = found.panels[start : start + across]
        parts = [_placed(one, f"p{start + place}", GAP + place * (WIDTH + GAP), top) for place, one in enumerate(row)]
        body += [part for part, _ in parts]
        top += max(height for _, height in parts) + FOOT
    notes = wrapped(prose(found.foot), int((width - 2.0 * GAP) / 5.6))
    height = top + 14.0 * len(notes) + 10.0
    said = " ".join(f"{one.title}: {signed(one.sentence)}" for one in found.panels)
    colours = style() + files("mlefit.drawing").joinpath("sheet.css").read_text(encoding="utf-8")
    return "".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" '
        f'height="{number(height)}" role="group" aria-labelledby="st" aria-describedby="sd">',
        element("title", found.title, id="st"), element("desc", said, id="sd"), f"<style>{colours}</style>",
        element("rect", class_="ground", width=width, height=height),
        *(element("text", line, class_="sheet", x=GAP, y=32.0 + HEADING * place) for place, line in enumerate(title)), *body,
        *(element("text", line, class_="foot", x=GAP, y=top + 14.0 * place) for place, line in enumerate(notes)), "</svg>\n",
    ])


def _placed(found: Panel, ident: str, left: float, top: float) -> tuple[str, float]:
    """A panel with its title above and its sentence below, and the height of all."""
    inner, height = _inner(found, ident)
    look = "title warn" if found.mark else "title"
    title = element("text", (MARK if found.mark else "") + brief(found.title, LONGEST), class_=look, x=0.0, y=8.0)
    said = wrapped(prose(found.sentence), LETTERS)
    words = [element("text", line, class_="said", x=2.0, y=TITLE + height + LINE * (1 + place)) for place, line in enumerate(said)]
    named = element("title", found.title, id=f"{ident}t") + element("desc", signed(found.sentence), id=f"{ident}d")
    picture = (f'<g transform="translate(0 {number(TITLE)})" role="img" aria-labelledby="{ident}t" aria-describedby="{ident}d">'
               f'{named}{inner}</g>')
    group = f'<g transform="translate({number(left)} {number(top)})">{title}{picture}{"".join(words)}</g>'
    return group, TITLE + height + LINE * (len(said) + 1)
