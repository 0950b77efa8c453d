"""Checks a fit of mlefit without mlefit: python docs/verify.py DATA.csv FIT.json (of `mlefit fit DATA.csv ... -o json`).

For gaussian, bernoulli and categorical models of plain columns. At the estimates that the JSON states, from the rows alone:
the log-likelihood in nats, the largest gradient in standard errors, max |g_j| se_j, the estimated distance to the maximum,
EDM = g' H^-1 g / 2, and a bound which is below 1 only if there is a maximum. Exits 0 if all agree, 1 if not, 2 if it cannot
tell.

The bound. Classes: sqrt(2 EDM) max sqrt(x' H^-1 x) over rows and differences of classes, what a Newton step can change in a
predictor. There the third derivative along a line is at most the second times the largest such change (Bach 2010), so that a
bound below 1 leaves the likelihood no direction in which to rise for ever.
Gaussian: in coefficients/sigma and 1/sigma, minus the log-likelihood is self-concordant (Nesterov and Nemirovski 1994):
sqrt(2 EDM) < 1 proves the same. What rounding can hide in the gradient is added to the bound.
"""

import csv
import hashlib
import json
import sys

import numpy as np

MISSING = ("", "NA", "NaN", "nan", "null", "NULL", "None", "N/A", "n/a", ".")
CERTIFIED = 1e-10       # nats in total
EPS = float(np.finfo(float).eps)


def cannot(why):
    """End with exit code 2."""
    print(f"cannot verify: {why}", file=sys.stderr)
    sys.exit(2)


def column(rows, name):
    """The values (rows,) of the column behind a parameter: ones, numbers, or 1 where `g` is `level` for `g=level`."""
    if name == "(Intercept)":
        return np.ones(len(rows))
    if name in rows[0]:
        try:
            return np.array([float(row[name]) for row in rows])
        except ValueError:
            cannot(f"column {name} has cells that are no numbers")
    for cut in (i for i, sign in enumerate(name) if sign == "="):
        if name[:cut] in rows[0]:
            return np.array([float(row[name[:cut]] == name[cut + 1 :]) for row in rows])
    return cannot(f"{name} is no plain column")


def read(data, fit):
    """The rows without missing cells, X (rows, p) and the coefficients (p, classes) of a fit, in the order of its names."""
    model, stated = fit["model"], fit["data"]
    if model["noise"] not in ("gaussian", "bernoulli", "categorical") or model["options"]:
        cannot(f"{model['noise']}, options {model['options']}, is none of the models known here")
    other = any(stated[key] is not None for key in ("weights", "offset", "transform"))
    if other or any(p["state"] != "ok" for p in fit["parameters"]):
        cannot("weights, offsets, transformed targets and parameters without an estimate are not known here")
    used = [stated["target"], *stated["features"]]
    with open(data, newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if not any(row.get(name) in MISSING for name in used)]
    if not rows or any(name not in rows[0] for name in used):
        cannot(f"{data} has no rows with {', '.join(used)}")
    mean = [p for p in fit["parameters"] if p["kind"] == "mean"]
    names = list(dict.fromkeys(p["name"] for p in mean))
    classes = list(dict.fromkeys(p["class"] for p in mean))
    found = {(p["name"], p["class"]): p["estimate"] for p in mean}
    b = np.array([[found[name, one] for one in classes] for name in names])
    return rows, np.column_stack([column(rows, name) for name in names]), b, classes


def gaussian(y, x, b, sigma, q):
    """Log-likelihood, gradient, H of minus it, and no rows' bound; parameters: coefficients/sigma (by q), sqrt(n) log(1/sigma)."""
    n, z = len(y), (y - x @ b[:, 0]) / sigma
    value = -0.5 * n * np.log(2.0 * np.pi) - n * np.log(sigma) - 0.5 * float(z @ z)
    corner = -(q.T @ z) / np.sqrt(n)
    h = np.block([[np.eye(q.shape[1]), corner[:, None]], [corner[None, :], np.array([[1.0 + z @ z / n]])]])
    return value, np.append(-(q.T @ z), (z @ z - n) / np.sqrt(n)), h, None


