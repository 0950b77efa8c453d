"""Files and option sets for fuzzing, each from one seed, and what any run of them must fulfil."""

import bz2
import gzip
import io
import json
import lzma
import random
import sys
import time
import unicodedata
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

EXIT_CODES = (0, 2, 3, 4)
CONTROLS = ("Cc", "Cs", "Zl", "Zp")
BAD_VALUE = 0.05    # share of option values that cannot be meant
NAMES = ("x", "y", "g", "w", "target", "a b", "[red]", "[/]", "x,z", "\x1b[31mred", "n\nl", "\u202egnp", "é", "列", "",
         "=1+1", "c1", "`q`", "0", "I(x)", "y ", "poly", "\ud800")
NUMBERS = ("0", "1", "2", "3.5", "-1", "1e3", "-0.0", "1e-300", "1e300", "1e400", "inf", "nan", "+2", ".5", "5.", "007",
           "9007199254740993", "1_000", "0x10", "12%", "$3", "1,5", "1.234,5", "٣")
WORDS = (
    "a", "b", "c", "NA", "", " ", "null", "TRUE", "False", "yes", "no", "2020-01-01", "12:30", "oops", "[bold]",
    "\x1b[2J", "=cmd|' /C calc'!A0", '"', "''", "\u202e", "x\ny", "NaN", ".", "None", "a,b", "\ufeff", "😀", "-",
    "\x00",
)
INSERTED = (b'"', b",", b"\n", b"\x00", b"\xff", b"\xef\xbb\xbf", b";", b"\r", b"e9999", b"\x1b[")
FORMULAS = (
    "y ~ x", "y ~ x + g", "y ~ C(g)", "y ~ x*g", "y ~ I(x**2) + x", "y ~ poly(x, 2)", "y ~ bs(x, df=4)", "y ~ log(x)",
    "y ~ 0 + x", "y ~ .", "y ~ . - x", "~ x", "y ~", "y", "y ~ __import__('os')", "y ~ (1).__class__", "y ~ x[0]",
    "y ~ lambda: 1", "y ~ x ** 2", "y ~ (x + g)**3", "y ~ `a b`", "y ~ ((((x))))", "y ~ x +", "y ~ poly(x, 99)",
    "y ~ scale(x) + center(x)", "y ~ x:g - 1", "y ~ 1", "y ~ log(x - 2) + sqrt(x)", "y ~ bs(x, df=-1)",
)


@dataclass(frozen=True)
class Case:
    """`files` by name, the `arguments` that name them, and what stands on standard input."""

    seed: int
    files: dict[str, bytes]
    arguments: tuple[str, ...]
    stdin: bytes


@dataclass(frozen=True)
class Ran:
    """What a run gave back."""

    code: int
    out: str
    err: str
    seconds: float


def case(seed: int) -> Case:
    """The case of a seed."""
    rng = random.Random(seed)       # noqa: S311 - no secret
    names = _names(rng)
    table = _table(rng, names)
    files: dict[str, bytes] = {}
    count = rng.choice((1, 1, 1, 1, 1, 1, 2))
    for place in range(count):
        content = _written(rng, names, table)
        if rng.random() < 0.25:
            content = _damaged(rng, content)
        content = _packed(rng, content)
        files[f"t{place}.csv"] = content
    stdin, data = b"", list(files)
    if rng.random() < 0.05:
        stdin, data = files.popitem()[1], ["-"]
    elif rng.random() < 0.03:
        data = [rng.choice(("none.csv", ".", "*.csv", "t*.csv", "?.parquet", ""))]
    return Case(seed, files, ("fit", *data, *_options(rng, names)), stdin)


def _names(rng: random.Random) -> list[str]:
    if rng.random() < 0.6:
        return ["x", "g", "w", "y"][: rng.randint(1, 4)] if rng.random() < 0.2 else ["x", "g", "w", "y"]
    return rng.choices(NAMES, k=rng.randint(1, 6)) if rng.random() < 0.2 else rng.sample(NAMES, rng.randint(2, 7))


def _table(rng: random.Random, names: list[str]) -> list[list[str]]:
    rows = rng.choice((0, 1, 2, 3, 8, *(30, 60) * 10, 150))
    makers = [_column(rng, name) for name in names]
    return [[make() for make in makers] for _ in range(rows)]


