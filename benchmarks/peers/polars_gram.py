"""Least squares by polars and numpy's X'X, with standard errors.   polars_gram.py FILE MODEL"""

import sys

import numpy as np
from table import gaussian_loglik, read

y, x = read(sys.argv[1])
x = np.column_stack([np.ones(len(y)), x])
a = x.T @ x
b = np.linalg.solve(a, x.T @ y)
left = y - x @ b
print(b, np.sqrt(np.diag(np.linalg.inv(a)) * (left @ left) / (len(y) - len(b))))
print("loglik", repr(gaussian_loglik(left)))
