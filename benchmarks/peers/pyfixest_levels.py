"""pyfixest with the factors absorbed: no coefficients of levels.   pyfixest_levels.py FILE MODEL TARGET FACTORS"""

import sys

import pandas as pd
import pyfixest

data = pd.read_csv(sys.argv[1], engine="pyarrow")
numbers, factors = " + ".join(name for name in data if name[0] == "x"), " + ".join(sys.argv[4])
if sys.argv[2] == "gaussian":
    fit = pyfixest.feols(f"{sys.argv[3]} ~ {numbers} | {factors}", data=data, vcov="iid")
else:
    fit = pyfixest.feglm(f"{sys.argv[3]} ~ {numbers} | {factors}", data=data, family="logit", vcov="iid")
print(fit.tidy().tail(3))