def _column(rng: random.Random, name: str) -> Callable[[], str]:
    ordinary: list[Callable[[], str]] = [
        lambda: f"{rng.gauss(0, 1):.6g}", lambda: str(rng.randint(0, 4)), lambda: rng.choice("01"),
        lambda: rng.choice("abc"),
        lambda: rng.choice(("true", "false")),
    ]
    odd: list[Callable[[], str]] = [
        lambda: rng.choice(NUMBERS), lambda: rng.choice(WORDS), lambda: "7", lambda: "", lambda: f"id{rng.random()}",
        lambda: f"2020-01-{rng.randint(1, 28):02}", lambda: f"{rng.gauss(0, 1) * 1e300:.6g}",
        lambda: f"{rng.gauss(1e9, 1):.12g}",
    ]
    expected = {"g": ordinary[3], "w": ordinary[1], "x": ordinary[0]}.get(name, ordinary[0])
    make = expected if rng.random() < 0.6 else rng.choice(ordinary if rng.random() < 0.7 else odd)
    if rng.random() < 0.1:
        bad = rng.choice((NUMBERS, WORDS))
        return lambda: rng.choice(bad) if rng.random() < 0.05 else make()
    return make


def _written(rng: random.Random, names: list[str], table: list[list[str]]) -> bytes:
    if rng.random() < 0.06:
        return _typed(rng, names, table)
    comma = rng.random() < 0.7
    delimiter = "," if comma else rng.choice(",;\t| ")
    eol = rng.choice(("\n", "\n", "\n", "\r\n", "\r"))
    quoting = rng.random() < 0.9

    def cell(text: str) -> str:
        if quoting and any(sign in text for sign in (delimiter, '"', "\n", "\r")):
            return '"' + text.replace('"', '""') + '"'
        return text

    lines = [delimiter.join(map(cell, row)) for row in ([names] if rng.random() < 0.95 else []) + table]
    text = eol.join(lines) + (eol if rng.random() < 0.9 else "")
    encoding = "utf-8" if rng.random() < 0.9 else rng.choice(("utf-8-sig", "utf-16", "latin-1", "cp1252", "utf-16-le"))
    return text.encode(encoding, "surrogatepass" if encoding.startswith("utf") and rng.random() < 0.1 else "replace")


