"""The commands of the README and of docs/ and what they print. `python tests/readme_commands.py` writes their output into them."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
LEFT = "<!-- not run here: "        # before a block whose commands need what is not here, with the reason


def blocks(language: str, page: Path = README) -> list[str]:
    """Contents of the fenced blocks of a language that are to be run."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [match[1] for match in found if LEFT not in text[: match.start()].rstrip().rpartition("\n")[2]]


def commands(block: str) -> list[tuple[str, str]]:
    """Every `$` line of a console block, with the output below it."""
    pieces = (piece.partition("\n") for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:])
    return [(command, output) for command, _, output in pieces]


def marked(name: str) -> str:
    """The one line of the fenced block after a marker, as `.ci/run` reads it."""
    (line,) = re.findall(rf"^<!-- {name} -->\n```sh\n(.*)\n```$", README.read_text(encoding="utf-8"), re.MULTILINE)
    return str(line)


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder of its own that has what the repository has, so that what a command writes is not in the way of another's."""
    with tempfile.TemporaryDirectory() as folder:
        for entry in ROOT.iterdir():
            if not entry.name.startswith("."):
                (Path(folder) / entry.name).symlink_to(entry)
        yield Path(folder)


def printed(command: str, place: Path = ROOT) -> tuple[int, str]:
    """Exit code and output, stderr included, of a shell command in which `mlefit` is the program under test."""
    with tempfile.TemporaryDirectory() as folder:
        for name, run in (("mlefit", "-m mlefit"), ("python", "")):
            program = Path(folder) / name
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {run} "$@"\n', encoding="utf-8")
            program.chmod(0o755)
        environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command], cwd=place, env=environment, check=False, encoding="utf-8",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
    return done.returncode, done.stdout


def all_printed(block: str) -> list[tuple[str, int, str]]:
    """Every command of a console block, one after the other in one workplace: what it is, exit code and output."""
    with workplace() as place:
        return [(command, *printed(command, place)) for command, _ in commands(block)]


def shown(block: str) -> list[tuple[str, int, str]]:
    """The same as the page has it."""
    return [(command, 0, output) for command, output in commands(block)]


def rewrite() -> None:
    """Run every command and put what it prints into its page. Raises RuntimeError when one fails."""
    for page in PAGES:
        rewrite_page(page)


def rewrite_page(page: Path) -> None:
    """As rewrite, of one page."""
    text = page.read_text(encoding="utf-8")
    for block in blocks("console", page):
        present = ""
        for command, code, output in all_printed(block):
            if code:
                raise RuntimeError(f"exit {code} from: {command}\n{output}")
            present += f"$ {command}\n{output}"
        text = text.replace(f"```console\n{block}```", f"```console\n{present}```")
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
