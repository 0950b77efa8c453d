"""Reference standard errors, intervals and p-values from statsmodels, written to inference.json beside this file.

    pip install statsmodels==0.15.0
    python make_inference.py

What statsmodels has, it computes: OLS with RSS/(n - p), HC0 and HC3; GLM Binomial with model and HC0 errors; MNLogit with
model and HC0 errors. What it has not comes from its parts: HC3 of the logistic model from its hat matrix and residuals (the
definition of R's sandwich::vcovHC for glm), and the joint gaussian covariance of (beta, log sigma) from numerical
derivatives of a log-likelihood written here.
"""

import json
from pathlib import Path

import numpy as np
import statsmodels
import statsmodels.api as sm
from scipy import stats
from statsmodels.tools.numdiff import approx_fprime_cs, approx_hess_cs


def data():
    """120 rows, six decimals, noise whose spread grows with x."""
    rng = np.random.default_rng(20240611)
    n = 120
    x, z = np.round(rng.normal(size=(2, n)), 6)
    y = np.round(1.0 + 2.0 * x - z + (0.5 + 0.5 * np.abs(x)) * rng.normal(size=n), 6)
    b = (0.3 + 0.8 * x - 0.5 * z + rng.logistic(size=n) > 0).astype(int)
    c = np.argmax(np.stack([0 * x, 0.7 * x, 0.5 * z - 0.3 * x]) + rng.gumbel(size=(3, n)), axis=0)
    return {"x": x, "z": z, "y": y, "b": b, "c": c}


def said(estimates, errors, df=None):
    """Estimate, error, 95 % interval, statistic and p-value as plain lists."""
    law = stats.norm if df is None else stats.t(df)
    statistic = estimates / errors
    width = law.ppf(0.975) * errors
    return {"estimate": list(estimates), "std_error": list(errors), "ci_low": list(estimates - width),
            "ci_high": list(estimates + width), "statistic": list(statistic), "p_value": list(2 * law.sf(np.abs(statistic)))}


def gaussian(x, y):
    n = len(y)
    fit = sm.OLS(y, x).fit()
    sigma = np.sqrt(fit.ssr / n)
    top = np.append(fit.params, np.log(sigma))

    def rows(t):
        return -(t[-1] + 0.5 * np.log(2 * np.pi) + 0.5 * ((y - x @ t[:-1]) / np.exp(t[-1])) ** 2)

    hessian = -approx_hess_cs(top, lambda t: rows(t).sum())
    scores = approx_fprime_cs(top, rows)
    inverse = np.linalg.inv(hessian)
    robust = inverse @ scores.T @ scores @ inverse
    leverage = fit.get_influence().hat_matrix_diag
    weighted = scores / (1 - leverage)[:, None]
    hc3 = inverse @ weighted.T @ weighted @ inverse
    model = np.sqrt(np.diag(inverse))
    return {
        "loglik": fit.llf, "sigma": sigma,
        "model": said(fit.params, model[:-1]) | {"log_sigma_error": model[-1]},
        "ols": said(fit.params, fit.bse, fit.df_resid) | {"sigma": np.sqrt(fit.scale)},
        "robust": said(fit.params, fit.HC0_se) | {"log_sigma_error": np.sqrt(robust[-1, -1])},
        "hc3": said(fit.params, fit.HC3_se) | {"log_sigma_error": np.sqrt(hc3[-1, -1])},
    }


def sharp(x, y, **options):
    """IRLS reports the errors of the step before the last; started at its own answer, both are the optimum's."""
    model = sm.GLM(y, x, family=sm.families.Binomial())
    return model.fit(tol=1e-14, start_params=model.fit(tol=1e-14, maxiter=100).params, **options)


def bernoulli(x, y):
    fit = sharp(x, y)
    robust = sharp(x, y, cov_type="HC0")
    leverage = fit.get_influence(observed=False).hat_matrix_diag
    scores = x * (fit.resid_response / (1 - leverage))[:, None]
    bread = fit.cov_params()
    hc3 = bread @ scores.T @ scores @ bread
    return {"loglik": fit.llf, "model": said(fit.params, fit.bse), "robust": said(robust.params, robust.bse),
            "hc3": said(fit.params, np.sqrt(np.diag(hc3)))}


def categorical(x, y):
    fit = sm.MNLogit(y, x).fit(method="newton", tol=1e-14, disp=0)
    robust = sm.MNLogit(y, x).fit(method="newton", tol=1e-14, disp=0, cov_type="HC0")
    flat = fit.params.T.ravel()
    return {"loglik": fit.llf, "model": said(flat, fit.bse.T.ravel()), "robust": said(flat, robust.bse.T.ravel())}


def torture():
    """PEERS.md, section 5: an ordinary logistic sample, and a multinomial one, whose predictor is then shifted."""
    rng = np.random.default_rng(7)
    x = np.round(rng.normal(size=2000), 6)
    y = (0.5 + 2.0 * x + rng.logistic(size=2000) > 0).astype(int)
    few = x[:400]
    c = np.argmax(np.stack([0 * few, 0.5 + 0.8 * few, -0.2 - 0.6 * few]) + rng.gumbel(size=(3, 400)), axis=0)
    logit = sharp(sm.add_constant(x), y)
    many = sm.MNLogit(c, sm.add_constant(few)).fit(method="newton", tol=1e-14, disp=0)
    return {"x": list(x), "y": y.tolist(), "c": c.tolist(),
            "logistic": {"loglik": logit.llf, "estimate": list(logit.params), "std_error": list(logit.bse)},
            "multinomial": {"loglik": many.llf, "estimate": list(many.params.T.ravel()), "std_error": list(many.bse.T.ravel())}}


if __name__ == "__main__":
    columns = data()
    design = np.column_stack([np.ones(len(columns["x"])), columns["x"], columns["z"]])
    answer = {
        "made_by": f"statsmodels {statsmodels.__version__}",
        "data": {name: column.tolist() for name, column in columns.items()},
        "gaussian": gaussian(design, columns["y"]),
        "bernoulli": bernoulli(design, columns["b"]),
        "categorical": categorical(design, columns["c"]),
        "torture": torture(),
    }
    Path(__file__).with_name("inference.json").write_text(json.dumps(answer) + "\n")
