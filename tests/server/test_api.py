"""What the API answers, beside what the core says of the same things."""

from __future__ import annotations

import io
import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet import api
from convonet.documents.evaluation import SCORES
from convonet.documents.installation import InstallationDocument
from convonet.documents.plan import Plan
from convonet.documents.predictions import Predictions
from convonet.documents.runs import RunComparison
from convonet.launch.doctor import examine
from convonet.params import DataParams, HyperParams, fields_of
from convonet.params.recipes import DEFAULT_RECIPE
from convonet.server import schemas
from convonet.server.routes import about
from convonet.session.recipes import recipe_for
from served import wait

from .conftest import CLASSES, DATA, QUICK, Serve, Served


def test_health_about_and_metrics(shared: Served) -> None:
    health = shared.client.get("/health").json()
    assert (health["status"], health["token_needed"]) == ("ok", False)
    about = shared.client.get("/about").json()
    schemas.About.model_validate(about)
    assert [field["name"] for field in about["fields"]["data"]] == list(fields_of(DataParams))
    assert [field["name"] for field in about["fields"]["hyper"]] == list(fields_of(HyperParams))
    kinds = {item["kind"]: item for item in about["kinds"]}
    assert {"train", "tune", "study", "evaluate", "predict", "inspect", "export", "summary"} <= set(kinds)
    assert kinds["tune"]["needs"] == ["data", "hyper"]
    assert {kind for kind, item in kinds.items() if item["traits"]["resumable"]} >= {"study", "suspects"}
    assert kinds["study"]["traits"]["step"] == "tune"
    assert {"out", "into"}.isdisjoint(kinds["evaluate"]["options"])
    text = shared.client.get("/metrics").text
    assert 'convonet_requests_total{method="GET",status="200"}' in text
    assert shared.client.get("/families/simple").json()["name"] == "simple"
    name = about["presets"]["hyper"][0]
    assert isinstance(shared.client.get(f"/presets/hyper/{name}").json(), dict)


def test_an_installation_is_examined_once_however_many_ask(
    shared: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def slowly() -> InstallationDocument:
        begun.append(time.monotonic())
        time.sleep(0.2)
        return examine()

    monkeypatch.setattr(about, "examine", slowly)
    about._examined.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: shared.client.get("/doctor").json(), range(4)))
    assert len(begun) == 1
    assert answers == [answers[0]] * 4
    assert answers[0]["ready"] is True


def test_folders_show_what_is_below_the_root(shared: Served) -> None:
    top = shared.client.get("/folders").json()
    assert (top["path"], top["parent"]) == ("", None)
    assert [entry["name"] for entry in top["entries"]] == ["digits", "runs"]
    runs = shared.client.get("/folders", params={"path": "runs"}).json()
    assert [(entry["name"], entry["kind"]) for entry in runs["entries"]] == [("trained", "run")]
    assert runs["parent"] == ""


def test_recipes_for_the_images_of_a_set(shared: Served) -> None:
    assert shared.client.get("/about").json()["recipes"] == ["fast", "best"]
    found = shared.client.post("/datasets", json={"data": DATA}).json()
    answer = shared.client.get(f"/datasets/{found['id']}/recipes/fast")
    schemas.RecipeValues.model_validate(answer.json())
    listed = DataParams.of(DATA | {"train_dir": str(shared.root / "digits" / "train")})
    assert answer.json()["hyper"] == recipe_for("fast", listed)
    assert shared.client.get(f"/datasets/{found['id']}/recipes/slow").status_code == 422
    wish = {"kind": "tune", "data": DATA, "hyper": {"epochs": 3}, "recipe": "best"}
    words = shared.client.post("/shown-as", json=wish).json()["python"]
    assert "one_cycle" in words
    assert "'epochs': [3]" in words
    assert shared.client.post("/shown-as", json=wish | {"recipe": "auto"}).status_code == 422
    assert (
        shared.client.post("/shown-as", json=wish | {"data": {"test_dir": "digits/test"}}).status_code == 404
    )


