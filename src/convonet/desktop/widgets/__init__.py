"""Pieces that the views are made of; they know nothing of session or runs."""
