"""glum with a native categorical, unpenalised, with standard errors.   glum_levels.py FILE MODEL TARGET FACTORS"""

import sys

import numpy as np
import pandas as pd
from glum import GeneralizedLinearRegressor

data = pd.read_csv(sys.argv[1], engine="pyarrow", dtype=dict.fromkeys(sys.argv[4], "category"))
y = data.pop(sys.argv[3]).to_numpy(float)
x = data[[*sys.argv[4], *(name for name in data if name[0] == "x")]]
family = {"gaussian": "normal", "bernoulli": "binomial"}[sys.argv[2]]
fit = GeneralizedLinearRegressor(family=family, alpha=0.0, drop_first=True, gradient_tol=1e-8).fit(x, y)
print(fit.coef_[-3:], fit.std_errors(x, y, robust=False)[-3:])
eta = fit.linear_predictor(x)
if family == "normal":
    print("loglik", -0.5 * len(y) * (np.log(2.0 * np.pi * np.square(y - eta).mean()) + 1.0))
else:
    print("loglik", float(y @ eta - np.logaddexp(0.0, eta).sum()))
