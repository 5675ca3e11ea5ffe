"""Why does the model say so: maps over images, filters and feature maps, pictures that excite a channel."""

from . import grad_cam, occlusion, saliency
from .base import EXPLAINERS, Explainer, ExplainSettings, Maps
from .explanation import Explanation, explain_images, find_explainer
from .subject import Subject

__all__ = [
    "EXPLAINERS",
    "ExplainSettings",
    "Explainer",
    "Explanation",
    "Maps",
    "Subject",
    "explain_images",
    "find_explainer",
    "grad_cam",
    "occlusion",
    "saliency",
]
