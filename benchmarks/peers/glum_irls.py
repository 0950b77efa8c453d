"""glum: unpenalised normal or binomial regression with standard errors.   glum_irls.py FILE MODEL"""

import sys

import numpy as np
from glum import GeneralizedLinearRegressor
from table import gaussian_loglik, read

y, x = read(sys.argv[1])
family = {"gaussian": "normal", "bernoulli": "binomial"}[sys.argv[2]]
fit = GeneralizedLinearRegressor(family=family, alpha=0.0, gradient_tol=1e-8).fit(x, y.astype(float))
eta = fit.linear_predictor(x)
loglik = gaussian_loglik(y - eta) if family == "normal" else float(y @ eta - np.logaddexp(0.0, eta).sum())
print(fit.intercept_, fit.coef_)
print(fit.std_errors(x, y.astype(float), robust=False))
print("loglik", repr(loglik))
