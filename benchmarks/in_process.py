"""Many fits in one process: processor milliseconds of a warm `mlefit.fit` on a data frame.   in_process.py ROWS [--no-kl]"""

import sys
import time

import numpy as np
import pandas as pd

import mlefit

FITS = 30
rows, kl = int(sys.argv[1]), "--no-kl" not in sys.argv
rng = np.random.default_rng(1)
x = rng.standard_normal((rows, 3))
frame = pd.DataFrame(np.round(x, 5), columns=["a", "b", "c"]).assign(y=np.round(x @ [1.0, 0.5, 0.0] + rng.standard_normal(rows), 5))
for _ in range(3):
    mlefit.fit(frame, target="y", kl=kl)
start = time.process_time()
for _ in range(FITS):
    mlefit.fit(frame, target="y", kl=kl)
print("ms", (time.process_time() - start) / FITS * 1000.0)
