"""The words that several parameters choose from."""

from __future__ import annotations

from typing import Literal

Activation = Literal["relu", "leaky_relu", "elu", "tanh", "sigmoid"]
LayerActivation = Literal["relu", "leaky_relu", "elu", "tanh", "sigmoid", "linear"]
Padding = Literal["same", "valid"]
Pooling = Literal["max", "average", "stride"]
GlobalPooling = Literal["none", "average", "max"]
BatchNorm = Literal["none", "before", "after"]
OutputChoice = Literal["softmax", "logits", "sigmoid", "sigmoid_logit"]
