"""Starts worker processes, follows them, stops and resumes them. Knows no window and no network."""
