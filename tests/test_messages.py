"""Every error message has a test of its full text: the table of commands here, and a count over the source."""

import ast
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from message_cases import CASES, FILES

import mlefit
from mlefit.cli import main
from mlefit.errors import UsageError
from mlefit.pipeline import run
from mlefit.request import Request

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "mlefit"

# The calls that make a refusal, and the argument that holds its sentence.
MAKERS = {
    "UsageError": 0, "DataError": 0, "NoEstimateError": 0, "MlefitError": 0, "UserInterruptError": 0,
    "_refusal": 1, "refused": 2, "unwritable": 1,
}
METHOD = {"refusal": 1}     # `typed.refusal(place, sentence, remedy)` of formulas
# Sentences that no input of a test can bring about, each with the reason.
UNREACHED = {
    "the routes disagree: their largest gap is ": "would be a defect where there is one maximum: no data is known that does it",
    " did not converge: ": "its end depends on the last digits of the search",
    "the data has no rows": "every source refuses an empty table first",
    "expected data, found no path.": "the command line refuses first",
    "the operators do not form a formula": "our own check of the order comes first; no text is known that passes it",
    ": expected a text table, found what cannot be parsed: ": "today's pyarrow takes any text as a table of text",
}


@pytest.mark.parametrize(("command", "code", "message", "remedy"), CASES, ids=[case[0] for case in CASES])
def test_a_refusal_says_exactly_this(
    command: str, code: int, message: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in set(FILES) & set(shlex.split(command)):
        (tmp_path / name).write_text(FILES[name])
    assert main(shlex.split(command)) == code
    said = [line for line in capfd.readouterr().err.splitlines() if not line.startswith(("note: ", "warning: "))]
    assert said == [f"mlefit: {message}", remedy]
    assert not list(tmp_path.glob("x*"))


def test_what_the_system_refuses_is_told_in_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(FILES["t.csv"])
    assert main(["fit", "t" * 300]) == 3
    said = f"mlefit: {'t' * 300}: cannot be read: File name too long.\nCheck the path and its permissions.\n"
    assert capfd.readouterr().err == said
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert main(["fit", "t.csv", "--out", "r.json"]) == 2
    assert capfd.readouterr().err == (
        'mlefit: --out: "r.json" cannot be written: no permission\n'
        "give a file in a directory that exists and is yours to write\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_behind_stdout_is_told() -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "mlefit", "models"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.decode() == (
        "mlefit: stdout: the result cannot be written: No space left on device\nuse --out FILE\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_behind_predictions_is_told(tmp_path: Path) -> None:
    """Their rows are written piece by piece."""
    table, model = tmp_path / "t.csv", tmp_path / "m.json"
    table.write_text("x,y\n" + "".join(f"{x},{x * x % 7}\n" for x in range(40)))
    mlefit.fit(str(table), target="y", model="gaussian", kl=False).save(model)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sys.executable, "-m", "mlefit", "predict", str(model), str(table)],
                              stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().endswith("mlefit: stdout: the result cannot be written: No space left on device\nuse --out FILE\n")


def test_python_gets_the_same_sentences() -> None:
    with pytest.raises(UsageError) as refused:
        run(Request({"x": [1.0, 2.0, 4.0], "y": [1.0, 3.0, 2.0]}, se="hc4"))
    assert refused.value.message == (
        '--se: expected auto, model, ols, robust, hc0, hc1, hc2, hc3, cluster:COLUMN, hac[:LAGS], nid, iid, ker or bootstrap, found "hc4"')
    assert refused.value.remedy == "such as --se robust"


def sentences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line of each refusal made in a module, and the longest fixed part of its sentence ('' when there is none)."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            place = MAKERS.get(node.func.id)
        else:
            place = METHOD.get(node.func.attr) if isinstance(node.func, ast.Attribute) else None
        if place is not None and len(node.args) > place:
            yield node.lineno, longest_text(node.args[place])


def longest_text(node: ast.AST) -> str:
    texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return max(texts, key=len, default="")


def text_of_the_tests() -> str:
    """All string constants of the tests but this file's list of exceptions."""
    found = []
    for path in sorted(TESTS.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in UNREACHED:
                found.append(node.value)
    return "\n".join(found)


def test_the_sentence_of_every_refusal_stands_in_a_test() -> None:
    text = text_of_the_tests()
    untested = [
        f"{path.relative_to(PACKAGE)}:{line}: {sentence!r}"
        for path in sorted(PACKAGE.rglob("*.py")) for line, sentence in sentences(ast.parse(path.read_text()))
        if sentence and sentence not in UNREACHED and sentence.replace("{{", "{") not in text
    ]
    assert untested == []


def test_the_list_of_exceptions_is_not_longer_than_it_must_be() -> None:
    made = {
        sentence for path in PACKAGE.rglob("*.py") for _, sentence in sentences(ast.parse(path.read_text()))
    }
    assert made >= set(UNREACHED)
    text = text_of_the_tests()
    assert [sentence for sentence in UNREACHED if sentence in text and len(sentence) > 25] == []
