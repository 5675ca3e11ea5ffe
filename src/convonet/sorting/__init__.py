"""Unsorted images become a label table: suggestions that improve with every label, and a log that loses none."""

from convonet.sorting.answers import KEEP, NONE, SKIP, SortedImages
from convonet.sorting.screen import Screen, ScreenImage, ScreenRow
from convonet.sorting.session import SortSession

__all__ = ["KEEP", "NONE", "SKIP", "Screen", "ScreenImage", "ScreenRow", "SortSession", "SortedImages"]
