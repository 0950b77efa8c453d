"""Peers of recommend: which law other programs choose for samples without predictors; one JSON line for each sample and program.

    python benchmarks/recommend_peers.py mlefit  >> peers.jsonl      (this program: its rule, and the lowest AIC of its fits)
    PEER/bin/python benchmarks/recommend_peers.py fitter >> peers.jsonl
    python benchmarks/recommend_peers.py --tables peers.jsonl

Samples depend on the seed alone, so that all programs see the same ones. Each chooses among the laws that both know: normal,
Laplace, Student's t, gamma, lognormal, Weibull and inverse Gaussian; the last four where all numbers are positive. fitter ranks
by the squared error of a histogram, its default, distfit by that of its own, phitter by that of its own, reliability by BIC (of its
own laws of positive numbers).
"""

import argparse
import contextlib
import io
import json
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

RUNS, N, SEED = 15, 200, 17
DRAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "gaussian": lambda r, n: r.normal(3.0, 2.0, n),
    "laplace": lambda r, n: r.laplace(3.0, 2.0, n),
    "t, df 4": lambda r, n: 3.0 + r.standard_t(4, n),
    "lognormal": lambda r, n: np.exp(0.5 + 0.5 * r.normal(size=n)),
    "gamma, k 4": lambda r, n: r.gamma(4.0, 0.5, n),
    "weibull, k 2": lambda r, n: 2.0 * r.weibull(2.0, n),
}
HEAVY = {"laplace", "student-t", "huber"}
RIGHT = {"gaussian": {"gaussian"}, "laplace": HEAVY, "t, df 4": HEAVY, "lognormal": {"lognormal"}, "gamma, k 4": {"gamma"},
         "weibull, k 2": {"weibull"}}
SCIPY = {"norm": "gaussian", "laplace": "laplace", "t": "student-t", "gamma": "gamma", "lognorm": "lognormal",
         "weibull_min": "weibull", "invgauss": "inverse-gaussian"}
POSITIVE = {"gamma", "lognorm", "weibull_min", "invgauss"}
PHITTER = {"norm": "normal", "laplace": "laplace", "t": "t_student", "gamma": "gamma", "lognorm": "lognormal",
           "weibull_min": "weibull", "invgauss": "inverse_gaussian"}
RELIABILITY = {"Weibull": "weibull", "Gamma": "gamma", "Lognormal": "lognormal", "Normal": "gaussian"}


def samples() -> Iterator[tuple[str, int, np.ndarray]]:
    """(truth, run, responses)."""
    for place, (name, draw) in enumerate(DRAWS.items()):
        for run in range(RUNS):
            yield name, run, draw(np.random.default_rng([SEED, place, run]), N)


def of_mlefit(y: np.ndarray) -> dict[str, str]:
    """What the rule says, and the lowest AIC."""
    import mlefit

    found = mlefit.compare({"y": y}, target="y", features=[])
    told = found.recommendation
    said = told.model if told.strength in ("strong", "lean", "keep") else "none fits"
    return {"mlefit": f"{told.strength}: {said}", "lowest AIC (as gamlss)": str(found.models["model"][0])}


def laws(y: np.ndarray) -> list[str]:
    """As scipy calls them."""
    return [name for name in SCIPY if name not in POSITIVE or y.min() > 0.0]


def of_fitter(y: np.ndarray) -> dict[str, str]:
    """The least squared error of a histogram."""
    from fitter import Fitter

    found = Fitter(y, distributions=laws(y), timeout=60)
    found.fit(progress=False, max_workers=1)
    return {"fitter": SCIPY[next(iter(found.get_best()))]}


def of_distfit(y: np.ndarray) -> dict[str, str]:
    """Its default score."""
    from distfit import distfit

    found = distfit(distr=laws(y), verbose="silent")
    return {"distfit": SCIPY[found.fit_transform(y)["model"]["name"]]}


def of_phitter(y: np.ndarray) -> dict[str, str]:
    """Its best law, by the squared error of its histogram; none where its tests reject all."""
    from phitter import Phitter

    found = Phitter(y, distributions_to_fit=[PHITTER[name] for name in laws(y)])
    found.fit(n_workers=1)
    best = found.best_distribution
    return {"phitter": "none fits" if not best else next(SCIPY[ours] for ours, theirs in PHITTER.items() if theirs == best["id"])}


def of_reliability(y: np.ndarray) -> dict[str, str]:
    """Its best law with two parameters; of positive numbers alone."""
    from reliability.Fitters import Fit_Everything

    if y.min() <= 0.0:
        return {}
    found = Fit_Everything(failures=y, print_results=False, show_histogram_plot=False, show_PP_plot=False,
                           show_probability_plot=False)
    name = found.best_distribution_name.split("_")[0]
    return {"reliability": RELIABILITY.get(name, name)}


CHOOSE = {"mlefit": of_mlefit, "fitter": of_fitter, "distfit": of_distfit, "phitter": of_phitter, "reliability": of_reliability}


def tables(path: Path) -> Iterator[str]:
    """Markdown: how often each program chooses the right group."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        strength, _, model = one["said"].rpartition(": ")
        what = "none" if model == "none fits" else "right" if model in RIGHT[one["truth"]] else "wrong"
        found.setdefault((one["truth"], one["program"]), Counter())[f"{strength} {what}".strip()] += 1
    programs = list(dict.fromkeys(program for _, program in found))
    yield f"| truth | {' | '.join(programs)} |\n| --- |{' --- |' * len(programs)}"
    for truth in DRAWS:
        cells = [found.get((truth, program), Counter()) for program in programs]
        yield f"| {truth} | {' | '.join(', '.join(f'{n} {what}' for what, n in cell.most_common()) for cell in cells)} |"


def main() -> None:
    """One program on all samples, or the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?", default="mlefit", choices=list(CHOOSE))
    parser.add_argument("--tables", type=Path)
    asked = parser.parse_args()
    if asked.tables is not None:
        print("\n".join(tables(asked.tables)))
        return
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    warnings.simplefilter("ignore")
    for truth, run, y in samples():
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            said = CHOOSE[asked.program](y)
        for program, model in said.items():
            print(json.dumps({"truth": truth, "run": run, "program": program, "said": model}), flush=True)


if __name__ == "__main__":
    main()
