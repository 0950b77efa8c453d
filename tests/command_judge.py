"""A random command in this process, what it leads to, and whatever is wrong with any of it."""

import contextlib
import io
import json
import re
import shlex
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command_advice import advice, blamed
from command_cases import Question, question
from command_oracles import Unknown, likelihood_complaints, log_likelihood, metamorphic

from mlefit.cli import main as command

LIMIT = 10.0        # seconds of the processor that a command may take
EXITS = (0, 2, 3, 4, 5)
LANGUAGES = ("sql:sqlite", "python", "jq", "mlr")
SIGNS = ("a defect of mlefit", "Traceback", "Warning:", "DLASCL", "** On entry")
NAN = re.compile(r"^(?!.* is nan )(?!.*\.csv).*(?<![\w.(\"'/`=-])nan(?![\w\"'.=])", re.M)
MESSAGE = re.compile(r"^(mlefit|error|no ): |^proof", re.M)
FOLLOWED = 4        # pieces of advice of one answer


@dataclass(frozen=True)
class Ran:
    """What a command gave back."""

    arguments: tuple[str, ...]
    code: object
    out: str
    err: str
    seconds: float

    @property
    def message(self) -> str:
        """The line of its refusal."""
        return next((line for line in self.err.splitlines() if line.startswith("mlefit: ")), "")

    @property
    def answer(self) -> Any:
        """Its JSON, if it has an answer."""
        return json.loads(self.out) if self.code == 0 and self.out.startswith("{") else None


