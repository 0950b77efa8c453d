"""What a small fit loads, and how a process ends: a guard on what both cost that needs no clock."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from mlefit.cli.lazily import LATER

ROOT = Path(__file__).parents[1]
OWN = 306       # modules of ours that a fit with the defaults loads at most: each takes a quarter of a millisecond
PLAIN = 240     # without KL
HEAVY = {       # what is installed here and loaded where it is asked for
    "dask", "distributed", "duckdb", "formulaic", "jinja2", "markupsafe", "matplotlib", "pandas", "scipy.stats", "scipy.interpolate",
    "threadpoolctl", "yaml",
}
UNUSED = {      # what comes with numpy, scipy and Python, and is put off
    "charset_normalizer", "cloudpickle.cloudpickle", "numpy.f2py.crackfortran", "numpy.testing.overrides",
    "pkgutil", "scipy.constants", "scipy.spatial.distance", "unittest",
}


def after_a_fit(tmp_path: Path, then: str, *options: str) -> str:
    """What a process prints that fits a plain table with the defaults and these options, and then does something more."""
    table = tmp_path / "plain.csv"
    table.write_text("x,y\n" + "".join(f"{i / 7:.4g},{i % 5 + i / 3:.4g}\n" for i in range(60)))
    code = f"import sys\nfrom mlefit.cli import main\nassert main(['fit', {str(table)!r}, '-q', *{options!r}]) == 0\n"
    done = subprocess.run([sys.executable, "-c", code + then], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_a_plain_fit_loads_what_it_uses(tmp_path: Path) -> None:
    loaded = set(after_a_fit(tmp_path, "print(*sys.modules)").split())
    assert loaded >= {"numpy", "scipy.optimize", "pyarrow.csv", "typer"}
    assert HEAVY & loaded == set()
    assert UNUSED & loaded == set()
    ours = [name for name in loaded if name.partition(".")[0] == "mlefit"]
    assert 100 < len(ours) <= OWN, f"{len(ours)} modules of ours"


def test_what_is_put_off_stays_so(tmp_path: Path) -> None:
    loaded = f"print('loaded:', *(name for name in {sorted(LATER)!r} if type(sys.modules.get(name)) is type(sys)))"
    assert after_a_fit(tmp_path, loaded, "--no-kl") == "loaded:"


@pytest.mark.slow
def test_threads_that_read_parts_of_a_file_find_what_they_use_loaded(tmp_path: Path) -> None:
    """What is put off is loaded by the first who looks into it, while another thread would see half of it."""
    table = tmp_path / "long.csv"
    line = "".join(f"{i % 97 / 7:.7g},{i % 89 / 11:.7g},{i % 83 / 13:.7g},{i * i % 79 % 2}\n" for i in range(20_000))
    table.write_text("a,b,c,y\n" + 40 * line)
    for _ in range(4):
        done = subprocess.run([sys.executable, "-m", "mlefit", "fit", str(table), "-q", "--no-kl", "--threads", "2", "-m", "bernoulli"],
                              cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_what_few_fits_use_is_not_there_for_others(tmp_path: Path) -> None:
    """Threads for several parts, patterns of names, errors by cluster, profiles, and the KL where it is not wanted."""
    rare = {"concurrent.futures", "glob", "mlefit.inference.clusters", "mlefit.inference.fixed_b", "mlefit.inference.moving",
            "mlefit.inference.profile", "mlefit.inference.ratios", "mlefit.information.measure", "mlefit.source.standing"}
    loaded = set(after_a_fit(tmp_path, "print(*sys.modules)", "--no-kl").split())
    assert rare & loaded == set()
    assert sum(name.partition(".")[0] == "mlefit" for name in loaded) <= PLAIN


def test_a_prediction_loads_what_it_uses(tmp_path: Path) -> None:
    """Neither scipy, for the critical value of an interval stands in the file, nor what numpy loads for others."""
    model, table = tmp_path / "model.json", tmp_path / "plain.csv"
    after_a_fit(tmp_path, f"assert main(['fit', {str(table)!r}, '-q', '--save', {str(model)!r}]) == 0\nprint()")
    code = (f"import sys\nfrom mlefit.cli import main\nassert main(['predict', {str(model)!r}, {str(table)!r}, '-q']) == 0\n"
            "print(*sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    *lines, loaded = done.stdout.splitlines()
    assert lines[0] == "x,y,mean,mean_low,mean_high,new_low,new_high,flag"
    assert len(lines) == 61
    modules = set(loaded.split())
    assert modules >= {"numpy", "pyarrow.csv", "typer"}
    assert not modules & (HEAVY | {"scipy", "numpy.random", "numpy.ma"})


def test_what_is_put_off_is_there_when_it_is_asked_for(tmp_path: Path) -> None:
    """Every one of them: its names are those that it has without being put off."""
    show = f"import importlib\nprint(*sorted(name for name in {sorted(LATER)!r} if len(dir(importlib.import_module(name))) > 5))"
    assert after_a_fit(tmp_path, show).split() == sorted(LATER)
    used = "import numpy\nprint(numpy.testing.assert_allclose([1.0], [1.0]), numpy.char.upper('a'))"
    assert after_a_fit(tmp_path, used) == "None A"


@pytest.mark.parametrize("name", sorted(LATER))
def test_only_public_modules_are_put_off(name: str) -> None:
    assert not any(part.startswith("_") for part in name.split("."))
    assert find_spec(name) is not None


def test_documentation_is_found_again_when_scipy_is_there(tmp_path: Path) -> None:
    """scipy finds none of its functions' while it is imported, by however many threads; afterwards everybody does."""
    then = ("import inspect\nfrom threading import Thread\nfrom importlib import import_module\n"
            "both = [Thread(target=import_module, args=(f'scipy.{name}',)) for name in ('stats', 'interpolate')]\n"
            "for one in both: one.start()\n"
            "for one in both: one.join()\n"
            "import scipy.optimize\n"
            "print(inspect.getdoc.__module__, inspect.getdoc(print).split()[0], scipy.optimize.minimize.__module__)")
    assert after_a_fit(tmp_path, then) == "inspect Prints scipy.optimize._minimize"


