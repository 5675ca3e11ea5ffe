"""The kernel explorer: what it shows is what the kernels compute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet.desktop.app_win import AppWin
from convonet.desktop.dialogs.kernel_bench import KernelBenchDialog
from convonet.desktop.dialogs.layer_arithmetic import LayerArithmetic
from convonet.kernels import KERNELS, apply_kernel, kernel_of


@pytest.fixture
def pixels() -> np.ndarray:
    """A small color image, (12, 10, 3)."""
    return np.random.default_rng(0).integers(0, 256, (12, 10, 3), np.uint8)


@pytest.fixture
def bench(window: AppWin, qtbot: Any, answers: Any, pixels: np.ndarray, tmp_path: Path) -> KernelBenchDialog:
    """The bench with the image in it."""
    file = tmp_path / "image.png"
    Image.fromarray(pixels).save(file)
    dialog = KernelBenchDialog(window.controller.background, answers, file, str(tmp_path), window)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: "Output" in dialog.facts.text())
    return dialog


def shown_pixels(dialog: KernelBenchDialog) -> np.ndarray:
    image = dialog.after._image
    rows = [
        [image.pixelColor(x, y).getRgb()[:3] for x in range(image.width())] for y in range(image.height())
    ]
    return np.array(rows, np.uint8)


@pytest.mark.parametrize("name", ["blur", "edge", "yellow"])
def test_the_map_is_that_of_the_kernel(
    bench: KernelBenchDialog, qtbot: Any, pixels: np.ndarray, name: str
) -> None:
    bench.kernel.setCurrentIndex(bench.kernel.findData(name))
    bench.kernel.activated.emit(bench.kernel.currentIndex())
    expected = apply_kernel(pixels, KERNELS[name]).picture
    expected = expected if expected.ndim == 3 else np.repeat(expected[:, :, None], 3, axis=2)
    qtbot.waitUntil(lambda: np.array_equal(shown_pixels(bench), expected))
    assert kernel_of(bench.weights.text()).weights == pytest.approx(KERNELS[name].weights)


def test_own_weights_and_the_sum_behind_a_value(
    bench: KernelBenchDialog, qtbot: Any, pixels: np.ndarray
) -> None:
    bench.weights.setText("0 1 / 0 0")
    bench.weights.textEdited.emit(bench.weights.text())
    assert bench.kernel.currentText() == "Custom weights"
    bench.padding.setCurrentIndex(1)
    bench.padding.activated.emit(1)
    qtbot.waitUntil(lambda: "Output 11 × 9 × 3" in bench.facts.text())
    bench.follow(2, 3)
    value = pixels[2, 4].tolist()
    lines = bench.sums.text().splitlines()
    assert lines == [f"row 2, column 3: {v}·1 = {v}" for v in value]
    bench.weights.setText("0 1 / x")
    bench.weights.textEdited.emit(bench.weights.text())
    assert "rows of the kernel cannot be read" in bench.fault.text()
    assert bench.fault.isVisible()


def test_sizes_follow_the_layers(qtbot: Any) -> None:
    """The reference network has 818,026 parameters."""
    tab = LayerArithmetic()
    qtbot.addWidget(tab)
    assert tab.total.text() == "818,026 parameters"
    tab.layers.setText("conv:32,3 pool:2 dense:10")
    assert "Put flatten before it" in tab.fault.text()
    assert tab.total.text() == "818,026 parameters"
