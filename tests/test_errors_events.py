"""Errors and events travel between processes as JSON and come back as themselves."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from convonet import errors
from convonet.errors import ClassMismatchError, ConvonetError, DataError, ParamError, error_from_dict, nearest
from convonet.event_lines import read_event, read_lines
from convonet.events import BatchEnded, Event, RunState, UnknownEvent, Watch, state_label


def test_a_sentence_says_what_where_expected_received_and_what_next() -> None:
    error = ConvonetError("No images", where="/data", expected="PNG", received="text", hint="Look again")
    assert error.sentence() == "No images (/data); expected PNG; received text. Look again."


@pytest.mark.parametrize(
    "error",
    [
        ParamError.of({"epochs": "epochs: wrong", "seed": "seed: wrong"}, "file.json"),
        ClassMismatchError("no", missing=["a"], extra=["b"], offered_map={"b": "a"}, where="x"),
        errors.DataChangedError("changed", paths=["a.png"]),
        errors.ImagesMovedError("moved", field="test_dir"),
        errors.WorkerError("died", hint="resume"),
    ],
)
def test_errors_come_back_as_themselves(error: ConvonetError) -> None:
    again = error_from_dict(json.loads(json.dumps(error.to_dict())))
    assert type(again) is type(error)
    assert again.sentence() == error.sentence()
    assert json.dumps(again.details()) == json.dumps(error.details())


def test_a_sentence_that_was_received_ends_the_line_once() -> None:
    error = DataError("Not that", received="Look at the images.")
    assert error.sentence() == "Not that; received Look at the images."


def test_exit_codes_follow_the_tree() -> None:
    assert [ParamError("x").exit_code, errors.StorageError("x").exit_code, errors.Cancelled.exit_code] == [
        2,
        1,
        130,
    ]


def test_people_read_that_a_run_was_stopped_and_files_keep_their_word() -> None:
    assert [state_label(state) for state in RunState] == [
        *("waiting", "running", "done"),
        *("stopped", "failed", "interrupted"),
    ]
    assert json.dumps(RunState.CANCELLED) == '"cancelled"'


def test_the_nearest_name_is_offered_and_nothing_far() -> None:
    assert nearest("init_rat", ["init_rate", "epochs"]) == "init_rate"
    assert nearest("zzz", ["init_rate", "epochs"]) is None


def test_every_event_is_in_the_registry_under_its_name() -> None:
    assert Event.registry["BatchEnded"] is BatchEnded
    assert all(name == kind.__name__ for name, kind in Event.registry.items())


def test_events_come_back_from_the_wire_and_unknown_keys_are_dropped() -> None:
    event = BatchEnded(
        epoch=1, epochs=2, step=3, steps=4, loss=0.5, accuracy=None, images_per_second=9.0, seconds_left=None
    )
    wire = json.loads(json.dumps(event.to_dict("run-1", at=12.5)))
    stamped = read_event(wire | {"of_a_newer_version": 1})
    assert (stamped.event, stamped.time, stamped.run) == (event, 12.5, "run-1")


def test_an_event_of_a_newer_version_is_kept() -> None:
    stamped = read_event({"event": "TeaMade", "time": 1, "cups": 2})
    assert isinstance(stamped.event, UnknownEvent)
    assert stamped.event.values["cups"] == 2


def test_a_torn_last_line_is_left_out() -> None:
    lines = ['{"event": "CancelAcknowledged", "time": 1}\n', '{"event": "Cancel']
    assert len(list(read_lines(lines))) == 1


def test_a_watch_raises_when_the_person_asked_to_stop() -> None:
    wish = False
    watch = Watch(should_stop=lambda: wish)
    watch.check()
    wish = True
    with pytest.raises(errors.Cancelled):
        watch.check()


def test_states_that_have_ended() -> None:
    assert [state for state in RunState if not state.ended] == [RunState.WAITING, RunState.RUNNING]


def test_importing_convonet_loads_nothing_heavy() -> None:
    code = (
        "import sys, convonet; heavy = {'keras', 'torch', 'PySide6', 'matplotlib', 'numpy'} & set(sys.modules);"
        "assert not heavy, heavy; assert convonet.__version__; assert 'train' in dir(convonet)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
