from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from convonet.documents.network import LayerRow
from convonet.errors import OutputError
from convonet.evaluation.evaluation import score
from convonet.events import Event, FileSaved, Watch
from convonet.inference.decision import Decision
from convonet.params.hyper_params import HyperParams
from convonet.plots import PLOTS, Plotter, curves_of, save_confusion, save_hyper_params, save_train_val_plots
from convonet.plots.registry import register
from convonet.plots.search import SearchTable
from convonet.plots.study import StudyCase

CURVES = curves_of({"loss": [1.0, 0.5], "accuracy": [0.5, 0.8]})
PIXELS = np.zeros((3, 8, 8, 1), dtype=np.uint8)
LAYERS = [
    LayerRow(name="dense", type="Dense", output_shape=(None, 3), params=9, activation="relu"),
]
TABLE = SearchTable(
    "accuracy",
    ("epochs",),
    (1, 2, 3, 4),
    ((5,), (5,), (10,), (10,)),
    (0.7, 0.71, 0.8, 0.79),
    (0.1,) * 4,
    (1.0,) * 4,
)
CASE = StudyCase("num_units 16", 0.8, 2, {"loss": [1.0, 0.5], "accuracy": [0.5, 0.8]})
EVALUATION = score(
    np.array([0, 1, 1, 0]),
    np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]], np.float32),
    Decision(1, None),
    classes=["a", "东"],
    paths=list("0123"),
).document()
VALUES: dict[str, tuple[Any, ...]] = {
    "curves": (CURVES,),
    "combined": (CURVES,),
    "confusion_matrix": ([[3, 1], [0, 2]], ("a", "东")),
    "hyper_params": (HyperParams(),),
    "samples": (PIXELS, ("a", "b", "东")),
    "network": (LAYERS,),
    "reliability": (EVALUATION,),
    "ranking": (EVALUATION,),
    "rate_finder": ([1e-4, 1e-3, 1e-2], [2.0, 1.0, 3.0], 1e-3),
    "rates": ([0.02, 0.01],),
    "importance": (TABLE,),
    "parallel": (TABLE,),
    "search_history": (TABLE,),
    "search_cost": (TABLE,),
    "study": ([CASE],),
    "study_case": (CASE,),
    "mistakes": (PIXELS, ("a not b (60.0 %)",) * 3),
    "heat_map": (PIXELS[0], np.ones((8, 8)), "东 (98.3 %)", "Grad-CAM for 东"),
    "filters": (np.ones((3, 3, 3)), "Filters of conv_1"),
    "feature_maps": (np.ones((8, 8, 5)), "After conv_1"),
    "dream": (PIXELS, ("a", "b", "东"), "What excites conv_1"),
}


def test_every_plot_is_under_the_contract() -> None:
    assert set(VALUES) == set(PLOTS)
    assert len({plot.file for plot in PLOTS.values()}) == len(PLOTS)


@pytest.mark.parametrize("name", sorted(VALUES))
def test_a_plot_is_a_figure_of_its_own(name: str) -> None:
    before = dict(matplotlib.rcParams)
    figure = Plotter.draw(name, *VALUES[name])

    assert isinstance(figure, Figure)
    assert isinstance(figure.canvas, FigureCanvasAgg)
    assert Plotter.draw(name, *VALUES[name]) is not figure
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("name", sorted(VALUES))
@pytest.mark.usefixtures("chinese_font")
def test_a_plot_is_saved_the_same_each_time(tmp_path: Path, name: str) -> None:
    told: list[Event] = []
    path = Plotter(tmp_path / "new", watch=Watch(told.append)).save(name, *VALUES[name])

    assert path == tmp_path / "new" / PLOTS[name].file
    assert told == [FileSaved(path=PLOTS[name].file, title=PLOTS[name].title)]
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert min(image.size) > 200
    again = Plotter(tmp_path).save(name, *VALUES[name], file="again.png")
    assert again.read_bytes() == path.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["again.png", "new"]


def test_dpi_scales_the_picture(tmp_path: Path) -> None:
    sizes = []
    for dpi in (50, 100):
        with Image.open(Plotter(tmp_path, dpi=dpi).save("curves", CURVES)) as image:
            sizes.append(image.size)
    assert sizes[1] == (2 * sizes[0][0], 2 * sizes[0][1])


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="already a plot named curves"):
        register("curves", "Again", "again.png")(lambda: Figure())
    with pytest.raises(KeyError):
        Plotter.draw("curve")


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        Plotter(tmp_path / "file").save("curves", CURVES)


def test_the_pictures_of_a_run_folder(tmp_path: Path) -> None:
    history = {"loss": [1.0, 0.5], "accuracy": [0.5, 0.8], "val_loss": [], "val_accuracy": []}
    save_train_val_plots(tmp_path / "train_val_plots.png", history, kept=1)
    save_hyper_params(tmp_path / "hyper_params.png", HyperParams())
    save_confusion(tmp_path / "confusion_matrix.png", np.eye(3, dtype=int), ("a", "b", "c"))
    for name in ("train_val_plots.png", "hyper_params.png", "confusion_matrix.png"):
        with Image.open(tmp_path / name) as image:
            image.load()


def test_drawing_loads_neither_pyplot_nor_keras() -> None:
    code = (
        "import sys; from convonet.plots import Plotter, curves_of; "
        "Plotter.draw('curves', curves_of({'loss': [1.0]})).canvas.draw(); "
        "sys.exit(', '.join({'matplotlib.pyplot', 'keras', 'torch', 'PySide6'} & set(sys.modules)) or 0)"
    )
    source = str(Path(__file__).parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
