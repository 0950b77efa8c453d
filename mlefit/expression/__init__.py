"""Checked text becomes a tree, and the tree values."""
