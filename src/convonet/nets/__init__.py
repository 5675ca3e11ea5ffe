"""Networks: families, the layer table, saving, opening and export. Importing this loads keras."""

from convonet.documents.network import LayerRow, NetworkSummary
from convonet.nets import backend  # noqa: F401  Says that Keras is missing before another package is missed.
from convonet.nets.export import export_onnx
from convonet.nets.net_model import NetModel
from convonet.nets.registry import create_model

__all__ = ["LayerRow", "NetModel", "NetworkSummary", "create_model", "export_onnx"]
