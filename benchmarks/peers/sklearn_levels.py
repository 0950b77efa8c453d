"""scikit-learn on a sparse matrix of zeros and ones, no standard errors.   sklearn_levels.py FILE MODEL TARGET FACTORS"""

import sys

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import OneHotEncoder

data = pd.read_csv(sys.argv[1], engine="pyarrow")
y = data[sys.argv[3]].to_numpy()
numbers = sparse.csr_matrix(data[[name for name in data if name[0] == "x"]].to_numpy())
x = sparse.hstack([OneHotEncoder(drop="first").fit_transform(data[[*sys.argv[4]]]), numbers]).tocsr()
if sys.argv[2] == "gaussian":
    fit = LinearRegression().fit(x, y)
    rest = y - fit.predict(x)
    print("loglik", -0.5 * len(y) * (np.log(2.0 * np.pi * np.square(rest).mean()) + 1.0))
else:
    fit = LogisticRegression(C=np.inf, solver="lbfgs", tol=1e-6, max_iter=1000).fit(x, y)
    eta = fit.decision_function(x)
    print("loglik", float(y @ eta - np.logaddexp(0.0, eta).sum()))
print(np.ravel(fit.coef_)[-3:])
