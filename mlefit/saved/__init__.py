"""Saved: a fitted model as JSON, which runs nothing when it is read."""
