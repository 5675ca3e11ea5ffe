"""Why does the model say so: maps over images, filters and feature maps, pictures that excite a channel."""

from . import grad_cam, occlusion, saliency
from .base import EXPLAINERS, Explainer, ExplainSettings, Maps
from .explained_model import ExplainedModel
from .explanation import Explanation, explain_images, find_explainer

__all__ = [
    "EXPLAINERS",
    "ExplainSettings",
    "ExplainedModel",
    "Explainer",
    "Explanation",
    "Maps",
    "explain_images",
    "find_explainer",
    "grad_cam",
    "occlusion",
    "saliency",
]
