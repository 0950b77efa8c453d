"""What a report or a refusal tells to do, as the commands that it comes to when it is taken literally."""

import contextlib
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from mlefit.cli.help import described

SPELT = {"--model": "-m", "--target": "-t", "--features": "-x", "--formula": "-f"}
INSTEAD = {"--loss": ("-m", "--density"), "-m": ("--loss", "--density"), "-f": ("-t", "-x", "--no-intercept"), "-x": ("--mean", "-f")}     # what an option takes the place of
FILLED = ("is", "says", "names", "takes", "shows", "out", "gives", "and", "for", "chooses", "if", "in", "to", "has")    # words behind an option that are none of its values
SWITCHES = {flag for option in described("fit")["options"] if option["switch"] for flag in option["flags"]}
VALUE = r"(?: (?:'[^']*'|\"[^\"]*\"|[\w.:=,+<>`()-]+))?"
OPTION = re.compile(rf"(?<![\w`-])(--(?!help)[a-z][a-z-]+{VALUE}|-[mtxf]{VALUE})")
WHOLE = re.compile(r"(?<![\w`/])mlefit (?:fit|compare|plot|predict|check|report|prove|explain|show) [^`]*")
STEP = re.compile(r"^(?:next {6}|what would help: )(.*)$", re.M)


@dataclass(frozen=True)
class Advice:
    """A command that was told, in which words, and whether it takes the place of one that was refused."""

    arguments: list[str]
    told: str
    refused: bool


def advice(arguments: tuple[str, ...], code: object, out: str, err: str) -> Iterator[Advice]:
    """The commands that the answer to a command names, and those that its next step or its remedy makes of it."""
    formatted = bool({"markdown", "latex", "csv"} & {*arguments})
    for line in (err if formatted else f"{out}\n{err}").splitlines():
        for told in WHOLE.findall(line):
            with contextlib.suppress(ValueError):
                words = [word.rstrip(";") for word in shlex.split(told.rstrip(".;"))[1:]]
                if not any(word.isupper() and len(word) > 2 for word in words):
                    yield Advice(words, told, False)
    if code in (2, 3, 4) and "json" not in arguments:
        lines = err.splitlines()
        at = max((at for at, line in enumerate(lines) if line.startswith("mlefit: ")), default=None)
        if at is not None and at + 1 < len(lines):
            yield from remedies(arguments, " ".join(lines[at + 1 :]), refused=True)
    elif code == 0 and arguments[0] == "fit":
        for told in STEP.findall(out):
            yield from remedies(arguments, told, refused=False)


def remedies(arguments: tuple[str, ...], told: str, *, refused: bool) -> Iterator[Advice]:
    """The command again, with the options of each alternative that a sentence offers."""
    for alternative in re.split(r"; |, or | or ", told):
        words = list(arguments)
        for found in OPTION.findall(alternative):
            option, _, value = found.rstrip(".,;:").partition(" ")
            option = SPELT.get(option, option)
            left_out = f"leave {option} out" in alternative or f"leave out {option}" in alternative
            if not left_out and (any(part.isupper() for part in re.split(r"[=:,/)]", value)) or value in FILLED or (not value and option not in SWITCHES)):
                continue
            for gone in (option, *INSTEAD.get(option, ())):
                _drop(words, gone)
            if not left_out:
                words += [option, *([value.strip("'\"")] if value else [])]
        if words != list(arguments):
            yield Advice(words, told, refused)


def _drop(words: list[str], option: str) -> None:
    while option in words:
        at = words.index(option)
        del words[at : at + (1 if option in SWITCHES else 2)]


def blamed(told: Advice, refusal: str) -> bool:
    """Whether it is what was told that is refused now."""
    return any(option in refusal for option in re.findall(r"--[a-z][a-z-]+", told.told))
