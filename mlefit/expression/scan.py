"""Scanning: the text of a formula becomes tokens.

Only columns, numbers, known functions and the operators of formulas come out. What looks like Python beyond that is
refused by name and place, before any parser sees it.
"""

import keyword
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, NoReturn

from mlefit.errors import UsageError
from mlefit.expression.tree import FUNCTIONS
from mlefit.options.near import nearest

LENGTH = 20_000         # characters of a formula: a thousand long column names fit
SHOWN = 8               # columns listed in a message, and
SHOWN_LETTERS = 40      # letters of one word

TOKEN = re.compile(
    r"""`(?P<quoted>[^`]*)`
    | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)(?![\w.])
    | (?P<function>[\w.]+)\s*\(
    | (?P<keyword>[\w.]+)\s*=(?!=)
    | (?P<word>[\w.]+)
    | (?P<comparison>[<>]=?)
    | (?P<operator>\*\*|[-+*/:^(),~])""",
    re.VERBOSE,
)
TERMS = ("C", "I", "poly", "bs", "center", "scale", "year", "month", "weekday")
CALLABLE = (*FUNCTIONS, *TERMS)
ALLOWED = f"a formula holds columns, numbers, + - * / : ** and the functions {', '.join(CALLABLE)}"
BASELINE = "contrasts are with a baseline: --reference COLUMN=LEVEL names it"
HINTS = {"offset": "use --offset", "ln": "use log()", "Q": "quote odd names as in `my column`"} | {
    name: remedy for names, remedy in (
        ("ns s te lo cr cc", "use bs()"), ("factor as.factor ordered", "use C()"), ("scale standardize", "use scale()"),
        ("Treatment Sum Poly Helmert Diff relevel contr.treatment contr.sum", BASELINE),
    ) for name in names.split()}
MARKS = {       # what stands for a mark that formulas do not hold
    "|": "for rows of a group use --se cluster:COLUMN, or C(COLUMN)", "%": "write a:b for the products of two columns",
} | dict.fromkeys(("<", ">", "<=", ">=", "="), "add it to the data as a column")
REFUSED = {
    "[": "a square bracket", "]": "a square bracket", "{": "a brace", "}": "a brace", '"': "quoted text",
    "'": "quoted text", "=": "a comparison or assignment", "<": "a comparison", ">": "a comparison",
    "<=": "a comparison", ">=": "a comparison",
    "|": "a formula in several parts", "%": "an operator between percent signs", "`": "a backquote without its partner",
}


class Language(NamedTuple):
    """What a text may hold: functions by name, and what is said of the rest.

    `tokens`: the most of one expression; `power`: the largest exponent that is a number; `comparisons`: whether they stand
    in `where`; `free`: any word is a name, not those given alone.
    """

    text: str                       # "formulas"
    noun: str                       # what a name stands for: "column"
    functions: Collection[str]
    allowed: str
    tokens: int
    power: float
    hints: Mapping[str, str] = {}
    marks: Mapping[str, str] = {}
    constants: Mapping[str, float] = {}
    aliases: Mapping[str, str] = {}
    comparisons: bool = False
    free: bool = False


FORMULAS = Language(
    text="formulas", noun="column", functions=CALLABLE, allowed=ALLOWED,
    tokens=200,                     # of one call: bounds the depth of its tree
    power=100.0,                    # x**101 of x = 2000 is beyond float64
    hints=HINTS, marks=MARKS,
)


class Token(NamedTuple):
    """`text`: the column, the number, the name of the function, ...; `typed`: as typed, without blanks around it.

    A function includes its `(`, a keyword its `=`. `place` counts characters from 0.
    """

    kind: Literal["column", "number", "function", "keyword", "operator", "dot"]
    text: str
    typed: str
    place: int


class Typed(NamedTuple):
    """A formula or an offset as typed; `subject` says which, for messages."""

    subject: str
    text: str

    def refusal(self, place: int, what: str, remedy: str, columns: Sequence[str] = ()) -> UsageError:
        """The refusal of what stands at `place`."""
        return UsageError(f"{self.subject}, character {place + 1}: {what}", remedy, code="formula", columns=columns)


