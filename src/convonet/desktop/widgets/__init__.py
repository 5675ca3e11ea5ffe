"""Pieces that the views are made of; they know nothing of workbench or runs."""
