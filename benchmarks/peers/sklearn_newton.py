"""scikit-learn: least squares or unpenalised newton-cholesky, no standard errors.   sklearn_newton.py FILE MODEL"""

import sys

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import log_loss
from table import gaussian_loglik, read

y, x = read(sys.argv[1])
if sys.argv[2] == "gaussian":
    fit = LinearRegression().fit(x, y)
    loglik = gaussian_loglik(y - fit.predict(x))
else:
    fit = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8).fit(x, y)
    loglik = -log_loss(y, fit.predict_proba(x), normalize=False)
print(fit.intercept_, fit.coef_)
print("loglik", repr(float(loglik)))
