"""Prediction without keras: the model's description and ONNX Runtime."""
