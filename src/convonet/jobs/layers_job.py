"""Pictures of a network's layers: the filters, and what they make of an image."""

from __future__ import annotations

import re
from pathlib import Path

from convonet.data.decode import read_image
from convonet.data.pool import Meter
from convonet.documents.explanation import DrawnLayer, LayersDocument
from convonet.errors import InputError
from convonet.events import FileSaved, StageStarted, Watch
from convonet.explaining.explained_model import ExplainedModel
from convonet.explaining.feature_maps import FeatureMaps, feature_maps
from convonet.explaining.filters import Filters, filters_of
from convonet.explaining.network_layers import find_layer, layers_of
from convonet.hints import Hint, call
from convonet.nets.net_model import NetModel
from convonet.plots.figures import FINE_DPI, save_figure
from convonet.plots.layers import filters_figure, maps_figure
from convonet.runs import Run
from convonet.tasks.explain_tasks import LayersTask
from convonet.text import counted

STAGE = "layers"
DOCUMENT = "layers.json"


def work(run: Run, task: LayersTask, watch: Watch) -> LayersDocument:
    """Draw the layers; the answer names the files, which lie in `folder`."""
    watch.tell(StageStarted(stage="model", title="Opening the model"))
    model = ExplainedModel.open(Path(task.model), scaling=task.scaling, watch=watch).network
    image = None if task.image is None else read_image(task.image, model.info.pixels)
    filters = _filters(model, task.layer)
    maps = [] if image is None else feature_maps(model, image, task.layer)
    if not filters and not maps:
        raise _nothing(task)
    folder = Path(task.out) if task.out else run.file("layers")
    watch.tell(StageStarted(stage=STAGE, title="Drawing"))
    pages: list[Filters | FeatureMaps] = [*filters, *maps]
    meter, layers = Meter(watch, STAGE, len(pages)), []
    for number, drawn in enumerate(pages, 1):
        watch.check()
        layers.append(_draw(drawn, folder, number))
        meter.tell(number)
    answer = LayersDocument(folder=str(folder.resolve()), image=task.image, layers=tuple(layers))
    answer.write(folder / DOCUMENT)
    watch.tell(FileSaved(path=str(folder / DOCUMENT), title="Layers"))
    return answer


def _filters(model: NetModel, layer: str | None) -> list[Filters]:
    network = model.keras_model
    layers = layers_of(network) if layer is None else [find_layer(network, layer)]
    return [filters for named in layers if (filters := filters_of(named)) is not None]


def _nothing(task: LayersTask) -> InputError:
    return InputError(
        f"There is nothing to draw: {'this layer has no filters' if task.layer else 'the network has no convolution'}"
        + ("" if task.image else ", and no image was given"),
        where=task.layer or task.model,
        hint=Hint.of(
            "{} lists the layers",
            call("summary(model)", "summary MODEL"),
            window="The Network page lists the layers",
        ),
    )


def _draw(drawn: Filters | FeatureMaps, folder: Path, number: int) -> DrawnLayer:
    """One page and its row in the document."""
    kind = "filters" if isinstance(drawn, Filters) else "maps"
    plain = re.sub(r"[^\w.-]+", "_", drawn.layer)[-60:]
    file = f"{number:03d}_{kind}_{plain}.png"
    if isinstance(drawn, Filters):
        size = "×".join(map(str, drawn.shape))
        figure = filters_figure(drawn.tiles, title=f"Filters of {drawn.layer}: {size}", note=drawn.note)
        row = DrawnLayer(name=drawn.layer, kind=kind, file=file, shape=drawn.shape)
    else:
        height, width, count = drawn.values.shape
        note = f"{counted(count, 'map')} of {height}×{width}, {drawn.silent} inactive"
        figure = maps_figure(drawn.values, title=f"After {drawn.layer}", note=note)
        row = DrawnLayer(
            name=drawn.layer,
            kind=kind,
            file=file,
            shape=drawn.values.shape,
            silent=drawn.silent,
            mean=float(drawn.values.mean()),
        )
    save_figure(figure, folder / file, FINE_DPI)
    return row