@pytest.mark.parametrize(("line", "said"), [
    ("inspect.getdoc(print).split()", "of scipy True"), ("inspect.getdoc(print) or 1 / 0", "of scipy True"),
    ("raise RuntimeError('no such library')", "no such library True")])
def test_a_module_that_wants_its_documentation_has_it(tmp_path: Path, line: str, said: str) -> None:
    """As if scipy could not be imported without; and what fails in any case fails with its own error."""
    (tmp_path / "scipy" / "odd").mkdir(parents=True)
    (tmp_path / "scipy" / "__init__.py").write_text("")
    (tmp_path / "scipy" / "odd" / "__init__.py").write_text(f"import inspect\n{line}\nname = 'of scipy'\n")
    code = ("import inspect, sys\nfrom mlefit.cli.lazily import later\nlater()\nfind = inspect.getdoc\n"
            f"sys.path.insert(0, {str(tmp_path)!r})\n"
            "try:\n    import scipy.odd as odd\n    told = odd.name\nexcept RuntimeError as error:\n    told = error\n"
            "print(told, inspect.getdoc is find)")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == said


class TestTheEndOfAProcess:
    """What a command wants done at exit is done; what Python does behind that is left out, but where somebody traces."""

    @staticmethod
    def ended(before: str) -> subprocess.CompletedProcess[str]:
        code = ("import atexit, sys\nfrom mlefit.cli import start\n"
                "def main():\n    atexit.register(print, 'at exit', end=' ')\n    print('done', end=' ')\n    return 3\n"
                f"start.main = main\natexit.register(print, 'traced')\n{before}\nstart.process()")
        return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    def test_it_ends_behind_what_the_command_registered(self) -> None:
        done = self.ended("")
        assert (done.returncode, done.stdout, done.stderr) == (3, "done at exit ", "")

    def test_whoever_traces_sees_all_of_it(self) -> None:
        done = self.ended("sys.settrace(lambda *_: None)")
        assert (done.returncode, done.stdout, done.stderr) == (3, "done at exit traced\n", "")
