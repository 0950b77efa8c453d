"""pyfixest with the factor absorbed: no coefficients of levels.   pyfixest_levels.py FILE MODEL"""

import sys

import pandas as pd
import pyfixest

data = pd.read_csv(sys.argv[1], engine="pyarrow")
numbers = " + ".join(name for name in data if name[0] == "x")
if sys.argv[2] == "gaussian":
    fit = pyfixest.feols(f"y ~ {numbers} | g", data=data, vcov="iid")
else:
    fit = pyfixest.feglm(f"b ~ {numbers} | g", data=data, family="logit", vcov="iid")
print(fit.tidy().tail(3))