def _typed(rng: random.Random, names: list[str], table: list[list[str]]) -> bytes:
    """Parquet or Arrow, with numbers where they are numbers."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import feather

    columns = []
    for place in range(len(names)):
        cells = [row[place].encode("utf-8", "replace").decode() for row in table]
        try:
            columns.append(pa.array([float(cell) for cell in cells]))
        except ValueError:
            columns.append(pa.array([None if cell == "" else cell for cell in cells], pa.string()))
    whole = pa.Table.from_arrays(columns, names=[name.encode("utf-8", "replace").decode() for name in names])
    out = io.BytesIO()
    if rng.random() < 0.5:
        pq.write_table(whole, out, row_group_size=rng.choice((None, 7)))
    else:
        feather.write_feather(whole, out)
    return out.getvalue()


def _damaged(rng: random.Random, content: bytes) -> bytes:
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randint(0, len(data))
        what = rng.randint(0, 4)
        if what == 0 and data:
            data[min(at, len(data) - 1)] = rng.randint(0, 255)
        elif what == 1:
            data[at:at] = rng.choice(INSERTED)
        elif what == 2:
            del data[at : at + rng.randint(1, 20)]
        elif what == 3:
            data[at:at] = data[at : at + rng.randint(1, 200)]
        else:
            del data[at:]
    return bytes(data)


def _packed(rng: random.Random, content: bytes) -> bytes:
    if rng.random() < 0.9:
        return content
    packed = rng.choice((gzip.compress, bz2.compress, lzma.compress))(content)
    return packed if rng.random() < 0.7 else _damaged(rng, packed)


def _options(rng: random.Random, names: list[str]) -> list[str]:
    found: list[str] = []

    def add(chance: float, option: str, good: tuple[str, ...], bad: tuple[str, ...] = ()) -> None:
        """The option with a value that can be meant, now and then with one that cannot."""
        if rng.random() < chance:
            found.extend((option, rng.choice(bad if bad and rng.random() < BAD_VALUE else good)))

    def column() -> str:
        known = rng.random() < 1.0 - BAD_VALUE
        return rng.choice(names).encode("utf-8", "replace").decode() if known else rng.choice(NAMES[:-1])

    add(1.0, "--draws", ("0",) * 20 + ("1", "5"), ("-1", "x"))
    add(0.4, "-m", ("gaussian", "bernoulli", "categorical"), ("ols", "poison", "gaussian:df=1", ""))
    if rng.random() < 0.15:
        add(1.0, "-f", FORMULAS)
    else:
        add(0.3, "-t", (column(),))
        add(0.3, "-x", (column(), f"{column()},{column()}", "none"), (",", "x,g"))
    add(0.1, "--weights", (column(), "w"))
    add(0.08, "--offset", (column(), "log(x)"), ("x**", "1/0", "x+w"))
    add(0.05, "--positive", ("0", "1", "a", "true"), ("z", ""))
    add(0.06, "--reference", (f"{column()}=a", "g=b", "y=1"), ("g=zz", "g", "="))
    add(0.08, "--missing", ("error", "drop"), ("what",))
    add(0.2, "--se", ("robust", "hc0", "hc1", "hc2", "ols", "model", "hac", "hac:3", f"cluster:{column()}"), ("cluster:", "x"))
    add(0.1, "--intervals", ("profile",), ("x",))
    add(0.05, "--level", ("0.9", "0.999999"), ("0", "1", "x"))
    add(0.08, "--na", ("-1", "oops", "", "(", "a", "1e3"))
    add(0.05, "--delimiter", (";", ",", "tab"), ("xx", "1", ""))
    add(0.05, "--decimal", (",", "."), (";",))
    add(0.05, "--encoding", ("latin-1", "utf-8", "utf-16", "ascii"), ("nope", "base64", "rot13", "idna"))
    add(0.15, "--engine", ("stream", "memory", "auto"), ("dask",))
    add(0.05, "--memory", ("1", "100MB", "1KB"), ("0", "x"))
    add(0.1, "--threads", ("1", "2"), ("0",))
    add(0.6, "-o", ("json", "json", "csv", "markdown", "table"), ("x.csv",))
    for chance, flag in ((0.08, "--no-intercept"), (0.05, "--no-header"), (0.05, "--bits"), (0.1, "-q")):
        found += [flag] if rng.random() < chance else []
    return [*found, rng.choice(("--what", "-Z", "--mean", "--level", "extra"))] if rng.random() < 0.01 else found


def run_in_process(one: Case, folder: Path) -> Ran:
    """The case through `mlefit.cli.main`, with the files in `folder` and every stream captured."""
    from mlefit.cli import main

    arguments = written(one, folder)
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", "surrogateescape", write_through=True) for _ in range(2))
    stdin = io.TextIOWrapper(io.BytesIO(one.stdin))
    start = time.perf_counter()
    with mock.patch.object(sys, "stdin", stdin), redirect_stdout(out), redirect_stderr(err):
        code = main(arguments)
    seconds = time.perf_counter() - start
    texts = (stream.buffer.getvalue().decode("utf-8", "surrogateescape") for stream in (out, err))  # type: ignore[attr-defined]
    return Ran(code, *texts, seconds)


def written(one: Case, folder: Path) -> list[str]:
    """Write the files of a case; its arguments with their places."""
    for name, content in one.files.items():
        (folder / name).write_bytes(content)
    return [str(folder / a) if a in one.files else a for a in one.arguments]


def complaints(one: Case, ran: Ran, most_seconds: float = 10.0) -> list[str]:
    """What the contract forbids and the run did; empty when all is well."""
    wrong = []
    if ran.code not in EXIT_CODES:
        wrong.append(f"exit code {ran.code}")
    if "Traceback" in ran.err or "a defect of mlefit" in ran.err:
        wrong.append("a defect")
    if ran.seconds > most_seconds:
        wrong.append(f"took {ran.seconds:.1f} s")
    if ran.code != 0 and not ran.err.startswith(("mlefit: ", "note: ", "warning: ")):
        wrong.append("failed without a message on stderr")
    for name, text in (("stdout", ran.out), ("stderr", ran.err)):
        odd = {c for c in text if unicodedata.category(c) in CONTROLS or c in "\u202e\u202d\u2066"} - {"\n", "\r"}
        if odd:
            wrong.append(f"{name} holds {sorted(odd)!r}")
    if "\r" in ran.err:
        wrong.append("stderr holds a carriage return")
    wants_json = "json" in [b for a, b in zip(one.arguments, one.arguments[1:], strict=False) if a == "-o"]
    if wants_json:
        wrong += _json_complaints(ran)
    return wrong


def _json_complaints(ran: Ran) -> list[str]:
    def refuse(constant: str) -> None:
        raise ValueError(f"JSON holds {constant}")

    try:
        found = json.loads(ran.out, parse_constant=refuse)
    except ValueError as error:
        return [f"stdout is no JSON: {error}"]
    expected = "mlefit.fit/1" if ran.code == 0 else "mlefit.error/1"
    if found.get("schema") != expected:
        return [f"schema {found.get('schema')} with exit code {ran.code}"]
    if ran.code != 0 and (found["exit"] != ran.code or not found["message"]):
        return ["the JSON error contradicts the exit code"]
    return []
