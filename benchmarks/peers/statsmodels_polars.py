"""statsmodels: OLS, Logit or MNLogit with standard errors.   statsmodels_polars.py FILE MODEL"""

import sys

import statsmodels.api as sm
from table import read

y, x = read(sys.argv[1])
design = sm.add_constant(x, has_constant="add")
if sys.argv[2] == "gaussian":
    fit = sm.OLS(y, design).fit()
elif sys.argv[2] == "bernoulli":
    fit = sm.Logit(y, design).fit(disp=0)
else:
    fit = sm.MNLogit(y, design).fit(disp=0)
print(fit.params)
print(fit.bse)
print("loglik", repr(float(fit.llf)))
