"""Groups: the same model for each group of rows, by one pass over the file and one design."""
