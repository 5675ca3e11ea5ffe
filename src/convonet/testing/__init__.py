"""Evaluate a model on a prepared set, predict new images, list the mistakes, write the results."""
