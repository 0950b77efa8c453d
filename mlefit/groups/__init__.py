"""Groups: the same model for each group of rows, by one pass over the file and one design.

`divided` reads and sorts, `fit` answers, group by group the way of every fit, and before that by `batched` those which many fits at
once can answer: `buckets` of like size, `whitening`, then `least_squares`, or `likelihood` by `newton` and `profiles`.
"""
