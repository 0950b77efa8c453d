"""The floor of Parquet: the file read with pyarrow, and nothing else.   floor_parquet.py FILE"""

import sys

from pyarrow import parquet

print("rows", parquet.read_table(sys.argv[1]).num_rows)
