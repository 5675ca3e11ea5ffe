"""A data scientist's script: every public name of the Python interface, as type checkers see it."""

from __future__ import annotations

import io
from pathlib import Path

import convonet
from convonet import DataParams, EpochEnded, Event, HyperParams, SearchSpace
from convonet.trackers import TensorBoard, Tracker


def follow(event: Event) -> None:
    if isinstance(event, EpochEnded):
        print(event.epoch, event.logs["loss"])


def first_result(folder: Path) -> convonet.TrainedRun:
    written = convonet.samples("digits", folder)
    found = convonet.inspect(written.train_dir, test=written.test_dir, report=folder / "data.html")
    print(found.to_dict()["images"])
    hyper = HyperParams(family="convonet", epochs=3, batch_size=16)
    data = DataParams(train_dir=str(written.train_dir), test_dir=str(written.test_dir))
    run = convonet.train(data, hyper, seed=1, name="first", listen=follow, progress=False)
    accuracy: float | None = run.accuracy
    print(run.state, accuracy, run.history["loss"], run.advice, run.findings)
    return run


def use(run: convonet.TrainedRun, image: Path) -> None:
    scores: convonet.Evaluation = convonet.evaluate(run, split="test")
    low, high = scores.accuracy_interval
    print(scores["accuracy"], low, high, scores.confusion_matrix[0], scores.per_class[0]["f1"])
    model = convonet.load(run)
    predictions: convonet.Predictions = model.predict(
        [image, image.read_bytes(), io.BytesIO()], errors="return"
    )
    prediction: convonet.Prediction = predictions[0]
    print(prediction.predicted, prediction.confidence, prediction.error, model.classes, model.image_size)
    explained: list[convonet.ImageExplanation] = run.explain(image, method="saliency", faithful=True)
    print(explained[0].heat.shape, convonet.layers(run, image, out="layers"))
    dreamt: convonet.DreamResult = convonet.dream(run, "conv_1", channel=0)
    print(dreamt.pictures.shape, convonet.summary(run).params, convonet.export(run, "onnx", out="m.onnx"))
    print(
        convonet.report(run),
        convonet.verify(run)["equal"],
        convonet.mark(image.parent, [image], leave_out=True),
    )


def own_loop(data: Path) -> None:
    prepared: convonet.PreparedData = convonet.prepare(data, image_size=32)
    held_out: convonet.ImageSet | None = prepared.val
    print(prepared.classes, prepared.train.to_torch(), held_out and held_out.to_keras(16, shuffle=True))


def search(data: Path) -> None:
    space = SearchSpace.of({"init_rate": [0.01, 0.001], "epochs": 5})
    tuned: convonet.TunedRun = convonet.tune(
        data, space, search="tpe", trials=4, jobs=2, track="tensorboard:logs"
    )
    print(tuned.best_hyper, tuned.adopt(1).changed(epochs=9), tuned.to_pandas())
    print(
        convonet.study(data, {"epochs": 5}, [0.9]), convonet.find_rate(data), convonet.suspects(data, folds=3)
    )
    print(
        convonet.augment(data, {"rotation": 10}, out="a.png"), convonet.kernel("a.png", "edge").values.shape
    )
    tracker: Tracker = TensorBoard("logs")
    try:
        run = convonet.train(data, recipe="fast", minutes=2, listen=tracker)
    except convonet.InputError as error:
        print(error.hint)
        return
    for known in convonet.runs(kind="train"):
        print(known.path, known.accuracy, convonet.open_run(known), convonet.resume(known))
    print(convonet.compare(run, tuned), convonet.plot_loss_acc(run))


classifier = convonet.ConvonetClassifier({"family": "logistic"}, seed=1, max_value=16)
network = convonet.build_model(1, [32], act_func="relu", input_shape=(8, 8), output_class=10)
stop = convonet.StopAtAccuracy(0.9, print_msg=False)
