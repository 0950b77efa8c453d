"""Mutated model files: `predict`, `check`, `export` and `show` answer, or refuse with exit 2 or 3. Nothing is run.

    python benchmarks/mutations.py [MUTATIONS] [SEED]

Each file has one to three places of a saved model changed. Every command runs on every file. The exits are counted on stdout; a
file that ended otherwise is kept in mutated/ and the program exits 1.
"""

import contextlib
import copy
import io
import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlefit.cli import main as command

SAMPLES = Path(__file__).resolve().parents[1] / "sample_data"
FITS = {
    "plain": ["measurements.csv"], "classes": ["species.csv"], "levels": ["conversions.csv"],
    "terms": ["measurements.csv", "-f", "y ~ poly(x1,2)*site + bs(x2,df=5) + I(x1**2) + scale(x2)"],
    "scale": ["spending.csv", "-m", "hetero", "--scale-features", "income"], "log": ["repairs.csv", "-t", "log(cost)", "-x", "age"],
    "held out": ["measurements.csv", "--se", "robust", "--holdout", "0.2"],
    "counts": ["deliveries.csv", "-t", "parcels", "-m", "poisson"],
    "curve": ["measurements.csv", "-t", "y", "--mean", "a + b * x1", "--start", "a=1,b=2"],
    "limit": ["measurements.csv", "-m", "student-t", "-x", "x1"],
    "spread": ["repairs.csv", "-t", "hours", "-m", "gamma", "-x", "age", "--scale-features", "age"],
    "ordered": ["deliveries.csv", "-t", "stars", "-m", "ordinal", "-x", "km"],
    "zeros": ["conversions.csv", "-t", "visits", "-m", "hurdle:poisson", "-x", "age"],
    "trials": ["seeds.csv", "-t", "sprouted", "--trials", "sown"],
}
VALUES = (
    None, True, -1, 0, 1, 3, 0.5, 1e308, -1e308, 1e-308, 2**70, "", "a", "y", "__import__('os')", "x1", [], {}, [[]], [1.0],
    "x" * 50, "student-t:df=inf", "exp(exp(exp(x1)))", [{"kind": "number", "column": "x1"}], "\x00", "\ud800",
)
ALLOWED = {"predict": {0, 2, 3}, "check": {0, 2, 3, 5}, "show": {0, 2, 3}, "export": {0, 2, 3}}


def mutated(value: Any, rng: random.Random) -> Any:
    """A JSON value with one to three places changed, more often where predictions look."""
    value = copy.deepcopy(value)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        within = [value[key] for key in ("design", "covariance", "sample") if isinstance(value, dict) and key in value]
        place: Any = rng.choice(within) if within and rng.random() < 0.8 else value
        holder, key = None, None
        while isinstance(place, dict | list) and place:
            holder, key = place, rng.choice(list(place) if isinstance(place, dict) else range(len(place)))
            place = place[key]
            if rng.random() < 0.15:
                break
        if holder is None:
            continue
        change = rng.random()
        if change < 0.2:
            del holder[key]
        elif change < 0.3 and isinstance(place, float):
            holder[key] = place * rng.choice([-1.0, 1e-12, 1e12])
        elif change < 0.4 and isinstance(holder, list):
            holder.append(copy.deepcopy(place))
        else:
            holder[key] = copy.deepcopy(rng.choice(VALUES))
    return value


def saved(folder: Path) -> dict[str, tuple[Any, str]]:
    """The models, and a table with some rows of each."""
    found = {}
    for name, (file, *options) in FITS.items():
        path, table = folder / "m.json", folder / f"{file}"
        table.write_text("".join((SAMPLES / file).read_text().splitlines(keepends=True)[:41]))
        code = command(["fit", str(SAMPLES / file), *options, "-q", "--no-kl", "--save", str(path), "--out", str(folder / "t.txt")])
        if code == 0:
            found[name] = json.loads(path.read_text()), str(table)
    return found


def runs(path: str, table: str, language: str) -> dict[str, list[str]]:
    """The commands for a file."""
    return {"predict": ["predict", path, table, "-q", "--score"], "check": ["check", path, table, "-q"], "show": ["show", path],
            "export": ["export", path, "--to", language]}


def main(mutations: int, seed: int) -> int:
    """The exits of all commands."""
    rng, ends, bad = random.Random(seed), Counter[tuple[str, int]](), 0        # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = saved(folder)
        for at in range(mutations):
            value, table = models[rng.choice([*models])]
            text = json.dumps(mutated(value, rng))
            if rng.random() < 0.03:
                text = text[: rng.randrange(len(text))]
            path = folder / "mutated.json"
            path.write_text(text)
            language = rng.choice(["sql", "sql:sqlite", "sql:postgres", "python", "jq", "mlr"])
            for verb, arguments in runs(str(path), table, language).items():
                out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                    code = command(arguments)
                ends[verb, code] += 1
                if code not in ALLOWED[verb] or "Traceback" in err.getvalue():
                    bad += 1
                    kept = Path("mutated") / f"{seed}_{at}_{verb}.json"
                    kept.parent.mkdir(exist_ok=True)
                    kept.write_text(text)
                    print(f"{kept}: exit {code}: {err.getvalue().strip()[:300]}", file=sys.stderr)
    for (verb, code), count in sorted(ends.items()):
        print(f"{verb}: exit {code}: {count}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1))
