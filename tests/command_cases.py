"""Tables and commands from seeds: every command, model and option, on tables of the kinds that users have and programs stumble over."""

import csv
import io
import random
import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mlefit.cli.help import described

MODELS = (
    "gaussian", "heteroscedastic-gaussian", "huber", "huber:delta=1", "student-t", "student-t:df=3", "cauchy", "laplace", "quantile",
    "quantile:tau=0.8", "bernoulli", "bernoulli:link=probit", "bernoulli:link=cloglog", "binomial", "binomial:link=cloglog",
    "categorical", "ordinal", "poisson", "negative-binomial", "gamma", "lognormal", "inverse-gaussian", "weibull", "exponential",
    "beta", "hurdle:poisson", "hurdle:negative-binomial", "hurdle:gamma", "hurdle:lognormal", "hurdle:inverse-gaussian",
    "hurdle:weibull", "hurdle:exponential",
)
FITTING = {     # models that a kind of target calls for: three of four commands have one of them, so that answers are common
    "number": MODELS[:10], "positive": (*MODELS[:10], *MODELS[19:24]), "count": ("poisson", "negative-binomial", *MODELS[25:27], "gaussian"),
    "share": ("beta", "gaussian"), "binary": ("bernoulli", *MODELS[10:15], "categorical"), "label": ("categorical", "ordinal"),
    "zeros": (*MODELS[27:], "exponential", "gaussian"), "rare": ("poisson", "negative-binomial", "hurdle:poisson"),
    "constant": MODELS, "lattice": MODELS[:10], "separated": ("bernoulli", "bernoulli:link=probit"), "none": ("poisson", "gaussian"),
    "trials": ("binomial", "binomial:link=probit"), "truth": ("bernoulli", "categorical"),
}
LOSSES = (
    "r**2", "abs(r)", "abs(r)**1.5", "log(cosh(r))", "sqrt(1+r**2)", "log1p(r**2)", "exp(r)-r", "(log(y)-f)**2", "y*exp(-f)+f",
    "where(r>0,2*r,-r)", "exp(f)-y*f", "log1p(exp(-y*f))", "r**4", "abs(y-f)/y", "min(r**2,1)",
)
DENSITIES = ("exp(-r**2)", "exp(-abs(r))", "1/(1+r**2)", "exp(-r-exp(-r))", "exp(-y*exp(-f))*exp(-f)")
MEANS = ("a+b*x", "a*exp(b*x)", "a+b*exp(c*x)", "a/(1+exp(-b*x))", "a+b*x+c*x**2", "a*x/(b+x)")
FORMULAS = (
    "{y} ~ {x}*{g}", "{y} ~ bs({x},df=4) + {g}", "log({y}) ~ {x}", "{y} ~ poly({x},2) + C({w})", "{y} ~ {x} - 1", "{y} ~ C({g}):{x}",
    "{y} ~ I({x}**2) + {x}", "sqrt({y}) ~ {x} + {g}", "{y} ~ log({u}) + {g}", "{y} ~ .", "{y} ~ 1", "log1p({y}) ~ {x}",
    "{y} ~ scale({x}) + {d}", "{y} ~ {x} + {k}",
)
ERRORS = ("model", "ols", "robust", "hc0", "hc1", "hc2", "cluster:{g}", "cluster:{w}", "hac", "hac:2", "nid", "iid", "ker", "bootstrap")
HOSTILE = ("a b", "x,z", "I(x)", "[red]", "p=q", "é", "-m", "x:w", "`q`", "log(x)", "=1+1", "1", "C(g)", "Ω", "y ", "if", "None", "(Intercept)")
COMMANDS = ("fit",) * 10 + ("save",) * 4 + ("compare",) * 3 + ("plot", "plot", "report", "prove", "audit", "explain", "models")


@dataclass(frozen=True)
class Question:
    """A table as text, the verb, and the arguments behind its path; `kind` of target and what is odd about the table."""

    seed: int
    kind: str
    odd: tuple[str, ...]
    table: str
    verb: str
    arguments: tuple[str, ...]


def question(seed: int) -> Question:
    """The table and command of a seed."""
    pick, draw = random.Random(seed), np.random.default_rng(seed)       # noqa: S311 - no secret
    kind, odd, names, table = _table(pick, draw)
    verb = pick.choice(COMMANDS)
    return Question(seed, kind, odd, table, verb, tuple(_arguments(pick, kind, names, verb)))


