"""Tuning: settings trained on folds, side by side, never lost, comparable."""
