"""The record of a fit, and its renderings: table, JSON, CSV and Markdown say the same because they read the same."""
