"""Exports that are more than one file: the folder with a script, and the page for browsers."""
