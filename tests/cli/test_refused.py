"""What every command refuses: exit code 2, one sentence that names the place, and nothing left on the disk.

The commands run in this process, since starting one takes longer than refusing what it was given.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup

from convonet.cli.app import command_tree, run
from refused import files_in, lay_out

Refuse = Callable[..., tuple[int, str]]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with what is refused."""
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refuse:
    """Run a command as its program does; its exit code and what it wrote to both streams."""

    def call_command(*words: str) -> tuple[int, str]:
        # `run` puts guards around the streams; they go with the patches.
        for stream in ("stdout", "stderr"):
            monkeypatch.setattr(sys, stream, getattr(sys, stream))
        monkeypatch.setattr(sys, "argv", ["convonet", *words])
        with pytest.raises(SystemExit) as ended:
            run()
        found = capsys.readouterr()
        return int(ended.value.code or 0), found.out + found.err

    return call_command


REFUSED: dict[str, list[tuple[str, str]]] = {
    "a folder without images": [
        ("train empty --progress none", "No images were found"),
        ("train set --test-dir empty --progress none", "No images were found"),
        ("tune empty --set epochs=1,2 --progress none", "No images were found"),
        ("study empty --targets 0.9 --progress none", "No images were found"),
        ("suspects empty --progress none", "No images were found"),
        ("inspect empty", "No images were found"),
        ("inspect set --test empty", "No images were found"),
        ("mark empty", "No images were found"),
        ("sort empty", "No images were found"),
        ("layers set empty", "a folder, not an image"),
        ("kernel empty --kernel blur --out k.png", "a folder, not an image"),
        ("similar empty set", "a folder, not an image"),
    ],
    "a file instead of a folder": [
        ("train text.txt --progress none", "text.txt"),
        ("inspect text.txt", "text.txt"),
        ("mark text.txt", "text.txt"),
        ("sort text.txt", "text.txt"),
        ("kernel text.txt --kernel blur --out k.png", "text.txt"),
        ("train set --hyper text.txt", "text.txt"),
        ("train --data text.txt", "text.txt"),
        ("params show text.txt", "text.txt"),
        ("params show empty", "empty"),
    ],
    "a run that does not exist": [
        (f"{words} nowhere{more}", "nowhere")
        for words, more in (
            ("resume", ""),
            ("verify", ""),
            ("report", ""),
            ("evaluate", " set"),
            ("predict", " set"),
            ("explain", " set"),
            ("layers", ""),
            ("dream", " --layer x"),
            ("export", ""),
            ("summary", ""),
            ("map", ""),
            ("map set --model", ""),
            ("train set --from", ""),
            ("adopt", " best.json"),
            ("runs show", ""),
            ("runs compare", " nowhere"),
            ("runs watch", ""),
            ("runs cancel", ""),
            ("runs delete --yes", ""),
            ("runs rename", " name"),
        )
    ],
    "half a run": [
        ("resume no_record", "no_record"),
        ("verify no_record", "no_record"),
        ("report no_record", "no_record"),
        ("runs show no_record", "no_record"),
        ("resume torn", "torn"),
        ("verify torn", "torn"),
        ("map torn", "torn"),
        ("adopt torn best.json", "torn"),
        ("runs show torn", "Restore it from a copy"),
        ("runs compare torn torn", "torn"),
        ("runs watch torn", "torn"),
        ("runs cancel torn", "torn"),
        ("runs rename torn name", "The run's record cannot be read"),
    ],
    "a folder without a model": [
        ("predict empty set", "There is no model in this folder"),
        ("export empty", "There is no model in this folder"),
        ("summary empty", "There is no model in this folder"),
    ],
    "a place that cannot be written to": [
        ("train set --out text.txt/runs", "text.txt"),
        ("train set --out text.txt", "a file, not a folder"),
        ("tune set --set epochs=1,2 --out text.txt/runs", "text.txt"),
        ("study set --targets 0.9 --out text.txt/runs", "text.txt"),
        ("suspects set --out text.txt/runs", "text.txt"),
        ("demo --out text.txt/runs", "text.txt"),
        ("samples digits text.txt/digits", "text.txt"),
        ("samples digits set", "new or empty folder"),
        ("params new hyper text.txt/hyper.json", "text.txt"),
        ("kernel set/dark/0.png --kernel blur --out text.txt/k.png", "text.txt"),
        ("inspect set --report text.txt/report.html", "text.txt"),
        ("many set --csv text.txt/table.csv", "text.txt"),
        ("predict model.keras set --csv text.txt/table.csv", "text.txt"),
        ("map set --out text.txt/map", "text.txt"),
        ("augment set --set rotation=5 --out text.txt/a.png", "text.txt"),
    ],
    "a name that is no folder's name": [
        ("train set --name a/b", "a valid folder name"),
        ("train set --name ..", "a valid folder name"),
        ("tune set --set epochs=1,2 --name a/b", "a valid folder name"),
    ],
    "wrong values": [
        ("train set --set epochs=0", "epochs"),
        ("train set --set epoch=1", "epochs"),
        ("tune set --set epochs=1,2 --folds 0", "folds"),
        ("study set --targets 2", "targets"),
        ("evaluate set --split tset", "set"),
        ("train --progress none", "No images were given"),
        ("map", "a run, or --data FILE"),
        ("similar set/dark/0.png", "or --data FILE"),
        ("summary", "a model, --train-dir DIR"),
    ],
}
CASES = [pytest.param(*case, id=case[0]) for cases in REFUSED.values() for case in cases]