def scan(typed: Typed, names: Collection[str], language: Language = FORMULAS) -> list[Token]:
    """The tokens of a text about the columns `names`. Raises UsageError for whatever else stands in it."""
    text = typed.text
    if len(text) > LENGTH:
        raise typed.refusal(LENGTH, f"expected at most {LENGTH} characters, found {len(text)}", "use -x")
    found: list[Token] = []
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        match = TOKEN.match(text, place)
        if match is None or (match["comparison"] and not language.comparisons):
            odd = text[place] if match is None else match.group()
            raise typed.refusal(place, f"{REFUSED.get(odd, 'this character')} ({odd}) is not allowed",
                                language.marks.get(odd, language.allowed))
        found.append(_token(typed, match, names, language))
        place = match.end()
    return found


def _token(typed: Typed, match: re.Match[str], names: Collection[str], language: Language) -> Token:
    raw, place = match.group(), match.start()
    if (name := match["function"]) is not None:
        if name not in language.functions:
            known = name.rpartition(".")[2]         # np.log
            remedy = language.hints.get(name, f"use {known}()" if known in language.functions else language.allowed)
            raise typed.refusal(place, f'unknown function "{short(name)}"', remedy)
        name = language.aliases.get(name, name)
        return Token("function", name, f"{name}(", place)
    if (name := match["keyword"]) is not None:
        return Token("keyword", name, f"{name}=", place)
    if match["operator"] or match["comparison"]:
        return Token("operator", raw, raw, place)
    if match["number"]:
        if float(raw) == float("inf"):
            raise typed.refusal(place, f"{short(raw)} is beyond the largest number", "use a smaller number")
        return Token("number", raw, raw, place)
    name = raw if match["quoted"] is None else match["quoted"]
    if name in names:
        return Token("column", name, raw, place)
    if raw in language.constants:
        return Token("number", repr(language.constants[raw]), raw, place)
    if raw == ".":
        return Token("dot", raw, raw, place)
    if keyword.iskeyword(raw):
        raise typed.refusal(place, f'"{raw}" is Python and not allowed', language.hints.get(raw, language.allowed))
    if language.free and (match["quoted"] is not None or raw.isidentifier()):
        return Token("column", name, raw, place)
    if raw.startswith(".") or (match["quoted"] is None and raw.partition(".")[0] in names):
        raise typed.refusal(place, f'attribute access ("{short(raw)}") is not allowed', language.allowed)
    return _refuse_column(typed, place, name, names, language.noun)


def _refuse_column(typed: Typed, place: int, name: str, names: Collection[str], noun: str) -> NoReturn:
    if noun == "column" and HINTS.get(name) == BASELINE:        # C(x, Sum); of another name a column is more likely meant
        raise typed.refusal(place, f'there is no {noun} "{short(name)}"', BASELINE, [name])
    others = dict.fromkeys(_other_strangers(typed.text[place:], names))
    others.pop(name, None)
    near = dict.fromkeys(close for each in (name, *others) for close in nearest(each, names, 3))
    more = "".join(f', nor "{short(other)}"' for other in [*others][:SHOWN])
    known = ", ".join(list(names)[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    raise typed.refusal(
        place, f'there is no {noun} "{short(name)}"{more}',
        f"nearest: {', '.join(near)}" if near else f"{noun}s: {known}; quote odd names as in `my {noun}`",
        [name, *others],
    )


def _other_strangers(text: str, names: Collection[str]) -> Iterator[str]:
    """The words of the rest of a formula that are no columns either, so that all are told at once."""
    for match in TOKEN.finditer(text):
        name = match["quoted"] if match["quoted"] is not None else match["word"]
        if name and name not in names and not name.startswith(".") and not keyword.iskeyword(name):
            yield name


def short(word: str) -> str:
    """A word for a message, cut when it is long."""
    return word if len(word) <= SHOWN_LETTERS else word[:SHOWN_LETTERS] + "..."
