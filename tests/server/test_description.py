"""The OpenAPI description against the server: whatever is sent, no 5xx and no answer that it does not describe."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode

from .conftest import Served, copied, limits, serving
from .test_work import Hands

CASES = 2000
_FEW = 70
_SLOW = ("/api/v1/doctor", "/api/v1/samples")
"""They start processes that load keras and scikit-learn."""


@pytest.fixture(scope="module")
def fuzzed(trained_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that starts no processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVONET_HOME", str(tmp_path_factory.mktemp("fuzzed-home")))
        root = copied(trained_root, tmp_path_factory.mktemp("fuzzed") / "root")
        with serving(root, supervisor=Hands(), limits=limits(waiting_runs=100_000)) as served:
            yield served


def _sent(served: Served, cases: int) -> int:
    """Send so many cases, spread over the operations; half of them break the description on purpose."""
    described = schemathesis.openapi.from_dict(requests.get(f"{served.url}/openapi.json", timeout=60).json())
    operations = [found.ok() for found in described.get_all_operations()]
    operations = [operation for operation in operations if operation.path not in _SLOW]
    each = -(-cases // (2 * len(operations)))
    count = 0
    with requests.Session() as session:
        for operation in operations:
            for mode in GenerationMode:
                count += _tried(served, session, operation, mode, each)
    return count


def _tried(
    served: Served, session: requests.Session, operation: Any, mode: GenerationMode, cases: int
) -> int:
    known = iter(range(1_000_000))
    count = 0

    @settings(
        max_examples=cases,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        nonlocal count
        if "run" in (case.path_parameters or {}) and case.method != "DELETE" and next(known) % 2:
            case.path_parameters["run"] = served.run
        count += 1
        answer = case.call(base_url=served.url, session=session, timeout=60)
        case.validate_response(answer, checks=_checks())

    try:
        send()
    except schemathesis.errors.InvalidSchema:
        return 0
    except Exception as error:
        if "generate any negative" in str(error) or type(error).__name__ in ("Unsatisfiable", "SkipTest"):
            return count  # there is nothing to break
        raise
    return count


def _checks() -> list[Any]:
    names = (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    )
    return [schemathesis.checks.CHECKS.get_one(name) for name in names]


def test_the_page_names_every_address(fuzzed: Served) -> None:
    docs = Path(__file__).parents[2] / "docs"
    assert "(http.md)" in (docs / "server.md").read_text(encoding="utf-8")
    page = runpy.run_path(str(docs / "http_page.py"))["http_page"]()
    for path, operations in requests.get(f"{fuzzed.url}/openapi.json", timeout=60).json()["paths"].items():
        for method in operations:
            assert f"### `{method.upper()} {path}`\n" in page, path


def test_some_cases(fuzzed: Served) -> None:
    assert _sent(fuzzed, _FEW) >= _FEW * 0.8


@pytest.mark.slow
def test_two_thousand_cases(fuzzed: Served) -> None:
    assert _sent(fuzzed, CASES + 400) >= CASES
