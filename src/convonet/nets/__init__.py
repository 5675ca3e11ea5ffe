"""Networks: families, the layer table, saving, opening and export. Importing this loads keras."""

from convonet.nets.export import export_onnx
from convonet.nets.net_model import NetModel
from convonet.nets.registry import create_model
from convonet.nets.summary import LayerRow, Summary

__all__ = ["LayerRow", "NetModel", "Summary", "create_model", "export_onnx"]
