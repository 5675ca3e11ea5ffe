"""How weights are changed by their gradients on torch: the rules of Keras' optimizers, in one pass over memory.

The state stays in the Keras optimizer's own variables, so a saved model and a checkpoint hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from convonet.nets.backend import keras
from convonet.nets.torch_path.layout import like

Tensor = Any
Update = Callable[[Sequence[Tensor | None]], None]
"""Takes one gradient a variable, in the order that the update was made with."""


def create_update(optimizer: Any, variables: Sequence[Any]) -> Update:
    """The update of some Keras variables by a built Keras optimizer.

    On a CPU, SGD with momentum, Adam and AdamW are torch's fused ones, which follow Keras' formulas here; all
    others are the optimizer's own.
    """
    update = _fused(optimizer, variables)
    if update is None:
        return lambda gradients: optimizer.apply(gradients, variables)
    return update if optimizer.global_clipnorm is None else _clipped(update, optimizer.global_clipnorm)


def _fused(optimizer: Any, variables: Sequence[Any]) -> Update | None:
    """The update in one pass; None where only Keras knows how."""
    plain = optimizer.clipnorm is optimizer.clipvalue is None
    plain = plain and not (
        optimizer.use_ema or optimizer.gradient_accumulation_steps or optimizer.loss_scale_factor
    )
    plain = plain and all(variable.constraint is None and variable.value.is_cpu for variable in variables)
    if plain and isinstance(optimizer, keras.optimizers.SGD) and optimizer.momentum:
        return _Momentum(optimizer, variables)
    if plain and isinstance(optimizer, keras.optimizers.Adam) and not optimizer.amsgrad:
        return _Adam(optimizer, variables)
    return None


def _clipped(update: Update, longest: float) -> Update:
    """An update by gradients that are shortened, all by one factor, where they are longer than `longest` together."""

    def apply(gradients: Sequence[Tensor | None]) -> None:
        known = [gradient for gradient in gradients if gradient is not None]
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(known)))
        # A norm that is no number stays one in every gradient, so that the guard sees it.
        torch._foreach_mul_(known, longest / norm.clamp(min=longest))
        update(gradients)

    return apply


class _Fused:
    """Weights, their slots in the optimizer, and what all updates share."""

    def __init__(self, optimizer: Any, variables: Sequence[Any], *slots: Sequence[Any]) -> None:
        self._optimizer = optimizer
        self._weights = [variable.value for variable in variables]
        indices = [optimizer._get_variable_index(variable) for variable in variables]
        self._slots = [[slot[index].value for index in indices] for slot in slots]
        for slot in self._slots:
            for state, weights in zip(slot, self._weights, strict=True):
                state.data = like(state.data, weights.data)
        self._decay = float(optimizer.weight_decay or 0.0)
        # Keras lets a layer be left out of weight decay; the fused rules of torch know only all or none.
        self._decays = [bool(self._decay) and optimizer._use_weight_decay(variable) for variable in variables]

    def __call__(self, gradients: Sequence[Tensor | None]) -> None:
        rate = float(self._optimizer.learning_rate.value)
        for decays, weights in zip(self._decays, self._weights, strict=True):
            # Before the step, as Keras does it: decay does not go through the moments.
            if decays:
                weights.mul_(1 - self._decay * rate)
        used = [index for index, gradient in enumerate(gradients) if gradient is not None]
        slots = [[slot[index] for index in used] for slot in self._slots]
        weights = [self._weights[index] for index in used]
        self._change(
            weights, [_in_order(gradients[index], self._weights[index]) for index in used], slots, rate
        )
        self._optimizer.iterations.value.add_(1)

    def _change(
        self, weights: list[Tensor], gradients: list[Any], slots: list[list[Tensor]], rate: float
    ) -> None:
        raise NotImplementedError


class _Momentum(_Fused):
    """m ← momentum · m − rate · g, w ← w + m, or by Nesterov w + momentum · m − rate · g."""

    def __init__(self, optimizer: Any, variables: Sequence[Any]) -> None:
        super().__init__(optimizer, variables, optimizer.momentums)

    def _change(
        self, weights: list[Tensor], gradients: list[Any], slots: list[list[Tensor]], rate: float
    ) -> None:
        # torch's rule is b ← momentum · b + g, w ← w − rate · b. With g · (−rate) for g and −1 for its rate
        # its b is Keras' m.
        scale = torch.tensor(-1 / rate if rate else float("-inf"))
        torch._fused_sgd_(
            weights,
            gradients,
            slots[0],
            weight_decay=0.0,
            momentum=self._optimizer.momentum,
            lr=-1.0,
            dampening=0.0,
            nesterov=self._optimizer.nesterov,
            maximize=False,
            is_first_step=False,
            grad_scale=scale,
        )


class _Adam(_Fused):
    """Adam with Keras' ε, which stands beside the square root before its correction."""

    def __init__(self, optimizer: Any, variables: Sequence[Any]) -> None:
        super().__init__(optimizer, variables, optimizer._momentums, optimizer._velocities)

    def _change(
        self, weights: list[Tensor], gradients: list[Any], slots: list[list[Tensor]], rate: float
    ) -> None:
        optimizer = self._optimizer
        step = int(optimizer.iterations.value) + 1
        torch._fused_adam_(
            weights,
            gradients,
            slots[0],
            slots[1],
            [],
            [torch.tensor(float(step))] * len(weights),
            lr=rate,
            beta1=optimizer.beta_1,
            beta2=optimizer.beta_2,
            weight_decay=0.0,
            eps=optimizer.epsilon / (1 - optimizer.beta_2**step) ** 0.5,
            amsgrad=False,
            maximize=False,
        )


def _in_order(gradient: Any, weights: Tensor) -> Tensor:
    """The gradient in its weights' memory order: the fused updates go through memory, not through indices."""
    fits: Tensor = gradient if gradient.stride() == weights.stride() else like(gradient, weights)
    return fits
