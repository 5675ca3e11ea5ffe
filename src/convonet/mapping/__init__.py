"""A set of images as a map: similar images lie together, and what lies alone or among others is listed."""

from convonet.mapping.neighbors import Neighbors, nearest, outlier_scores, wrong_label_scores
from convonet.mapping.tsne import tsne

__all__ = ["Neighbors", "nearest", "outlier_scores", "tsne", "wrong_label_scores"]