def test_a_plan_is_shown_before_anything_is_trained(shared: Served) -> None:
    about = shared.client.get("/about").json()
    assert about["train_recipes"] == ["auto", "fast", "best", "none"]
    assert (about["default_recipe"], about["recipe_minutes"]["best"]) == (DEFAULT_RECIPE, 30)
    assert [score["name"] for score in about["scores"]] == [score.name for score in SCORES]
    found = shared.client.post("/datasets", json={"data": DATA}).json()
    url = f"/datasets/{found['id']}/plan"
    plan = shared.client.post(url, json={"recipe": "fast", "minutes": 2, "hyper": {"epochs": 3}}).json()
    Plan.model_validate(plan)
    assert plan["sentence"].startswith("60 small images, 3 classes →")
    assert (plan["minutes"], plan["candidates"][0]["hyper"]["epochs"]) == (2, 3)
    assert plan["notes"][-1].endswith("to which they apply: Epochs 3")
    assert plan["facts"]["counts"] == dict.fromkeys(CLASSES, 20)
    for wrong in (
        {"recipe": "none"},
        {"minutes": 0},
        {"hyper": {"epochs": 0}},
        {"hyper": {"family": "simple"}},
    ):
        assert shared.client.post(url, json=wrong).status_code == 422, wrong


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"options": {"recipe": "fast", "minutes": 2}}, "--recipe fast --minutes 2"),
        ({"recipe": "fast", "options": {"minutes": 2}}, "--recipe fast --minutes 2"),
        (
            {"recipe": "fast", "options": {"recipe": "fast"}, "hyper": {"epochs": 2}},
            "--set epochs=2 --recipe fast",
        ),
    ],
)
def test_the_recipe_of_a_training(shared: Served, wish: dict[str, Any], words: str) -> None:
    answer = shared.client.post("/shown-as", json={"kind": "train", "data": DATA} | wish).json()
    assert answer["command"].endswith(words)
    assert "recipe='fast'" in answer["python"]


def test_a_network_that_is_named_is_trained_as_it_is(shared: Served) -> None:
    for recipe in ({}, {"recipe": "none"}):
        wish = {"kind": "train", "data": DATA, "hyper": QUICK, "options": recipe}
        answer = shared.client.post("/shown-as", json=wish).json()
        assert "recipe" not in answer["command"]
        assert "recipe" not in answer["python"]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"options": {"recipe": "auto"}, "hyper": QUICK}, "recipe"),
        ({"options": {"recipe": "auto", "from_model": "trained"}}, "recipe"),
        ({"options": {"recipe": "auto", "minutes": 0}}, "minutes"),
        ({"options": {"minutes": 3}, "hyper": QUICK}, "minutes"),
        ({"options": {"recipe": "quick"}}, "recipe"),
        ({"options": {"recipe": "fast"}, "recipe": "best"}, "recipe"),
    ],
)
def test_recipes_that_cannot_be_followed(shared: Served, wish: dict[str, Any], field: str) -> None:
    answer = shared.client.post("/runs", json={"kind": "train", "data": DATA} | wish)
    assert answer.status_code == 422
    assert list(answer.json()["error"]["details"]["faults"]) == [f"options.{field}"]


def test_a_training_tells_its_summary(shared: Served) -> None:
    document = shared.client.get("/runs/trained").json()
    schemas.ShownRun.model_validate(document)
    summary = document["summary"]
    assert summary == shared.client.get("/runs/trained/result").json()["summary"]
    assert (summary["accuracy"], summary["images"]) == (document["scores"]["test"]["accuracy"], 24)


def test_a_set_is_looked_at_and_paged_through(shared: Served) -> None:
    found = shared.client.post("/datasets", json={"data": DATA}).json()
    schemas.DataSetDocument.model_validate(found)
    assert found["classes"] == list(CLASSES)
    assert found["sets"]["train"]["classes"] == dict.fromkeys(CLASSES, 20)
    page = shared.client.get(
        f"/datasets/{found['id']}/test/images", params={"class": "7", "offset": 6, "limit": 5}
    ).json()
    schemas.ImagePage.model_validate(page)
    assert (page["total"], len(page["images"])) == (8, 2)
    assert {image["class"] for image in page["images"]} == {"7"}
    assert (shared.root / page["images"][0]["image"]).is_file()
    sizes = shared.client.get(f"/datasets/{found['id']}/sizes").json()
    assert sizes["looked_at"] == {"train": 60, "test": 24}
    assert sizes["heights"]["train"] == [{"pixels": 8, "images": 60}]
    assert shared.client.get("/datasets/0123456789abcdef").status_code == 404


def test_a_set_that_is_not_there_is_a_fault_beside_those_that_are(shared: Served) -> None:
    found = shared.client.post("/datasets", json={"data": DATA | {"test_dir": "nothing"}}).json()
    assert found["sets"]["train"]["images"] == 60
    assert "There is no such folder" in found["errors"]["test"]["what"]
    absent = shared.client.get(f"/datasets/{found['id']}/val/images")
    assert (absent.status_code, absent.json()["error"]["what"]) == (404, "There are no validation images")


