"""Checking: whether a saved model still holds on new rows, and what has changed where it does not."""
