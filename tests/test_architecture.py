"""The house has one corridor: a room imports only from rooms before it, and other libraries have their places."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlefit.noise import MODELS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mlefit"
ROOMS = (
    "records", "escapes", "numerals", "errors", "options", "arrays", "blas", "machine", "rows", "sums", "expression", "losses", "noise", "mean", "source",
    "report", "request", "execution", "criterion", "objective", "existence", "design", "estimation", "inference", "problem",
    "information", "diagnosis", "saved", "prediction", "exporting", "picture", "drawing", "pipeline", "groups", "comparison",
    "proof", "checking", "auditing", "loaded", "api", "cli",
)
FREE = {"version", "__init__", "__main__"}      # no room: a constant and the two front doors
FENCES = {
    "pyarrow": ("source", "design", "prediction/text.py", "prediction/predict.py", "prediction/objects.py", "prediction/parquet.py"),
    "pandas": ("source", "design", "loaded", "api"),
    "formulaic": ("design",),
    "scipy.optimize": ("estimation", "existence"),
    "rich": ("report/layout.py", "report/comparison_table.py", "cli"),
    "typer": ("cli",),
    "jinja2": ("drawing/page/rendered.py",),
    "markupsafe": ("drawing/page/rendered.py",),
    "dask": ("execution/cluster.py", "execution/joining.py"),
    "distributed": ("execution/cluster.py", "execution/joining.py"),
    "matplotlib": ("proof/plot.py", "drawing/raster.py", "drawing/painted.py"),
}
HEAVY = ("pyarrow", "pandas", "scipy", "formulaic", "matplotlib")
LONGEST = 300
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "joblib"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def label(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def names(node: ast.AST) -> list[str]:
    """What an import statement names, dotted."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def imports(tree: ast.AST) -> Iterator[str]:
    """Every name imported anywhere, inside functions too."""
    for node in ast.walk(tree):
        yield from names(node)