def test_small_pictures_are_cached_by_browsers(shared: Served) -> None:
    path = shared.image().relative_to(shared.root).as_posix()
    first = shared.client.get("/images", params={"path": path, "side": 40})
    assert first.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(first.content)) as image, Image.open(shared.image()) as whole:
        assert image.size == (40, 40)
        assert np.array_equal(np.asarray(image)[2::5, 2::5], np.asarray(whole.convert(image.mode)))
    again = shared.client.get(
        "/images", params={"path": path, "side": 40}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_rows_of_an_array_file_are_pictures_too(serve: Serve, root: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 5, 5), np.uint8)
    np.savez_compressed(root / "few.npz", x_train=images, y_train=np.arange(6) % 2)
    client = serve().client
    found = client.post("/datasets", json={"data": {"train_dir": "few.npz"}}).json()
    row = client.get(f"/datasets/{found['id']}/train/images").json()["images"][3]
    picture = client.get("/images", params={"path": row["image"], "side": 8}).content
    with Image.open(io.BytesIO(picture)) as image:
        assert np.array_equal(np.asarray(image), images[3])
    assert client.get("/images", params={"path": "few.npz#x_train/99"}).status_code == 404


def test_parameters_are_checked_with_every_fault_at_once(shared: Served) -> None:
    wrong = {"data": DATA | {"image_size": "0", "chanels": 1}, "hyper": {"epochs": "many", "num_units": "64"}}
    found = shared.client.post("/params/check", json=wrong).json()
    schemas.CheckedParams.model_validate(found)
    assert not found["valid"]
    assert set(found["faults"]["data"]) == {"image_size", "chanels"}
    assert "did you mean channels" in found["faults"]["data"]["chanels"]
    assert set(found["faults"]["hyper"]) == {"epochs"}
    right = {"data": DATA, "hyper": {"epochs": 2, "num_units": [64, 128], "init_rate": "0.1"}}
    found = shared.client.post("/params/check", json=right).json()
    assert (found["valid"], found["varied"], found["combinations"]) == (True, ["num_units"], 2)
    assert found["values"]["hyper"] == {"epochs": [2], "num_units": [64, 128], "init_rate": [0.1]}


@pytest.mark.parametrize("value", ["auto", None])
def test_an_image_size_is_left_to_the_software(shared: Served, value: str | None) -> None:
    found = shared.client.post("/params/check", json={"data": DATA | {"image_size": value}}).json()
    schemas.CheckedParams.model_validate(found)
    assert (found["valid"], found["values"]["data"]["image_size"]) == (True, None)
    fields = {field["name"]: field for field in shared.client.get("/about").json()["fields"]["data"]}
    assert (fields["image_size"]["default"], fields["image_size"]["default_text"]) == (None, "auto")


def test_runs_are_listed_shown_and_their_files_read(shared: Served) -> None:
    listed = shared.client.get("/runs", params={"kind": "train"}).json()
    schemas.RunList.model_validate(listed)
    assert shared.run in [row["id"] for row in listed["runs"]]
    shown = shared.client.get(f"/runs/{shared.run}").json()
    schemas.ShownRun.model_validate(shown)
    assert shown["state"] == "done"
    files = shared.client.get(f"/runs/{shared.run}/files").json()
    schemas.FileList.model_validate(files)
    names = [file["name"] for file in files["files"]]
    assert {"run.json", "model.keras", "history.csv", "events.jsonl"} <= set(names)
    record = shared.client.get(f"/runs/{shared.run}/files/run.json")
    assert record.content == (shared.root / "runs" / shared.run / "run.json").read_bytes()
    part = shared.client.get(f"/runs/{shared.run}/files/model.keras", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"PK\x03\x04")
    assert len(shared.client.get(f"/runs/{shared.run}/history").json()["loss"]) == 3
    assert shared.client.get(f"/runs/{shared.run}/result").json()["epochs"] == 3


def test_a_page_in_a_run_gets_no_rights(serve: Serve, root: Path) -> None:
    (root / "runs" / "trained" / "report.html").write_text("<script>fetch('/api/v1/runs')</script>")
    answer = serve().client.get("/runs/trained/files/report.html")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "allow-same-origin" not in answer.headers["content-security-policy"]


