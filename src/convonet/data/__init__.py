"""Images: listed, read with the right labels, decoded once, split, and looked at."""

from convonet.data.cache import CacheEntry, ImageCache
from convonet.data.channels import find_channels
from convonet.data.data_prep import PreparedSet, prepare
from convonet.data.decode import read_image
from convonet.data.listing import ImageListing, Skipped
from convonet.data.sources import DataSets, scan, scan_images, scan_set
from convonet.data.split import split_rows, stratified_folds

__all__ = [
    "CacheEntry",
    "DataSets",
    "ImageCache",
    "ImageListing",
    "PreparedSet",
    "Skipped",
    "find_channels",
    "prepare",
    "read_image",
    "scan",
    "scan_images",
    "scan_set",
    "split_rows",
    "stratified_folds",
]
