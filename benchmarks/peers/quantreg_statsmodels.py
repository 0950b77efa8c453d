"""statsmodels: the median by iterated least squares, with standard errors.   quantreg_statsmodels.py FILE MODEL"""

import sys

import numpy as np
from statsmodels.regression.quantile_regression import QuantReg
from table import read

y, x = read(sys.argv[1])
fit = QuantReg(y, np.column_stack([np.ones(len(y)), x])).fit(q=0.5)
print(fit.params, fit.bse)
