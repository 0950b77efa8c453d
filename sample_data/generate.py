"""Write the made-up sample tables: `python sample_data/generate.py [FOLDER]`, by default the folder of this file.

`python sample_data/generate.py --wide FOLDER` writes three tables of 30 and more columns instead, which are not kept here.

Each table has a stream of its own from (SEED, its place), so that changing one leaves the others as they are. Numbers
are rounded to about five digits, far above the last bit in which two mathematical libraries may differ. longley.csv is
NIST's and not made here.
"""

import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

SEED = 2026
WIDE_FROM = 100     # places of the wide tables
Rows = tuple[Sequence[str], Iterable[Sequence[object]]]     # header, rows


def measurements(rng: np.random.Generator) -> Rows:
    """y = 1 + 2 x1 - 0.5 x2 + (0, 0.3, -0.4 at site a, b, c) + 0.5 e, e standard normal; three x2 are missing."""
    n = 503
    x1 = np.round(rng.normal(0.0, 1.0, n), 4)
    x2 = np.round(rng.uniform(0.0, 5.0, n), 4)
    site = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    mean = 1.0 + 2.0 * x1 - 0.5 * x2 + np.array([0.0, 0.3, -0.4])[site]
    y = distinct(mean + 0.5 * rng.standard_normal(n), 5)
    missing = set(rng.choice(n, 3, replace=False).tolist())
    return ("y", "x1", "x2", "site"), (
        (f"{y[i]:.5f}", f"{x1[i]:.4f}", "" if i in missing else f"{x2[i]:.4f}", "abc"[site[i]]) for i in range(n)
    )


def conversions(rng: np.random.Generator) -> Rows:
    """logit P(yes) = -1.5 - 0.02 (age - 40) + 0.25 visits + 0.1 minutes + (0, 0.6, 0.3 for ad, email, search)."""
    n = 2_000
    age = rng.integers(18, 76, n)
    visits = rng.poisson(2.0, n)
    minutes = np.round(rng.exponential(4.0, n), 2)
    channel = rng.choice(3, n, p=[0.4, 0.25, 0.35])
    logit = -1.5 - 0.02 * (age - 40) + 0.25 * visits + 0.1 * minutes + np.array([0.0, 0.6, 0.3])[channel]
    converted = rng.random(n) < 1.0 / (1.0 + np.exp(-logit))
    return ("age", "visits", "minutes", "channel", "converted"), (
        (age[i], visits[i], f"{minutes[i]:.2f}", ("ad", "email", "search")[channel[i]], "yes" if converted[i] else "no")
        for i in range(n)
    )


def species(rng: np.random.Generator) -> Rows:
    """Logits against alder: birch 2 - 0.8 length + 1 width, cedar 6 - 1.5 length + 0.5 width + 0.05 height."""
    n = 600
    length = np.round(rng.normal(5.0, 1.2, n), 3)
    width = np.round(rng.normal(2.5, 0.7, n), 3)
    height = np.round(rng.normal(20.0, 6.0, n), 2)
    logits = np.stack([
        np.zeros(n), 2.0 - 0.8 * length + 1.0 * width, 6.0 - 1.5 * length + 0.5 * width + 0.05 * height,
    ])
    odds = np.cumsum(np.exp(logits), axis=0)
    drawn = (rng.random(n) * odds[-1] >= odds).sum(axis=0)
    return ("length", "width", "height", "species"), (
        (f"{length[i]:.3f}", f"{width[i]:.3f}", f"{height[i]:.2f}", ("alder", "birch", "cedar")[drawn[i]])
        for i in range(n)
    )


def waiting(rng: np.random.Generator) -> Rows:
    """Minutes: normal around 54 (s.d. 6) with probability 0.36, around 80 (s.d. 6) otherwise. Not gaussian."""
    n = 400
    centre = np.where(rng.random(n) < 0.36, 54.0, 80.0)
    minutes = distinct(centre + 6.0 * rng.standard_normal(n), 4)
    return ("minutes",), ((f"{value:.4f}",) for value in minutes)


def spending(rng: np.random.Generator) -> Rows:
    """spending = 4 + 0.6 income + (0, 2 in town, country) + sigma e, log sigma = -0.5 + 0.03 income + (0, 0.4)."""
    n = 500
    income = np.round(rng.uniform(10.0, 80.0, n), 2)
    country = rng.random(n) < 0.35
    sigma = np.exp(-0.5 + 0.03 * income + 0.4 * country)
    spent = distinct(4.0 + 0.6 * income + 2.0 * country + sigma * rng.standard_normal(n), 4)
    return ("income", "region", "spending"), (
        (f"{income[i]:.2f}", "country" if country[i] else "town", f"{spent[i]:.4f}") for i in range(n)
    )


