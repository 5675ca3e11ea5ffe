"""Unsorted images become a label table: suggestions that improve with every label, and a log that loses none."""

from convonet.sorting.answers import NONE, SKIP, SortedImages
from convonet.sorting.session import Screen, ScreenImage, ScreenRow, SortSession

__all__ = ["NONE", "SKIP", "Screen", "ScreenImage", "ScreenRow", "SortSession", "SortedImages"]