def test_answers_of_a_test_by_cell_and_mistakes(shared: Served) -> None:
    scores = shared.client.get(f"/runs/{shared.run}/evaluation").json()
    matrix = np.array(scores["confusion_matrix"])
    every = shared.client.get(f"/runs/{shared.run}/answers", params={"limit": 500}).json()
    schemas.AnswerPage.model_validate(every)
    assert every["total"] == matrix.sum() == 24
    wrong = shared.client.get(f"/runs/{shared.run}/answers", params={"mistakes": True}).json()
    assert wrong["total"] == matrix.sum() - matrix.trace()
    cell = {"true": "7", "predicted": "7"}
    found = shared.client.get(f"/runs/{shared.run}/answers", params=cell).json()
    assert found["total"] == matrix[2, 2]
    for item in found["answers"]:
        assert (shared.root / item["image"]).is_file()
    assert shared.client.get(f"/runs/{shared.run}/answers", params={"true": "7"}).status_code == 422
    assert shared.client.get(f"/runs/{shared.run}/evaluation", params={"split": "val"}).status_code == 404


def test_predictions_are_those_of_the_command(shared: Served) -> None:
    files = sorted((shared.root / "digits" / "test").rglob("*.png"))
    expected = api.predict(shared.root / "runs" / shared.run, [str(file) for file in files])
    uploads = [("files", (file.name, file.read_bytes())) for file in files]
    found = shared.client.post(f"/runs/{shared.run}/predict", files=uploads).json()
    Predictions.model_validate(found)
    assert [item["predicted"] for item in found["predictions"]] == [item["predicted"] for item in expected]
    for mine, theirs in zip(found["predictions"], expected, strict=True):
        assert mine["confidence"] == pytest.approx(theirs["confidence"], abs=1e-6)
    one = shared.client.post(
        f"/runs/{shared.run}/predict",
        params={"top": 1, "unsure_below": 1},
        files=[("files", ("a.png", files[0].read_bytes())), ("files", ("b.png", b"no image"))],
    ).json()["predictions"]
    assert (len(one[0]["top"]), one[0]["unsure"], one[0]["path"]) == (1, True, "a.png")
    assert set(one[1]) == {"path", "error"}


def test_a_run_without_a_model_cannot_predict(serve: Serve, root: Path) -> None:
    for name in ("model.keras", "model.onnx"):
        (root / "runs" / "trained" / name).unlink()
    served = serve()
    answer = served.client.post("/runs/trained/predict", files={"files": served.image().read_bytes()})
    assert answer.status_code == 404
    assert "no model" in answer.json()["error"]["what"]


def test_a_model_that_changes_is_opened_again(serve: Serve, root: Path) -> None:
    served = serve()
    upload = {"files": served.image().read_bytes()}
    assert served.client.post("/runs/trained/predict", files=upload).status_code == 200
    onnx = root / "runs" / "trained" / "model.onnx"
    (root / "runs" / "trained" / "model.keras").unlink()
    onnx.write_bytes(b"no network")
    answer = served.client.post("/runs/trained/predict", files=upload)
    assert (answer.status_code, answer.json()["error"]["type"]) == (422, "ModelFileError")


def test_comparing_needs_two(serve: Serve, root: Path) -> None:
    import shutil

    shutil.copytree(root / "runs" / "trained", root / "runs" / "second")
    client = serve().client
    found = client.get("/compare", params={"run": ["trained", "second"]}).json()
    RunComparison.model_validate(found)
    assert found["pairs"][0]["same_images"]
    assert client.get("/compare", params={"run": ["trained", "trained"]}).status_code == 422


@pytest.mark.parametrize("name", ["汉字", "é\u0301", "a b", "100%", "run#1"])
def test_a_run_of_any_name_is_started_and_found(name: str, serve: Serve) -> None:
    client = serve().client
    wish = {"kind": "train", "data": DATA, "hyper": QUICK, "name": name}
    answer = client.post("/runs", json=wish)
    assert answer.status_code == 201, answer.text
    place = answer.headers["location"].removeprefix("/api/v1")
    assert place.isascii()
    assert client.get(place).json()["id"] == answer.json()["id"]
    assert client.post(f"{place}/cancel").status_code in (202, 409)
    # A server that ends waits some seconds for its workers; a busy machine may take longer.
    wait(lambda: "\nconvonet_runs_running 0" in client.get("/metrics").text, seconds=60)


