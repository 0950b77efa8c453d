"""Columns as people have them, from a description and a seed: what `mlefit compare` says of each is a golden file."""

from collections.abc import Callable, Mapping

import numpy as np

Rng = np.random.Generator
Columns = Mapping[str, np.ndarray]


def prices(rng: Rng) -> Columns:
    """Sale prices in whole dollars: a product of many causes, skewed to the right; area, rooms, district."""
    n = 400
    area, rooms, district = rng.uniform(35, 220, n), rng.integers(1, 7, n), rng.integers(0, 3, n)
    level = 10.8 + 0.007 * area + 0.03 * rooms + np.array([0.0, 0.25, 0.5])[district]
    return {"area": np.round(area), "rooms": rooms, "district": np.array(["east", "north", "old town"])[district],
            "price": np.rint(np.exp(level + 0.28 * rng.normal(size=n))).astype(int)}


def absences(rng: Rng) -> Columns:
    """Days of absence of schoolchildren in a year: counts whose variance is far above their mean."""
    n = 150
    age, sex = rng.integers(8, 15, n), rng.integers(0, 2, n)
    rate = np.exp(3.4 - 0.08 * age + 0.25 * sex)
    return {"age": age, "sex": np.array(["girl", "boy"])[sex], "days": rng.poisson(rate * rng.gamma(1.3, size=n) / 1.3)}


def waiting(rng: Rng) -> Columns:
    """Minutes between eruptions of a geyser, of two kinds."""
    short = rng.random(270) < 0.36
    return {"minutes": np.round(np.where(short, rng.normal(54.5, 5.9, 270), rng.normal(80.0, 5.9, 270)), 1)}


def wages(rng: Rng) -> Columns:
    """Hourly wages by years of schooling and of work, one in twenty with an error of entry."""
    n = 500
    school, work = rng.integers(8, 19, n), rng.uniform(0, 40, n)
    wage = 4.0 + 1.1 * school + 0.12 * work + 2.5 * rng.normal(size=n) * np.where(rng.random(n) < 0.05, 6.0, 1.0)
    return {"school": school, "work": np.round(work, 1), "wage": np.round(wage, 2)}


def spending(rng: Rng) -> Columns:
    """What households spend on food, which varies the more the more they earn."""
    n = 235
    income = np.exp(rng.normal(6.8, 0.5, n))
    return {"income": np.round(income, 2), "food": np.round(80.0 + 0.55 * income + 0.11 * income * rng.normal(size=n), 2)}


COLUMNS: Mapping[str, Callable[[Rng], Columns]] = {one.__name__: one for one in (prices, absences, waiting, wages, spending)}


def written(name: str) -> str:
    """The table as CSV; the last column is the response."""
    columns = COLUMNS[name](np.random.default_rng([16, list(COLUMNS).index(name)]))
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return "\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n"
