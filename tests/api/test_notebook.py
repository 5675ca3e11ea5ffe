"""A notebook that uses Convonet, run as a person runs it."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

CELLS = [
    "import convonet\nfound = convonet.samples('digits', 'digits')\nrun = convonet.train("
    "{'train_dir': found.train_dir, 'test_dir': found.test_dir, 'image_size': 8},"
    " {'family': 'convonet', 'num_filters': 8, 'num_units': 32, 'epochs': 2, 'batch_size': 64}, name='first')",
    "run",
    "convonet.evaluate(run, progress=False)",
    "image = next((found.test_dir / '3').iterdir())\nrun.predict(image, progress=False)",
    "run.explain(image, progress=False)[0]",
    "convonet.runs()",
    "print(run, repr(run.predict(image, progress=False)[0])[:11])",
]


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("nbclient") is None or find_spec("ipykernel") is None,
    reason="nbclient or ipykernel is not installed",
)
@pytest.mark.filterwarnings("ignore")  # of Jupyter's own packages
def test_a_notebook_shows_results_progress_and_pictures(tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [cell.outputs for cell in notebook.cells]
    progress = outputs[0][0].data["text/html"]
    assert "monospace" in progress
    assert not any(output.get("name") == "stderr" for output in outputs[0])
    shown = outputs[1][0].data["text/html"]
    assert "data:image/png;base64," in shown
    assert "first" in shown
    assert "true \\ predicted" in outputs[2][0].data["text/html"]
    assert "confidence" in outputs[3][0].data["text/html"]
    assert "image/png" in outputs[4][0].data
    assert "train" in outputs[5][0].data["text/html"]
    assert "<TrainedRun first: done, test accuracy" in outputs[6][0].text
    assert len(json.dumps(notebook)) < 300_000