def _target(kind: str, n: int, eta: NDArray[np.float64], trials: NDArray[np.int64], pick: random.Random, draw: np.random.Generator) -> list[str]:
    noise = draw.standard_t(3, n) if pick.random() < 0.3 else draw.normal(size=n)
    mean = np.exp(eta)
    numbers = {
        "number": lambda: eta + noise, "positive": lambda: np.exp(eta + 0.5 * noise), "share": lambda: draw.beta(2, 3, n),
        "zeros": lambda: mean * draw.gamma(2, size=n) * (draw.random(n) < 0.6), "lattice": lambda: np.round(eta + noise) / 2,
    }
    counts = {
        "count": lambda: draw.poisson(np.exp(eta + noise * pick.choice([0, 1]) / 2)), "rare": lambda: draw.poisson(0.1, n),
        "binary": lambda: (draw.random(n) < 1 / (1 + np.exp(-eta))).astype(int), "separated": lambda: (eta > 0).astype(int),
        "none": lambda: np.zeros(n, dtype=int), "constant": lambda: np.full(n, 3), "trials": lambda: draw.binomial(trials, 1 / (1 + np.exp(-eta))),
    }
    if kind in numbers:
        return [f"{value:.5g}" for value in numbers[kind]()]
    if kind in counts:
        return [str(int(value)) for value in counts[kind]()]
    return [str(value) for value in (draw.choice(["false", "true"], n) if kind == "truth" else draw.choice(list("pqrs"), n))]


def _table(pick: random.Random, draw: np.random.Generator) -> tuple[str, tuple[str, ...], dict[str, str], str]:
    """Kind of target, oddities, the name of each role, CSV."""
    n = pick.choice([4, 6, 12, 30, 30, 60, 60, 200, 200, 500])
    if pick.random() < 0.04:
        n = pick.choice([0, 1, 2, 3])
    x, w, g = draw.normal(size=n), draw.integers(0, 5, n), draw.choice(list("abcd")[: pick.choice([2, 3, 4])], n)
    kind, trials = pick.choice([*FITTING]), draw.integers(3, 9, n)
    y = _target(kind, n, 0.4 * x + 0.3 * (g == "a"), trials, pick, draw)
    columns = {
        "y": y, "x": [f"{value:.4f}" for value in x], "w": [*map(str, w)], "g": [*map(str, g)], "t": [*map(str, trials)],
        "u": [f"{value:.3f}" for value in draw.random(n)],
    }
    columns["d"] = [f"2024-{1 + at % 12:02}-{1 + at % 28:02}" for at in range(n)] if pick.random() < 0.3 else list(columns["x"])
    columns["k"] = ["7"] * n
    odd = [name for name in ODDITIES if pick.random() < 0.1] if pick.random() < 0.5 else []
    for name in odd:
        ODDITIES[name](columns, n, pick)
    names = {role: role for role in columns}
    if pick.random() < 0.08:
        odd.append("names")
        names |= dict(zip(pick.sample(["x", "w", "g", "y", "u"], 2), pick.sample(HOSTILE, 2), strict=True))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([names[role] for role in columns])
    writer.writerows(zip(*columns.values(), strict=True))
    return kind, tuple(odd), names, out.getvalue()


def _holes(columns: dict[str, list[str]], n: int, pick: random.Random) -> None:
    for role in pick.sample([*columns], 2):
        columns[role] = [cell if pick.random() > 0.15 else pick.choice(["", "NA"]) for cell in columns[role]]


def _one(columns: dict[str, list[str]], n: int, pick: random.Random, cells: tuple[str, ...], roles: tuple[str, ...] = ("x", "y", "w", "u")) -> None:
    if n:
        columns[pick.choice(roles)][pick.randrange(n)] = pick.choice(cells)


def _scaled(columns: dict[str, list[str]], n: int, pick: random.Random) -> None:
    role, power = pick.choice(["x", "y", "u"]), pick.choice([-300, -150, -20, -8, 8, 20, 150, 300])
    columns[role] = [f"{cell}e{power}" if cell[-1:].isdigit() else cell for cell in columns[role]]


def _shifted(columns: dict[str, list[str]], n: int, pick: random.Random) -> None:
    columns["x"] = [f"{1e9 + float(cell):.4f}" if re.fullmatch(r"-?\d+\.?\d*", cell) else cell for cell in columns["x"]]


def _fill(columns: dict[str, list[str]], n: int, role: str, cell: str) -> None:
    columns[role] = [cell] * n


ODDITIES = {
    "holes": _holes,
    "infinite": lambda columns, n, pick: _one(columns, n, pick, ("inf", "-inf", "1e400", "nan")),
    "outlier": lambda columns, n, pick: _one(columns, n, pick, ("1e9", "-1e9", "1e15", "1e-12")),
    "not a number": lambda columns, n, pick: _one(columns, n, pick, ("oops", "3.5", "-1", "1_000")),
    "scaled": _scaled,
    "shifted": _shifted,
    "no weights": lambda columns, n, pick: _fill(columns, n, "w", "0"),
    "one level": lambda columns, n, pick: _fill(columns, n, "g", "a"),
    "own level": lambda columns, n, pick: _one(columns, n, pick, ("lonely",), ("g",)),
    "constant x": lambda columns, n, pick: _fill(columns, n, "x", "1.5"),
    "empty column": lambda columns, n, pick: _fill(columns, n, pick.choice(["u", "x"]), ""),
    "fractions of weights": lambda columns, n, pick: columns.update(w=[f"{pick.random() * 3:.2f}" for _ in range(n)]),
    "exact": lambda columns, n, pick: columns.update(y=list(columns["x"])),
    "many levels": lambda columns, n, pick: columns.update(g=[f"l{at // 2}" for at in range(n)]),
    "row twice": lambda columns, n, pick: [cells.extend(cells[:]) for cells in columns.values()] and None,
}