@pytest.mark.parametrize(("words", "said"), CASES)
def test_a_refused_command_says_why_and_leaves_nothing(
    place: Path, call: Refuse, words: str, said: str
) -> None:
    before = files_in(place)
    code, text = call(*words.split())
    assert code == 2, text
    assert said in text
    assert "Traceback" not in text
    assert "Unexpected error" not in text
    assert text.rstrip().endswith((".", "?"))
    assert files_in(place) == before


def _needing(group: TyperGroup, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The commands that cannot do without an argument or option."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _needing(command, (*above, name))
        elif any(param.required for param in command.params):
            yield (*above, name)


NEEDING = list(_needing(command_tree()))


def _commands(group: TyperGroup) -> Iterator[TyperCommand]:
    for command in group.commands.values():
        if isinstance(command, TyperGroup):
            yield from _commands(command)
        else:
            yield command


def test_usage_lines_name_arguments_in_one_form() -> None:
    """Such as `RUN`, `PATH...` and `[DIR]`."""
    pieces = {
        piece
        for command in _commands(command_tree())
        for piece in command.collect_usage_pieces(command.context_class(command))
    }
    assert {"[OPTIONS]", "RUN", "[DIR]", "MODEL", "PATH...", "[PATH...]"} <= pieces
    one = r"[A-Z][A-Zx|=]*(\.\.\.)?"
    assert [piece for piece in sorted(pieces) if not re.fullmatch(rf"{one}|\[{one}\]", piece)] == []


@pytest.mark.parametrize("words", NEEDING, ids=" ".join)
def test_a_command_without_what_it_needs_says_what_is_missing(
    place: Path, call: Refuse, words: tuple[str, ...]
) -> None:
    before = files_in(place)
    code, text = call(*words)
    assert code == 2, text
    assert "Missing argument" in text or "Missing option" in text
    assert f"convonet {' '.join(words)} -h" in text
    assert files_in(place) == before


def test_names_with_chinese_characters_and_blanks(place: Path, call: Refuse) -> None:
    (place / "set").rename(place / "我的 集")
    assert call("params", "new", "hyper", "参 数.json")[0] == 0
    assert call("params", "check", "参 数.json")[0] == 0
    code, text = call("inspect", "我的 集", "--json")
    assert code == 0, text
    assert '"dark": 4' in text
    code, text = call("train", "我的 集", "--test-dir", "empty", "--name", "汉字 一", "--progress", "none")
    assert (code, "No images were found" in text) == (2, True)
    assert files_in(place) >= {"我的 集/dark/0.png", "参 数.json"}
    assert not (place / "runs").exists()
