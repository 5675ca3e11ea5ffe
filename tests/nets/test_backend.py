"""Keras comes in through one door, without what is not used here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from convonet.errors import ConvonetError
from convonet.nets import backend

UNUSED = ("sklearn", "pandas", "matplotlib", "jax")
REPORT = f"import json, sys; print(json.dumps([name for name in {UNUSED} if name in sys.modules]))"


def run(code: str, **environment: str) -> str:
    source = Path(backend.__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(source)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout


def test_keras_comes_without_packages_that_are_not_used() -> None:
    code = f"from convonet.nets.backend import keras; {REPORT}; import json.tool, matplotlib"
    assert json.loads(run(code)) == []


@pytest.mark.skipif(backend.name() != "torch", reason="torch's compiler")
def test_keras_comes_without_torchs_compiler_which_can_still_be_loaded() -> None:
    code = """
import sys
from convonet.nets import backend
assert "torch._dynamo" not in sys.modules
backend.keras.random.normal((2,), seed=1)
backend.forget_session()
assert "torch._dynamo" not in sys.modules
import torch
import torch._dynamo as compiler
assert compiler is torch._dynamo and compiler.__file__
backend.forget_session()
print("loaded")
"""
    assert run(code).strip() == "loaded"


@pytest.mark.slow
@pytest.mark.skipif(backend.name() != "torch", reason="torch's compiler")
def test_what_the_stand_in_does_not_know_loads_the_compiler() -> None:
    code = """
import sys, torch
from convonet.nets.uncompiled import without_compiler
with without_compiler():
    import torch._dynamo as stand_in
    assert stand_in.disable()(abs)(-1) == stand_in.disable(abs)(-1) == 1
    marked, plain = stand_in.disable(torch.compiler.is_compiling), torch.compiler.is_compiling
    print(stand_in.config.suppress_errors, sys.modules["torch._dynamo"] is not stand_in)
assert "torch._dynamo" in sys.modules
print(*torch.compile(lambda: (plain(), marked()), backend="eager")())
with without_compiler():
    import torch._dynamo
    assert torch._dynamo.__file__
"""
    assert run(code).split() == ["False", "True", "True", "False"]


def test_what_was_imported_before_stays() -> None:
    code = f"import matplotlib as m, sys; import convonet.nets.backend; assert sys.modules['matplotlib'] is m; {REPORT}"
    assert json.loads(run(code)) == ["matplotlib"]


def test_axes_of_the_persons_keras_settings_do_not_matter(tmp_path: Path) -> None:
    settings = {
        "backend": "torch",
        "image_data_format": "channels_first",
        "floatx": "float32",
        "epsilon": 1e-7,
    }
    (tmp_path / "keras.json").write_text(json.dumps(settings))
    code = "from convonet.nets.backend import keras; print(keras.config.image_data_format())"
    assert run(code, KERAS_HOME=str(tmp_path)).strip() == "channels_last"


@pytest.mark.skipif(backend.name() != "torch", reason="torch's own threads")
def test_threads_are_set() -> None:
    import torch

    before = torch.get_num_threads()
    try:
        backend.set_threads(1)
        assert torch.get_num_threads() == 1
    finally:
        backend.set_threads(before)


def test_versions_name_what_decides_the_numbers() -> None:
    versions = backend.versions()
    assert {"keras", "backend", "numpy", backend.name()} <= set(versions)
    assert versions["keras"] == backend.keras.__version__
    assert backend.device_name()


def test_jax_refuses_a_number_of_threads_that_it_cannot_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "name", lambda: "jax")
    with pytest.raises(ConvonetError, match="JAX"):
        backend.set_threads(10_000)