def run(arguments: list[str]) -> Ran:
    """The command in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", "surrogateescape", write_through=True) for _ in range(2))
    began = time.process_time()
    code: object = None
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = command(arguments)
    except BaseException as error:      # whatever escapes is what is looked for
        code = repr(error)[:200]
    texts = (stream.buffer.getvalue().decode("utf-8", "surrogateescape") for stream in (out, err))
    return Ran(tuple(arguments), code, *texts, time.process_time() - began)


def complaints(ran: Ran) -> Iterator[str]:
    """What the contract forbids whatever the command."""
    both, form = ran.out + ran.err, ran.arguments[ran.arguments.index("-o") + 1] if "-o" in ran.arguments[:-1] else ""
    if ran.code not in EXITS:
        yield f"exit {ran.code}"
    for sign in SIGNS:
        if sign in both:
            yield next(line for line in both.splitlines() if sign in line)[:300]
    if ran.seconds > LIMIT:
        yield f"took {ran.seconds:.1f} s"
    if ran.code in (2, 3, 4) and not MESSAGE.search(ran.err) and '"schema": "mlefit.' not in ran.out:
        yield "failed without a message"
    if form == "json" and ran.arguments[0] != "predict":
        yield from _json_complaints(ran)
    if ran.arguments[0] in ("fit", "compare", "show", "check") and NAN.search(ran.out):
        yield "a number is nan"


def _json_complaints(ran: Ran) -> Iterator[str]:
    def refuse(constant: str) -> None:
        raise ValueError(f"JSON holds {constant}")

    try:
        found = json.loads(ran.out, parse_constant=refuse)
    except ValueError as error:
        yield f"stdout is no JSON: {error}"
        return
    if ran.code in (2, 3, 4) and "--by" not in ran.arguments and (found.get("exit") != ran.code or not found.get("message")):
        yield f"JSON {found.get('schema')} with exit {ran.code}"


def steps(one: Question, folder: Path) -> Iterator[list[str]]:
    """The commands of a case, each read when the one before has run."""
    table, saved, coefficients = str(folder / "t.csv"), str(folder / "m.json"), str(folder / "c.csv")
    Path(table).write_text(one.table)
    Path(saved).unlink(missing_ok=True)
    Path(coefficients).write_text("name,estimate\n(Intercept),0.1\nx,0.5\nsigma,1\n")
    arguments = [coefficients if word == "COEF" else word for word in one.arguments]
    if one.verb in ("explain", "models"):
        yield [one.verb, *arguments]
    elif one.verb == "report":
        yield ["report", table, *arguments, "--out", str(folder / "r.html")]
    elif one.verb != "save":
        yield [one.verb, table, *arguments]
    else:
        yield ["fit", table, *arguments, "--save", saved]
        if Path(saved).exists():
            (folder / "o.csv").write_text(_elsewhere(one))
            yield from _asked_again(saved, table, str(folder / "o.csv"), LANGUAGES[one.seed % len(LANGUAGES)])


def _asked_again(saved: str, table: str, other: str, language: str) -> Iterator[list[str]]:
    """Every command that takes a saved model, on the rows of the fit and on others."""
    yield ["predict", saved, table, "-q"]
    yield ["predict", saved, table, "--score", "-o", "json"]
    yield ["predict", saved, table, "--interval", "conformal", "--missing", "error"]
    yield ["show", saved]
    yield ["show", saved, "-o", "json"]
    yield ["check", saved, table]
    yield ["check", saved, table, "-o", "json"]
    yield ["simulate", saved, table, "--copies", "2", "--parameters", "drawn"]
    yield ["export", saved, "--to", language]
    yield ["plot", table, "--use", saved, "-o", "text"]
    yield ["predict", saved, other, "-q"]
    yield ["check", saved, other]


def _elsewhere(one: Question) -> str:
    """Another table: every second row of this one, and some of another seed."""
    head, *rows = one.table.splitlines(keepends=True)
    return head + "".join(rows[::2]) + "".join(question(one.seed + 1).table.splitlines(keepends=True)[1:5])


def judged(one: Question, folder: Path, counted: Counter[str]) -> Iterator[tuple[Ran, str]]:
    """Every finding of a case: the command that it is about, and what is wrong."""
    for arguments in steps(one, folder):
        ran = run(arguments)
        counted[f"{arguments[0]} {ran.code}"] += 1
        for wrong in complaints(ran):
            yield ran, wrong
        for told in list(advice(ran.arguments, ran.code, ran.out, ran.err))[:FOLLOWED]:
            again = run(told.arguments)
            counted[f"told {again.code}"] += 1
            for wrong in complaints(again):
                yield again, wrong
            if (told.refused and again.message == ran.message) or (again.code == 2 and (not told.refused or blamed(told, again.message))):
                yield ran, (f"told: {told.told!r} leads from {ran.message!r} to exit {again.code}: {again.message!r} "
                            f"by {shlex.join(again.arguments)}")
    if one.verb in ("fit", "save"):
        yield from _answers(one, folder, counted)


def _answers(one: Question, folder: Path, counted: Counter[str]) -> Iterator[tuple[Ran, str]]:
    """What is untrue of the answer of a fit: its numbers, the bytes of its other engine, and how it moves with the table."""
    place = folder / "v.csv"

    def fit(text: str, arguments: list[str]) -> Ran:
        place.write_text(text)
        return run(["fit", str(place), *arguments])

    asked = [*_plain(one.arguments), "-o", "json", "--no-kl", "-q"]
    ran = fit(one.table, asked)
    base = ran.answer
    if base is None or base["schema"] != "mlefit.fit/1":
        return
    counted["fits asked again"] += 1
    with contextlib.suppress(Unknown, KeyError):
        log_likelihood(one.table, tuple(asked), base)
        counted["log-likelihoods found again"] += 1
    for wrong in likelihood_complaints(one.table, tuple(asked), base):
        yield ran, wrong
    again = fit(one.table, [*asked, "--engine", "stream", "--threads", "1"])
    if again.answer is None or _without_machine(again) != _without_machine(ran):
        yield again, "--engine stream --threads 1 has other bytes"
    for wrong in metamorphic(one.table, tuple(asked), base, lambda text, arguments: fit(text, arguments).answer):
        yield ran, wrong


def _plain(arguments: tuple[str, ...]) -> list[str]:
    """The arguments without a format, requirements, and what only changes words."""
    found = [word for word in arguments if word not in ("-q", "--detail", "--sort", "--no-kl", "--bits")]
    for option in ("-o", "--require", "--engine", "--threads"):
        while option in found:
            del found[found.index(option) : found.index(option) + 2]
    return found


def _without_machine(ran: Ran) -> str:
    found = ran.answer
    found["run"].pop("machine")
    return json.dumps(found)