def imports_at_start(tree: ast.Module) -> Iterator[str]:
    """Names imported when the module is: outside functions and outside `if TYPE_CHECKING`."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield from names(node)
        for_types = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        if not (for_types or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def belongs(name: str, library: str) -> bool:
    return name == library or name.startswith(f"{library}.")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


every_module = pytest.mark.parametrize("path", MODULES, ids=label)


def test_every_module_has_its_room() -> None:
    assert {room(path) for path in MODULES} - FREE == set(ROOMS)


@every_module
def test_a_room_imports_only_from_rooms_before_it(path: Path) -> None:
    if room(path) in FREE:
        return
    mine = ROOMS.index(room(path))
    for name in imports(tree_of(path)):
        if belongs(name, "mlefit"):
            other = name.split(".")[1]
            assert other == "version" or other in ROOMS[: mine + 1], f"{label(path)} imports {name}"


@every_module
def test_other_libraries_stay_in_their_place(path: Path) -> None:
    for name in imports(tree_of(path)):
        for library, places in FENCES.items():
            if belongs(name, library):
                assert room(path) in places or label(path) in places, f"{label(path)} imports {name}"


@every_module
def test_heavy_libraries_are_imported_where_they_are_used(path: Path) -> None:
    for name in imports_at_start(tree_of(path)):
        assert name.split(".")[0] not in HEAVY, f"{label(path)} imports {name} at its start"


@every_module
def test_no_code_is_made_from_text(path: Path) -> None:
    tree = tree_of(path)
    assert not FORBIDDEN_MODULES & {name.split(".")[0] for name in imports(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_CALLS, f"{label(path)}:{node.lineno} calls {node.func.id}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in {"eval", "exec"}, f"{label(path)}:{node.lineno} calls {node.func.attr}"


@pytest.mark.parametrize("path", [*MODULES, *sorted((ROOT / "tests").glob("*.py"))], ids=lambda path: path.name)
def test_a_file_has_one_subject(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def texts(tree: ast.AST) -> Iterator[str]:
    """Text constants that the program works with: neither docstrings nor the help of options, which is prose."""
    prose = {id(word.value) for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords if word.arg == "help"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            prose.add(id(node.value))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


@every_module
def test_no_room_names_a_law(path: Path) -> None:
    """By import, by name or by an instance check: rooms ask for facts. The registry hands out every law."""
    if room(path) == "noise":
        return
    tree = tree_of(path)
    files = {f"mlefit.noise.{found.stem}" for found in (PACKAGE / "noise").glob("*.py")}
    facts = {"mlefit.noise.model", "mlefit.noise.options", "mlefit.noise.responses", "mlefit.noise.tails", "mlefit.noise.__init__"}
    for name in imports(tree):
        assert not any(belongs(name, law) for law in files - facts), f"{label(path)} imports {name}"
    laws = {model.name for model in MODELS.values()} - {"beta", "categorical", "quantile"}      # words of statistics, too
    for text in texts(tree):
        named = {law for law in laws if re.search(rf"\b{re.escape(law)}\b", text)}
        assert not named, f"{label(path)} names {named} in {text!r}"
        assert text != "categorical", label(path)
    classes = {type(model).__name__ for model in MODELS.values()}
    assert not classes & {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_the_reader_of_texts_tells_prose_from_program() -> None:
    tree = ast.parse('"""doc"""\nf(help="said", name="used")\nx = "also"\n')
    assert set(texts(tree)) == {"used", "also"}


def test_the_reader_of_imports_sees_what_it_should() -> None:
    code = (
        "import a.b\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import c\n"
        "def f():\n    from d.e import g\ntry:\n    import h\nexcept ImportError:\n    pass\n"
    )
    tree = ast.parse(code)
    assert set(imports(tree)) == {"a.b", "typing.TYPE_CHECKING", "c", "d.e.g", "h"}
    assert set(imports_at_start(tree)) == {"a.b", "typing.TYPE_CHECKING", "h"}


def loaded(code: str) -> set[str]:
    """Modules a fresh interpreter has loaded after `code`; what it prints is dropped."""
    show = "import sys\nsys.__stderr__.write('LOADED ' + ' '.join(sys.modules))"
    dropped = "import contextlib, io\nwith contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):\n"
    program = [sys.executable, "-c", f"{dropped}    {code}\n{show}"]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stderr.rpartition("LOADED ")[2].split())


def loaded_by(*arguments: str, exits: int = 0) -> set[str]:
    """Modules loaded by the command with these arguments, which must end with `exits`."""
    return loaded(f"from mlefit.cli import main; assert main({list(arguments)!r}) == {exits}")


@pytest.mark.parametrize("module", ["mlefit", "mlefit.request"])
def test_importing_mlefit_or_its_options_loads_no_numerics_and_no_parser(module: str) -> None:
    assert not loaded(f"import {module}") & {"numpy", "pandas", "pyarrow", "scipy", "formulaic", "rich", "typer"}


def test_the_python_door_loads_no_parser_of_command_lines() -> None:
    assert not loaded("import mlefit; mlefit.fit") & {"typer", "click"}


def test_the_command_line_alone_loads_no_numerics_and_no_other_command() -> None:
    assert not loaded_by("fit", "--help") & {"numpy", "pyarrow", "scipy", "mlefit.cli.prove", "mlefit.cli.models"}
    assert "mlefit.request" not in loaded_by("--version")


@pytest.mark.parametrize(("arguments", "exits"), [
    (("--help",), 0), (("--version",), 0), (("models",), 0), (("fit", "missing.csv", "-q"), 3),
    (("fit", "sample_data/measurements.csv", "-t", "absent", "-q"), 2),
], ids=["help", "version", "models", "missing file", "unknown column"])
def test_answers_without_a_fit_load_no_search(arguments: tuple[str, ...], exits: int) -> None:
    found = loaded_by(*arguments, exits=exits)
    assert not found & {"scipy.optimize", "scipy.stats", "pandas", "formulaic", "matplotlib"}


@pytest.mark.slow     # a process each
@pytest.mark.parametrize("arguments", [
    ("measurements.csv", "-m", "gaussian"), ("conversions.csv", "-m", "bernoulli"),
    ("species.csv", "-m", "categorical"), ("waiting.csv",), ("measurements.csv", "-o", "json"),
    ("measurements.csv", "-o", "csv"),
], ids=" ".join)
def test_a_plain_fit_loads_no_pandas_and_no_statistics(arguments: tuple[str, ...]) -> None:
    found = loaded_by("fit", f"sample_data/{arguments[0]}", *arguments[1:], "-q")
    assert not found & {"pandas", "scipy.stats", "formulaic", "matplotlib", "dask"}
    assert {"numpy", "pyarrow", "scipy.optimize"} <= found
