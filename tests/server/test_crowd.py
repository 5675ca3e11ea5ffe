"""Many clients at once: each gets an answer, the right one, whether it waits, is grouped with others or refused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from own_loop import run_in_own_loop

from .conftest import Serve, Served, limits


async def _all(served: Served, files: list[Path]) -> list[httpx.Response]:
    bounds = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=60, limits=bounds, trust_env=False) as client:
        address = f"{served.url}/api/v1/runs/trained/predict"
        asked = (client.post(address, files={"files": (f.name, f.read_bytes())}) for f in files)
        return await asyncio.gather(*asked)


def _classes(answers: list[httpx.Response]) -> list[tuple[str, str]]:
    found: list[dict[str, Any]] = [answer.json()["predictions"][0] for answer in answers]
    return [(item["path"], item["predicted"]) for item in found]


def test_grouped_answers_are_those_of_each_alone(shared: Served) -> None:
    files = sorted((shared.root / "digits" / "test").rglob("*.png"))
    alone = [
        shared.client.post("/runs/trained/predict", files={"files": (f.name, f.read_bytes())}) for f in files
    ]
    assert _classes(run_in_own_loop(_all(shared, files))) == _classes(alone)


def test_what_is_wrong_with_one_does_not_touch_the_others(shared: Served, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_bytes(b"no image")
    good = shared.image()
    answers = run_in_own_loop(_all(shared, [good, tmp_path / "no.png", good]))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "error" in answers[1].json()["predictions"][0]
    first, last = _classes([answers[0], answers[2]])
    assert first == last


def test_more_than_may_wait_is_told_to_come_again(serve: Serve) -> None:
    served = serve(limits=limits(waiting_images=2))
    files = [("files", served.image().read_bytes())] * 3
    answer = served.client.post("/runs/trained/predict", files=files)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert served.client.post("/runs/trained/predict", files=files[:2]).status_code == 200


@pytest.mark.slow
def test_a_thousand_at_once_all_get_an_answer(shared: Served) -> None:
    answers = run_in_own_loop(_all(shared, [shared.image()] * 1000))
    assert {answer.status_code for answer in answers} <= {200, 429}
    assert sum(answer.status_code == 200 for answer in answers) == 1000