def classes_of(y, x, b, q):
    """As gaussian, of counts y (rows, classes) beside a baseline; and what x' H^-1 x is at most over rows and pairs of classes."""
    eta = np.column_stack([np.zeros(len(x)), x @ b])
    top = eta.max(axis=1, keepdims=True)
    log_p = eta - top - np.log(np.exp(eta - top).sum(axis=1, keepdims=True))
    value = float(log_p[:, 1:][y == 1.0].sum() + log_p[y.sum(axis=1) == 0.0, 0].sum())
    p, m, k = np.exp(log_p[:, 1:]), q.shape[1], y.shape[1]
    spread = p[:, :, None] * np.eye(k) - p[:, :, None] * p[:, None, :]
    h = np.einsum("iab,ij,il->ajbl", spread, q, q, optimize=True).reshape(k * m, k * m)
    inverse = np.linalg.inv(h).reshape(k, m, k, m)
    v = np.zeros((len(x), k + 1, k + 1))        # the baseline's predictor never moves
    v[:, 1:, 1:] = np.einsum("ij,ajbl,il->iab", q, inverse, q, optimize=True)
    own = np.einsum("iaa->ia", v)
    return value, ((p - y).T @ q).ravel(), h, float((own[:, :, None] + own[:, None, :] - 2.0 * v).max())


def recompute(data, fit):
    """Rows, log-likelihood, largest gradient, EDM and the bound, of the estimates of a fit."""
    rows, x, b, classes = read(data, fit)
    units = np.linalg.norm(x, axis=0)
    q, r = np.linalg.qr(x / units)
    if not np.abs(np.diag(r)).min() > 100.0 * EPS * len(x):
        cannot("columns depend on each other")
    cells, model, size = [row[fit["data"]["target"]] for row in rows], fit["model"], 1.0
    if model["noise"] == "gaussian":
        (size,) = (p["estimate"] for p in fit["parameters"] if p["name"] == "sigma")
        value, g, h, largest = gaussian(np.array([float(cell) for cell in cells]), x, b, size, q)
    else:
        own = [model["positive"]] if model["noise"] == "bernoulli" else classes
        if not set(cells) <= set(model["levels"]):
            cannot("the target has other levels than the fit")
        value, g, h, largest = classes_of(np.array([[float(cell == one) for one in own] for cell in cells]), x, b, q)
    if not np.linalg.eigvalsh(h)[0] > 0.0:
        return len(rows), value, np.inf, np.inf, np.inf
    inverse = np.linalg.inv(h)
    edm = 0.5 * float(g @ inverse @ g)
    back = np.linalg.inv(np.kron(np.eye(b.shape[1]), r))        # from q to coefficients, up to units, which cancel
    mean = back.shape[0]
    errors = np.sqrt(np.einsum("ij,jl,il->i", back, inverse[:mean, :mean], back))
    gradient = np.append(np.abs(np.linalg.solve(back.T, g[:mean])) * errors, np.abs(g[mean:]) * np.sqrt(np.diag(inverse)[mean:]))
    n, moved = len(x), x.shape[1] * float((np.abs(x) @ np.abs(b)).max()) / size
    hidden = EPS * np.sqrt(n) * (n + moved) * np.sqrt(np.trace(inverse))
    return n, value, float(gradient.max()), edm, (np.sqrt(2.0 * edm) + hidden) * (1.0 if largest is None else np.sqrt(largest))


def main(data, path):
    """Print both and return the exit code."""
    with open(path, encoding="utf-8") as file:
        fit = json.load(file)
    if fit.get("status") != "ok" or "routes" not in fit:
        cannot(f"{path} is no fit with an answer")
    with open(data, "rb") as file:
        same = [hashlib.sha256(file.read()).hexdigest()] == fit["data"]["sha256"]
    n, value, gradient, edm, bound = recompute(data, fit)
    said = fit["routes"]["mle"]
    checks = (
        ("sha256 of the data", "the same" if same else "another", "", same),
        ("rows", n, fit["data"]["rows_used"], n == fit["data"]["rows_used"]),
        ("log-likelihood, nats", value, said["loglik"], abs(value - said["loglik"]) <= 1e-9 + 1e-12 * abs(value)),
        ("largest gradient, s.e.", gradient, said["gradient"], max(gradient, said["gradient"]) <= np.sqrt(2.0 * CERTIFIED)),
        ("EDM, nats", edm, said["edm"], max(edm, said["edm"]) <= CERTIFIED and said["converged"]),
        ("bound, a maximum if < 1", bound, "", bound < 1.0),
    )
    print(f"{'':24}{'recomputed':>20}{'stated':>20}")
    for what, *pair, agrees in checks:
        mine, stated = (f"{one:.{15 if abs(one) > 1e-3 else 2}g}" if isinstance(one, float) else one for one in pair)
        print(f"{what:24}{mine:>20}{stated:>20}  {'agrees' if agrees else 'DOES NOT AGREE'}")
    return 0 if all(agrees for *_, agrees in checks) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) == 3 else cannot("usage: python docs/verify.py DATA.csv FIT.json"))
