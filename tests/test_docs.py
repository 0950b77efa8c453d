"""The docs show what the program prints; the site has every page; the page on accuracy is what its program measures."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from readme_commands import LEFT, PAGES, ROOT, all_printed, blocks, commands, printed, shown

from mlefit.cli.man import page
from mlefit.cli.models import groups
from mlefit.cli.names import COMMANDS
from mlefit.cli.shells import options
from mlefit.noise import MODELS

DOCS = PAGES[1:]
BLOCKS = [block for each in DOCS for block in blocks("console", each)]
SHOWN = [each for block in BLOCKS for each in commands(block)]
TOOLS = ("jq", "sqlite3")


@pytest.mark.slow     # a process or more each
@pytest.mark.parametrize("block", BLOCKS, ids=[commands(block)[0][0][:60] for block in BLOCKS])
def test_commands_print_what_the_docs_show(block: str) -> None:
    for tool in TOOLS:
        if tool in block and shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    assert all_printed(block) == shown(block)


def test_every_console_is_run_or_says_why_not() -> None:
    assert len(SHOWN) >= 14
    for each in DOCS:
        text = each.read_text(encoding="utf-8")
        for match in re.finditer(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            before = text[: match.start()].rstrip().rpartition("\n")[2]
            assert match[1].startswith("$ ")
            assert LEFT not in before or re.fullmatch(r"<!-- not run here: .{10,} -->", before), each


def test_the_site_has_every_page_and_no_other() -> None:
    named = re.findall(r": ([\w-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(each.name for each in DOCS)
    linked = {link for each in DOCS for link in re.findall(r"\]\(([\w-]+\.md)", each.read_text(encoding="utf-8"))}
    assert linked <= set(named)


def model_facts(name: str) -> list[str]:
    """What docs/models.md must say of a law, line by line."""
    law = MODELS[name]
    shapes = [f"- shapes: {', '.join(shape.name for shape in law.shapes)}"] if law.shapes else []
    scale = [f"- scale: {'one, or ' if law.shapes else ''}by predictors"] if law.with_scale is not None else []
    return [f"### `{name}`: {law.question}", f"- loss: {law.loss_name}", *shapes,
            *(f"- option: `{option.says}`" for option in law.options),
            *(f"- short: `{word}` is `{name}:{fixed}`" for word, fixed in law.presets.items()), *scale, f"- example: `{law.example}`"]


def test_the_page_on_models_has_every_law_with_its_facts() -> None:
    text = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    made = []
    for response, laws in groups(tuple(MODELS.values())).items():
        made += [f"## Response: {response}", *(line for law in laws for line in model_facts(law.name))]
    assert [line for line in text.splitlines() if line.startswith(("## ", "### ", "- "))] == made
    said = re.findall(r"^### `([\w-]+)`.*\n\nWhen: \S.{40,}", text, re.MULTILINE)
    assert sorted(said) == sorted(MODELS)


def test_every_line_of_the_screen_is_read() -> None:
    text = ROOT / "docs" / "reading.md"
    found = [output for block in blocks("console", text) for command, output in commands(block) if "| sed -n" in command]
    assert printed("mlefit fit sample_data/stackloss.csv --detail -q") == (0, "".join(found))
    first = printed("mlefit fit sample_data/stackloss.csv -q")[1].splitlines()
    assert [line[: len(old)] for line, old in zip("".join(found).splitlines(), first, strict=False)] == first


def figures(text: str) -> list[tuple[str, list[str]]]:
    """The first and the other cells of each row of the tables."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [(row[0], row[1:]) for row in rows]


@pytest.mark.slow     # two dozen fits
def test_the_page_on_accuracy_is_what_its_program_measures() -> None:
    code = "import sys; sys.path.insert(0, 'benchmarks'); import accuracy; sys.stdout.write(accuracy.page())"
    made = figures(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    told = figures((ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8"))
    assert [name for name, _ in made] == [name for name, _ in told]
    for (name, found), (_, there) in zip(made, told, strict=True):
        for one, other in zip(found, there, strict=True):
            if re.fullmatch(r"[\d.]+", other):
                assert float(one) >= float(other) - 1.5, name       # the last digits are those of a machine
            else:
                assert one == other, name


def test_digits_are_counted() -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        from accuracy import digits
    finally:
        sys.path.pop(0)
    assert digits([1.0, 2.0], [1.0, 2.0]) == 15.0
    assert digits([1.001, 2.0], [1.0, 2.0]) == pytest.approx(3.0, abs=1e-9)
    assert digits([None, 2.0], [1.0, 2.0]) == 0.0
    assert digits([1e-9], [0.0]) == pytest.approx(9.0)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_manual_page_has_every_option(command: str, tmp_path: Path) -> None:
    text = page(command)
    assert text.startswith(f'.TH "MLEFIT\\-{command.upper()}" "1"')
    for option in options(command):
        if "--help" not in option.flags:
            assert all(flag.replace("-", "\\-") in text for flag in option.flags)
    if shutil.which("man"):
        (tmp_path / "x.1").write_text(text)
        done = subprocess.run(["man", "--warnings", "-l", str(tmp_path / "x.1")], capture_output=True, text=True, check=True)
        assert done.stderr == ""
        assert f"mlefit {command}" in done.stdout
