"""Columns become numbers: roles, formulas, terms, levels, and the encoder."""
