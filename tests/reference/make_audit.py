"""Coefficients of scikit-learn and statsmodels on the sample data, written to audit/ beside this file, for `mlefit audit`.

    python make_audit.py          (scikit-learn 1.9, statsmodels 0.15, pandas, scipy 1.17)
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from scipy.optimize import curve_fit
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.preprocessing import OneHotEncoder

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "sample_data"


def rows(name):
    """A sample without its incomplete rows."""
    return pd.read_csv(SAMPLES / name).dropna()


def save(name, intercept, names, values):
    """One JSON object of numbers by name."""
    found = {"intercept": float(intercept), **{n: float(v) for n, v in zip(names, values, strict=True)}}
    (HERE / "audit" / name).write_text(json.dumps(found, indent=1) + "\n")


conversions = rows("conversions.csv")
x = pd.get_dummies(conversions.drop(columns="converted"), drop_first=True)
y = conversions["converted"] == "yes"
for name, model in {
    "sklearn_default.json": LogisticRegression(max_iter=10_000, tol=1e-8),
    "sklearn_no_penalty.json": LogisticRegression(C=float("inf"), solver="newton-cholesky", tol=1e-10),
    "sklearn_stopped.json": LogisticRegression(C=float("inf"), max_iter=20),
}.items():
    fitted = model.fit(x, y)
    save(name, fitted.intercept_[0], x.columns, fitted.coef_[0])
whole = OneHotEncoder(sparse_output=False).fit(conversions[["channel"]])       # all levels, and an intercept
both = pd.concat([conversions[["age", "visits", "minutes"]], pd.DataFrame(
    whole.transform(conversions[["channel"]]), columns=whole.get_feature_names_out(), index=conversions.index)], axis=1)
fitted = LogisticRegression(C=1e12, max_iter=100_000, tol=1e-12, solver="newton-cholesky").fit(both, y)
save("sklearn_one_hot.json", fitted.intercept_[0], both.columns, fitted.coef_[0])

species = rows("species.csv")
x, y = species.drop(columns="species"), species["species"]
fitted = LogisticRegression(C=float("inf"), max_iter=100_000, tol=1e-12, solver="newton-cg").fit(x, y)
pd.DataFrame([
    {"class": c, "name": n, "coef": v} for k, c in enumerate(fitted.classes_)
    for n, v in [("intercept", fitted.intercept_[k]), *zip(x.columns, fitted.coef_[k], strict=True)]
]).to_csv(HERE / "audit" / "sklearn_softmax.csv", index=False)

measurements = rows("measurements.csv")
x = pd.get_dummies(measurements.drop(columns="y"), drop_first=True)
for name, model in {"sklearn_ridge.json": Ridge(alpha=20.0), "sklearn_lasso.json": Lasso(alpha=0.05, tol=1e-12, max_iter=100_000)}.items():
    fitted = model.fit(x, measurements["y"])
    save(name, fitted.intercept_, x.columns, fitted.coef_)

logit = smf.logit("converted ~ age + visits + minutes + C(channel)", conversions.assign(
    converted=(conversions["converted"] == "yes").astype(int))).fit(disp=0)
logit.params.rename("coef").to_csv(HERE / "audit" / "statsmodels_logit.csv", index_label="name")
smf.ols("y ~ x1 + x2 + site", measurements).fit().params.rename("coef").to_csv(
    HERE / "audit" / "statsmodels_ols.csv", index_label="variable")

growth = rows("growth.csv")
best, _ = curve_fit(lambda day, top, middle, width: top / (1 + np.exp(-(day - middle) / width)), growth["day"], growth["grams"], [60, 20, 5])
(HERE / "audit" / "scipy_curve_fit.json").write_text(json.dumps(dict(zip(("top", "middle", "width"), best, strict=True)), indent=1) + "\n")