def repairs(rng: np.random.Generator) -> Rows:
    """Of a machine `age` years old in one of three shops: cost lognormal, hours inverse gaussian, wait exponential.

    log cost = 4 + 0.06 age + (0, 0.3, -0.2 in north, south, west) + 0.6 e; log E hours = 1 + 0.08 age + (0, -0.3, 0.2),
    lambda 6; log E wait = 1 - 0.05 age + (0, 0, 0.5).
    """
    n = 700
    age, shop = np.round(rng.uniform(0.0, 15.0, n), 1), rng.choice(3, n, p=[0.4, 0.35, 0.25])
    cost = distinct(np.exp(4.0 + 0.06 * age + np.array([0.0, 0.3, -0.2])[shop] + 0.6 * rng.standard_normal(n)), 4)
    hours = distinct(rng.wald(np.exp(1.0 + 0.08 * age + np.array([0.0, -0.3, 0.2])[shop]), 6.0), 6)
    wait = distinct(rng.standard_exponential(n) * np.exp(1.0 - 0.05 * age + np.array([0.0, 0.0, 0.5])[shop]), 6)
    return ("age", "shop", "cost", "hours", "wait"), (
        (f"{age[i]:.1f}", ("north", "south", "west")[shop[i]], f"{cost[i]:.4f}", f"{hours[i]:.6f}", f"{wait[i]:.6f}")
        for i in range(n)
    )


def deliveries(rng: np.random.Generator) -> Rows:
    """Of a trip of `km` by van, bike or truck: minutes with heavy tails, counts that vary more than poisson ones, a life, a
    share, and stars.

    minutes = 12 + 2.2 km + (0, -6, 9) + 4 t_3; parcels negative binomial, log mean 1 + 0.05 km + (0, -0.8, 0.5), alpha 0.5;
    hours to a breakdown weibull, log scale 5 - 0.02 km + (0, 0.4, 0), k 1.8; the share of the space used beta, logit mean
    0.5 - 0.04 km + (0, 0.3, 0), phi 12; stars with cuts -3, -1, 0.5 and slope -0.06 km + (0, 0.5, -0.3).
    """
    n = 600
    km, vehicle = np.round(rng.uniform(1.0, 30.0, n), 2), rng.choice(3, n, p=[0.5, 0.2, 0.3])

    def eta(constant: float, slope: float, *by_vehicle: float) -> np.ndarray:
        return constant + slope * km + np.array(by_vehicle)[vehicle]

    minutes = distinct(eta(12.0, 2.2, 0.0, -6.0, 9.0) + 4.0 * rng.standard_t(3.0, n), 4)
    parcels = rng.poisson(np.exp(eta(1.0, 0.05, 0.0, -0.8, 0.5)) * rng.standard_gamma(2.0, n) / 2.0)
    hours = distinct(np.exp(eta(5.0, -0.02, 0.0, 0.4, 0.0)) * rng.weibull(1.8, n), 4)
    middle = 1.0 / (1.0 + np.exp(-eta(0.5, -0.04, 0.0, 0.3, 0.0)))
    share = distinct(rng.beta(12.0 * middle, 12.0 * (1.0 - middle)), 7)
    latent = eta(0.0, -0.06, 0.0, 0.5, -0.3) + rng.logistic(size=n)
    stars = 1 + (latent[:, None] > np.array([-3.0, -1.0, 0.5])).sum(axis=1)
    return ("km", "vehicle", "minutes", "parcels", "hours", "share", "stars"), (
        (f"{km[i]:.2f}", ("van", "bike", "truck")[vehicle[i]], f"{minutes[i]:.4f}", parcels[i], f"{hours[i]:.4f}",
         f"{share[i]:.7f}", stars[i]) for i in range(n)
    )


def rents(rng: np.random.Generator) -> Rows:
    """rent = 200 + 8 area + (10 + 1.5 area) e, commute = 12 + 3 distance + 2.5 e', e and e' of density exp(-|e|) / 2."""
    n = 600
    area = np.round(rng.uniform(20.0, 120.0, n), 1)
    distance = np.round(rng.exponential(6.0, n), 2)
    rent = distinct(200.0 + 8.0 * area + (10.0 + 1.5 * area) * rng.laplace(0.0, 1.0, n), 3)
    commute = distinct(12.0 + 3.0 * distance + 2.5 * rng.laplace(0.0, 1.0, n), 5)
    return ("area", "distance", "commute", "rent"), (
        (f"{area[i]:.1f}", f"{distance[i]:.2f}", f"{commute[i]:.5f}", f"{rent[i]:.3f}") for i in range(n)
    )


def seeds(rng: np.random.Generator) -> Rows:
    """Of `sown` seeds in a pot `sprouted` came up, with logit P = 1.2 - 0.25 depth + (0, 0.8 in clay, loam)."""
    n = 240
    sown = rng.integers(6, 25, n)
    depth = np.round(rng.uniform(0.5, 8.0, n), 1)
    loam = rng.random(n) < 0.5
    sprouted = rng.binomial(sown, 1.0 / (1.0 + np.exp(-(1.2 - 0.25 * depth + 0.8 * loam))))
    return ("depth", "soil", "sown", "sprouted"), (
        (f"{depth[i]:.1f}", "loam" if loam[i] else "clay", sown[i], sprouted[i]) for i in range(n)
    )


