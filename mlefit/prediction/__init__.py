"""Prediction: a saved model on new rows, with intervals, and a flag where there is a reason to doubt."""
