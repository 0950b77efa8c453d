"""Comparison: several fitted laws of one response on the same rows, and which of them the data asks for."""
