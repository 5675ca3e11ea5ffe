"""The counters: as Prometheus' own parser reads them, and added up over processes."""

from __future__ import annotations

import json

from prometheus_client.parser import text_string_to_metric_families

from convonet.server.metrics import Metrics, added, from_json, text, to_json

from .conftest import Serve


def values(content: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample, by name and labels."""
    families = text_string_to_metric_families(content)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def test_processes_are_added_up_and_names_are_escaped() -> None:
    name = 'a "model"\\ of\nmine'
    first, second = Metrics(), Metrics()
    first.answered("GET", 200, 0.02)
    first.computed(name, 3, 0.5)
    first.predicted(name, "ok", 0.02)
    second.predicted(name, "ok", 20.0)
    second.computed(name, 4, 0.25)
    sent = from_json(json.loads(json.dumps(to_json(second.counts()))))
    found = values(text(added([first.counts(), sent]), {"open_models": 2}))
    model = ("model", name)
    assert found["convonet_model_images_total", (model,)] == 7
    assert found["convonet_model_compute_seconds_total", (model,)] == 0.75
    assert found["convonet_model_requests_total", (model, ("outcome", "ok"))] == 2
    assert found["convonet_model_request_seconds_bucket", (("le", "0.025"), model)] == 1
    assert found["convonet_model_request_seconds_bucket", (("le", "+Inf"), model)] == 2
    assert found["convonet_model_request_seconds_sum", (model,)] == 20.02
    assert found["convonet_requests_total", (("method", "GET"), ("status", "200"))] == 1
    assert found["convonet_open_models", ()] == 2


def test_buckets_hold_all_that_took_less() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.03, 0.03, 7.0, 60.0):
        metrics.answered("POST", 200, seconds)
    found = values(text(metrics.counts(), {}))
    bounds = {name[1][0][1]: value for name, value in found.items() if name[0].endswith("_bucket")}
    assert [bounds[le] for le in ("0.005", "0.025", "0.05", "5", "10", "+Inf")] == [1, 1, 3, 3, 4, 5]


def test_models_beyond_the_bound_share_a_label() -> None:
    metrics = Metrics()
    for number in range(250):
        metrics.predicted(f"m{number}", "ok", 0.1)
    counts = values(text(metrics.counts(), {}))
    labels = {dict(labels)["model"] for name, labels in counts if name == "convonet_model_requests_total"}
    assert len(labels) == 201
    assert sum(v for (name, _), v in counts.items() if name == "convonet_model_requests_total") == 250


def test_what_a_server_counts_of_a_model(serve: Serve) -> None:
    served = serve()
    image = served.image().read_bytes()
    for number in range(3):
        served.client.post("/runs/trained/predict", files=[("files", image)] * (number + 1))
    served.client.post("/runs/trained/predict")
    assert served.client.post("/runs/nothing/predict", files={"files": image}).status_code == 404
    answer = served.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = values(answer.text)
    assert found["convonet_model_images_total", (("model", "trained"),)] == 6
    assert found["convonet_model_requests_total", (("model", "trained"), ("outcome", "ok"))] == 3
    assert found["convonet_model_requests_total", (("model", "trained"), ("outcome", "refused"))] == 1
    assert found["convonet_open_models", ()] == found["convonet_prediction_workers", ()] == 1
    assert not any(("model", "nothing") in labels for _, labels in found)
