"""A set of images as a map: similar images lie together, and what lies alone or among others is listed."""

from convonet.mapping.layout import Layout, lay_out
from convonet.mapping.neighbors import Neighbors, nearest, outlier_scores, wrong_label_scores
from convonet.mapping.tsne import tsne

__all__ = ["Layout", "Neighbors", "lay_out", "nearest", "outlier_scores", "tsne", "wrong_label_scores"]
