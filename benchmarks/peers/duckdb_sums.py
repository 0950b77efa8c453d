"""Least squares by SQL sums in DuckDB, with standard errors: what a user of it writes in ten lines.   duckdb_sums.py FILE MODEL"""

import sys

import duckdb
import numpy as np

names = [name for name, *_ in duckdb.sql(f"describe select * from '{sys.argv[1]}'").fetchall()]
terms = ["1.0", *names]
pairs = [(i, j) for i in range(len(terms)) for j in range(i, len(terms))]
sums = duckdb.sql("select " + ",".join(f"sum({terms[i]}*{terms[j]})" for i, j in pairs) + f" from '{sys.argv[1]}'").fetchall()[0]
gram = np.zeros((len(terms), len(terms)))
for (i, j), value in zip(pairs, sums, strict=True):
    gram[i, j] = gram[j, i] = value
a, n = gram[:-1, :-1], gram[0, 0]
b = np.linalg.solve(a, gram[:-1, -1])
rss = gram[-1, -1] - b @ gram[:-1, -1]
print(b, np.sqrt(np.diag(np.linalg.inv(a)) * rss / (n - len(b))))
print("loglik", repr(float(-0.5 * n * (np.log(2.0 * np.pi * rss / n) + 1.0))))
