"""Exporting: a saved model as an expression of another language, one for each column of its predictions."""