@cache
def taken(verb: str) -> frozenset[str]:
    """The options of a command, as it lists them itself."""
    return frozenset(flag for option in described({"save": "fit"}.get(verb, verb))["options"] for flag in option["flags"])


def quoted(name: str) -> str:
    """A name as formulas and terms take it."""
    return name if name.isidentifier() else "`" + name.replace("`", "``") + "`"


def _arguments(pick: random.Random, kind: str, names: dict[str, str], verb: str) -> list[str]:
    if verb == "explain":
        return [pick.choice(MODELS)] if pick.random() < 0.5 else ["--loss", pick.choice(LOSSES)]
    if verb == "models":
        return []
    terms = {role: quoted(name) for role, name in names.items()}
    trials = ["--trials", terms["t"]] if kind == "trials" and pick.random() < 0.9 else []
    found = [*_law(pick, kind, verb), *_mean(pick, names, terms, verb), *trials]
    busy = pick.random() < 0.4
    for option in _options(names, terms):
        if busy and pick.random() < (0.02 if option[0] == "--se" else 0.05) and (option[0] in taken(verb) or pick.random() < 0.03):
            found += option
    if verb == "audit":
        found += ["--coef", "COEF"]
    forms = {"fit": ["json", "json", "json", "csv", "markdown", "latex", ""], "compare": ["json", "csv", "markdown", "", "", ""], "plot": ["text", "text", "json"]}
    form = pick.choice(forms.get(verb, [""]))
    return [*found, *(["-o", form] if form else [])]


def _law(pick: random.Random, kind: str, verb: str) -> list[str]:
    """A model, a loss, a density, or what the target calls for."""
    if verb != "compare" and pick.random() < 0.15:
        return ["--loss", pick.choice(LOSSES)] if pick.random() < 0.7 else ["--density", pick.choice(DENSITIES)]
    if verb == "compare" and pick.random() < 0.5:
        return []
    chosen = pick.sample(FITTING[kind], min(3, len(FITTING[kind]))) if verb == "compare" else [pick.choice(FITTING[kind])]
    return ["-m", ",".join(chosen) if pick.random() < 0.75 else pick.choice(MODELS)]


def _mean(pick: random.Random, names: dict[str, str], terms: dict[str, str], verb: str) -> list[str]:
    """A formula, a curve, or columns."""
    how = pick.random()
    if how < 0.25:
        return ["-f", pick.choice(FORMULAS).format(**terms)]
    if how < 0.33 and verb != "audit":
        return ["-t", names["y"], "--mean", re.sub(r"\bx\b", lambda _: terms["x"], pick.choice(MEANS)), *(["--start", "b=0.5,c=0.1"] if pick.random() < 0.5 else [])]
    target = f"{pick.choice(['log', 'sqrt', 'log1p', 'log10'])}({terms['y']})" if pick.random() < 0.07 else names["y"]
    roles = pick.choice([["x"], ["x"], ["g"], ["x", "g"], ["x", "w", "g"], ["x", "d"], ["x", "k"], ["u", "x"], [], None])
    return ["-t", target, *([] if roles is None else ["-x", "none"] if not roles else [part for role in roles for part in ("-x", names[role])])]


def _options(names: dict[str, str], terms: dict[str, str]) -> list[list[str]]:
    """Every option with a value that can be meant."""
    return [
        ["--scale-features", names["g"]], ["--scale-features", names["x"]], ["--scale-formula", f"~ poly({terms['x']},2)"], ["--scale-features", "none"],
        ["--weights", names["w"]], ["--weights", names["w"]], ["--weights", names["u"], "--weights-kind", "precision"],
        ["--weights", names["u"], "--weights-kind", "sampling"], ["--offset", terms["u"]], ["--offset", f"log({terms['t']})"], ["--trials", terms["t"]],
        ["--holdout", "0.3"], ["--intervals", "profile"], ["--level", "0.8"], ["--no-intercept"], ["--exponentiate"], ["--effects"], ["--sort"],
        ["--detail"], ["--no-kl"], ["--bits"], ["--draws", "0"], ["--by", names["g"]], ["--order", "p,q,r,s"], ["--positive", "1"],
        ["--reference", f"{names['g']}=b"], ["--as", f"{names['w']}=text"], ["--levels", f"{names['g']}=b,a"], ["--missing", "error"],
        ["--threads", "1"], ["--engine", "stream"], ["--require", "r2>0.1"], ["-q"], ["--folds", "3"], ["--bounds", "b=0:inf"], ["--seed", "3"],
        *(["--se", kind.format(**names)] for kind in ERRORS),
    ]