@pytest.mark.parametrize(
    "name", ["x\ny", "x\u2028y", "\x1b[31m", "../x", "a/b", "..", "x\r\nset-cookie: a=b"]
)
def test_a_run_with_a_name_that_no_folder_has_is_refused(name: str, serve: Serve, root: Path) -> None:
    client = serve().client
    before = client.get("/runs").json()["total"]
    answer = client.post("/runs", json={"kind": "train", "data": DATA, "hyper": QUICK, "name": name})
    assert answer.status_code == 422, answer.text
    assert client.get("/runs").json()["total"] == before


def test_images_that_are_links_are_marked(serve: Serve, root: Path) -> None:
    for name in ("0", "1"):
        (root / "linked" / name).mkdir(parents=True)
        for number, path in enumerate(sorted((root / "digits" / "train" / name).iterdir())[:3]):
            (root / "linked" / name / f"{number}.png").symlink_to(
                os.path.relpath(path, root / "linked" / name)
            )
    client = serve().client
    dataset = client.post("/datasets", json={"data": {"train_dir": "linked"}}).json()["id"]
    image = client.get(f"/datasets/{dataset}/train/images").json()["images"][0]["image"]
    answer = client.post(f"/datasets/{dataset}/marks", json={"paths": [image], "action": "leave_out"}).json()
    assert [mark["path"] for mark in answer["marks"]] == ["0/0.png"]
    (root / "linked" / "0" / "out.png").symlink_to("/etc/hostname")
    outside = client.post(
        f"/datasets/{dataset}/marks", json={"paths": ["linked/0/out.png"], "action": "leave_out"}
    )
    assert outside.status_code == 403


@pytest.mark.parametrize(
    "cell", ["../../outside.png", "..\\..\\outside.png", "/etc/hostname", "./../../outside.png"]
)
@pytest.mark.parametrize("given", ["set", "set/list.csv"])
def test_a_table_does_not_lead_out_of_the_root(cell: str, given: str, serve: Serve, root: Path) -> None:
    shutil.copytree(root / "digits" / "train", root / "set")
    shutil.copy(next((root / "digits" / "train" / "0").iterdir()), root.parent / "outside.png")
    first = next((root / "set" / "1").iterdir()).name
    (root / "set" / "list.csv").write_text(f"path,label\n{cell},a\n1/{first},b\n")
    answer = serve().client.post("/datasets", json={"data": {"train_dir": given}})
    assert answer.status_code == 403, answer.text


def test_what_a_person_should_know_of_the_images_is_told(serve: Serve, root: Path) -> None:
    (root / "digits" / "train" / "empty").mkdir()
    found = serve().client.post("/datasets", json={"data": {"train_dir": "digits/train"}}).json()
    assert any("no images that can be read" in sentence for sentence in found["findings"])


def test_marks_are_set_and_taken_back(serve: Serve, root: Path) -> None:
    client = serve().client
    name = client.post("/datasets", json={"data": DATA}).json()["id"]
    image = client.get(f"/datasets/{name}/train/images").json()["images"][0]["image"]
    wish = {"paths": [image], "action": "leave_out"}
    assert len(client.post(f"/datasets/{name}/marks", json=wish).json()["marks"]) == 1
    assert client.post("/datasets", json={"data": DATA}).json()["sets"]["train"]["images"] == 59
    assert client.post(f"/datasets/{name}/marks", json=wish | {"action": "undo"}).json()["marks"] == []
    assert client.post(f"/datasets/{name}/marks", json=wish | {"label": "1"}).status_code == 422


def test_a_request_for_a_run_tells_every_fault(shared: Served) -> None:
    wish = {
        "kind": "train",
        "data": {"train_dir": "digits/train", "image_size": -1},
        "hyper": {"epochs": 0},
        "options": {"validation": "perhaps", "then_tset": True, "out": "/tmp"},
    }
    answer = shared.client.post("/runs", json=wish)
    schemas.Problem.model_validate(answer.json())
    assert answer.status_code == 422
    assert set(answer.json()["error"]["details"]["faults"]) == {
        "data.image_size",
        "hyper.epochs",
        "options.validation",
        "options.then_tset",
        "options.out",
    }
    assert shared.client.post("/runs", json={"kind": "trane"}).status_code == 422


def test_shown_as_command_and_python(shared: Served) -> None:
    wish = {"kind": "train", "data": DATA, "hyper": QUICK}
    found = shared.client.post("/shown-as", json=wish).json()
    assert found["command"].startswith("convonet train --train-dir")
    assert "convonet.train(" in found["python"]


def test_everything_is_described(shared: Served) -> None:
    document = json.loads(shared.client.get(f"{shared.url}/openapi.json").text)
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["description"], path
            assert {"4XX", "5XX"} <= set(operation["responses"]), path
