"""Auditing: coefficients that another program has found, beside the maximum of the likelihood on the same rows."""