def growth(rng: np.random.Generator) -> Rows:
    """Grams of a plant by day, 62 / (1 + exp(-(day - 21) / 4.5)) + 1.5 e, and its `buds`, Poisson around 0.4 exp(0.09 day)."""
    n = 60
    day = np.round(np.sort(rng.uniform(1.0, 42.0, n)), 1)
    grams = distinct(62.0 / (1.0 + np.exp(-(day - 21.0) / 4.5)) + 1.5 * rng.standard_normal(n), 3)
    buds = rng.poisson(0.4 * np.exp(0.09 * day))
    return ("day", "grams", "buds"), ((f"{day[i]:.1f}", f"{grams[i]:.3f}", buds[i]) for i in range(n))


def distinct(values: np.ndarray, digits: int) -> np.ndarray:
    """Values rounded to `digits` decimals. Raises ValueError for ties, which a density has not."""
    rounded = np.round(values, digits)
    if np.unique(rounded).size != rounded.size:
        raise ValueError("two rows agree: choose another seed or more digits")
    return rounded


def assembly(rng: np.random.Generator) -> Rows:
    """Strength: 36 measurements under long names, of which five matter, beside a machine of 24 levels and a shift."""
    n = 900
    names = [f"{part} {what} of station {place}" for part in ("mean", "largest", "drift of the")
             for what in ("temperature", "pressure", "torque") for place in range(1, 5)]
    x = np.round(rng.normal(0.0, 1.0, (n, len(names))), 3)
    machine, shift = rng.integers(1, 25, n), rng.choice(["early", "late", "night"], n)
    effect = np.round(rng.normal(0.0, 0.4, 25), 2)
    mean = 50.0 + x[:, :5] @ np.array([2.0, -1.0, 0.5, 0.25, 0.25]) + effect[machine] + 0.3 * (shift == "night")
    y = distinct(mean + 1.5 * rng.standard_normal(n), 6)
    return (*names, "machine", "shift", "strength"), (
        (*(f"{value:.3f}" for value in x[i]), f"M{machine[i]:02d}", shift[i], f"{y[i]:.6f}") for i in range(n)
    )


def renewals(rng: np.random.Generator) -> Rows:
    """Renewed, yes or no: 30 counts and shares, a region of 16 levels, a plan of 4, and an id that is no predictor."""
    n = 2_500
    counts = rng.poisson(3.0, (n, 15))
    shares = np.round(rng.random((n, 15)), 3)
    region, plan = rng.integers(0, 16, n), rng.choice(["basic", "family", "team", "trial"], n)
    logit = -0.5 + counts[:, :3] @ np.array([0.3, -0.2, 0.1]) + shares[:, 0] - 0.8 * (plan == "trial")
    renewed = rng.random(n) < 1.0 / (1.0 + np.exp(-logit))
    names = [*(f"visits_{k}" for k in range(1, 16)), *(f"share_{k}" for k in range(1, 16))]
    return ("customer_id", *names, "region", "plan", "renewed"), (
        (100_000 + 7 * i, *counts[i], *(f"{value:.3f}" for value in shares[i]), f"R{region[i]:02d}", plan[i],
         "yes" if renewed[i] else "no") for i in range(n)
    )


def habitats(rng: np.random.Generator) -> Rows:
    """One of 12 habitats, by 30 bands of a picture of which four matter."""
    n, classes = 3_000, 12
    x = np.round(rng.normal(0.0, 1.0, (n, 30)), 3)
    logits = np.concatenate([np.zeros((1, 4)), np.round(rng.normal(0.0, 0.7, (classes - 1, 4)), 2)]) @ x[:, :4].T
    odds = np.cumsum(np.exp(logits), axis=0)
    drawn = (rng.random(n) * odds[-1] >= odds).sum(axis=0)
    return (*(f"band_{k:02d}" for k in range(1, 31)), "habitat"), (
        (*(f"{value:.3f}" for value in x[i]), f"habitat {drawn[i]:02d}") for i in range(n)
    )


WIDE: tuple[Callable[[np.random.Generator], Rows], ...] = (assembly, renewals, habitats)
OWN = {"deliveries": 20, "rents": 21, "seeds": 22, "growth": 23}        # places of tables that others come before
TABLES: tuple[Callable[[np.random.Generator], Rows], ...] = (
    measurements, conversions, species, waiting, spending, repairs, deliveries, rents, seeds, growth)


def write(folder: Path, tables: Sequence[Callable[[np.random.Generator], Rows]] = TABLES) -> None:
    """Tables as CSV, lines ending in a line feed on every platform."""
    for place, table in enumerate(tables, start=0 if tables is TABLES else WIDE_FROM):
        header, rows = table(np.random.default_rng([SEED, OWN.get(table.__name__, place)]))
        with open(folder / f"{table.__name__}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--wide"]:
        write(Path(sys.argv[2]), WIDE)
    else:
        write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
