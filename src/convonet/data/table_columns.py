"""Which column of a table says what: by the parameters, else by its name, else by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from convonet.data.table_file import TableFile
from convonet.errors import DataError, ParamError, nearest
from convonet.hints import Hint, data_value
from convonet.params import DataParams, fields_of
from convonet.params.labels import named
from convonet.text import alternatives, word
from convonet.text import name as compared

PATH_NAMES = ("path", "file", "filename", "filepath", "image")
LABEL_NAMES = ("label", "class")
SPLIT_NAMES = ("split", "set", "subset", "partition", "phase")
_MORE_PATHS = tuple(
    "imagepath imgpath imagefile imagefilename imagename imgname img imageid imgid imageindex photo photoid picture "
    "pictureid idcode id name uuid".split()
)
_MORE_LABELS = tuple(
    "labels labelname classname classes classid category categoryname target diagnosis dx finding findings "
    "findinglabels disease species breed type grade level tag result outcome groundtruth annotation y".split()
)
_GROUP_NAMES = tuple(
    "patient patientid patientno subject subjectid case caseid lesion lesionid participant participantid person "
    "personid individual individualid animalid studyid group groupid".split()
)
_SAMPLE = 200
_MOST_CLASSES = 1_000
_LEAST_ONE_HOT = 0.9
_SIGNS = re.compile(r"[\W_]+")
_TRUE, _FALSE = {"1", "1.0", "true", "yes"}, {"0", "0.0", "false", "no", ""}


class Columns(NamedTuple):
    """What each column is.

    Attributes:
        path: names the image.
        labels: the label; several columns hold 1 in that of the image's class and 0 in the others.
        split: says which set an image is of; None where there is no such column.
        group: names the subject of an image, such as a patient, as the person has chosen.
        offered: seems to name the subject, but nobody has chosen it.
        guessed: the usual names alone did not tell the columns.
    """

    path: str
    labels: tuple[str, ...]
    split: str | None = None
    group: str | None = None
    offered: str | None = None
    guessed: bool = False

    def label_of(self, row: Mapping[str, str]) -> str:
        """The label of a row; empty where it has none, or several."""
        if len(self.labels) == 1:
            return compared(row[self.labels[0]])
        marked = [name for name in self.labels if word(row[name]) in _TRUE]
        return marked[0] if len(marked) == 1 else ""

    def sentence(self) -> str:
        """The guess, for people."""
        path = f"{self.path} for the path"
        if len(self.labels) == 1:
            return f"{path}, {self.labels[0]} for the class"
        shown = ", ".join(self.labels[:6]) + (" …" if len(self.labels) > 6 else "")
        return f"{path}; a 1 marks the class in {shown}"


def find_columns(table: TableFile, data: DataParams, is_image: Callable[[str], bool]) -> Columns:
    """What the columns of a table are.

    Args:
        is_image: whether a cell names an image that is there.

    Raises:
        ParamError: a parameter names a column that is not there.
        DataError: no column names images or labels, or several may.
    """
    if not table.names:
        raise DataError(
            "The table is empty: it has no header",
            where=table.file,
            expected=f"a column named {alternatives(LABEL_NAMES)}",
            received="an empty file",
        )
    chosen = _chosen(table, data)
    path = chosen["path_column"] or _path(table, is_image)
    if path is None:
        raise DataError(
            "No column of the table names existing images",
            where=table.file,
            expected=f"a column named {alternatives(PATH_NAMES)}, or one with names of files in the table's folder",
            received=", ".join(table.names) or "an empty file",
            hint=f"Set {named('path_column')} to the column with the file names, and "
            f"{named('image_dir')} to the folder of the images",
        )
    split = chosen["split_column"] or _named(table, SPLIT_NAMES, {path})
    group = chosen["group_column"]
    offered = None if group else _group(table, {path, split})
    label = chosen["label_column"]
    taken = {path, split, group, offered}
    labels = (label,) if label else _labels(table, {name for name in taken if name})
    usual = _plain(path) in PATH_NAMES and len(labels) == 1 and _plain(labels[0]) in LABEL_NAMES
    guessed = not usual and not (chosen["path_column"] and label)
    return Columns(path, labels, split, group, offered, guessed)


def split_column(table: TableFile, data: DataParams) -> str | None:
    """The column that says which set an image is of.

    Raises:
        ParamError: a parameter names a column that is not there.
    """
    return _chosen(table, data)["split_column"] or _named(table, SPLIT_NAMES, ())


def path_cells(table: TableFile) -> list[str]:
    """The paths in a table whose header names them, in their order.

    Raises:
        DataError: it does not.
    """
    column = _named(table, (*PATH_NAMES, *_MORE_PATHS), ())
    if column is None:
        raise DataError(
            "The table's header has no column for the path",
            where=table.file,
            expected=f"a column named {alternatives(PATH_NAMES)}",
            received=", ".join(table.names) or "an empty file",
        )
    return [row[column] for row in table.rows if row[column]]


def _chosen(table: TableFile, data: DataParams) -> dict[str, str | None]:
    """The columns that the parameters name, as the header writes them."""
    found: dict[str, str | None] = {}
    faults: dict[str, str] = {}
    for field in ("path_column", "label_column", "split_column", "group_column"):
        given = getattr(data, field)
        found[field] = None if given is None else _same(table.names, given)
        if given is not None and found[field] is None:
            near = nearest(given, table.names)
            hint = f" (did you mean {near}?)" if near else ""
            faults[field] = (
                f"{field} ({fields_of(DataParams)[field].label}): expected one of {', '.join(table.names)}, "
                f"received {given!r}{hint}"
            )
    if faults:
        raise ParamError.of(faults, table.file)
    return found


def _same(names: Sequence[str], given: str) -> str | None:
    exact = next((name for name in names if name == compared(given)), None)
    return exact or next((name for name in names if word(name) == word(given)), None)


def _plain(name: str) -> str:
    """A column's name without letter case and signs: `Image Index` and `image_index` are one."""
    return _SIGNS.sub("", word(name))


def _named(table: TableFile, wanted: Sequence[str], taken: Collection[str | None]) -> str | None:
    plain = {_plain(name): name for name in reversed(table.names) if name not in taken}
    return next((plain[want] for want in wanted if want in plain), None)


def _path(table: TableFile, is_image: Callable[[str], bool]) -> str | None:
    """The column whose cells name most different images; of equals the one with the usual name.

    Numbers of classes may be names of files too: there are few different ones, so they name few images.
    """
    step = max(len(table.rows) // _SAMPLE, 1)
    sample = table.rows[::step][:_SAMPLE]
    usual = [*PATH_NAMES, *_MORE_PATHS]
    rank = {name: usual.index(_plain(name)) for name in table.names if _plain(name) in usual}

    def found(name: str) -> int:
        return sum(map(is_image, {row[name] for row in sample if row[name]}))

    counts = {name: found(name) for name in table.names}
    best = max(table.names, key=lambda name: (counts[name], -rank.get(name, len(usual))), default=None)
    if best is not None and counts[best]:
        return best
    return _named(table, (*PATH_NAMES, *_MORE_PATHS[:-2]), ())


def _group(table: TableFile, taken: Collection[str | None]) -> str | None:
    """A column that looks like a patient, where one of them has several images."""
    column = _named(table, _GROUP_NAMES, taken)
    if column is None:
        return None
    cells = [row[column] for row in table.rows if row[column]]
    return column if 1 < len(set(cells)) < len(cells) else None


def _labels(table: TableFile, taken: Collection[str]) -> tuple[str, ...]:
    """The column of the label, or those of which one holds 1.

    Raises:
        DataError: there is none, or it cannot be told which it is.
    """
    usual = _named(table, LABEL_NAMES, taken)
    if usual is not None:
        return (_with_words(table, usual, taken),)
    many = _one_hot(table, taken)
    if many:
        return many
    plain = {name: _plain(name) for name in table.names if name not in taken}
    known = [name for name, bare in plain.items() if bare in _MORE_LABELS and _may_label(table, name)]
    found = known or [name for name in plain if _may_label(table, name)]
    kinds = _different_meanings(table, found)
    if len(kinds) == 1:
        return (kinds[0],)
    if kinds:
        raise DataError(
            "Several columns of the table could hold the class",
            where=table.file,
            expected="label_column, the name of the correct column",
            received=", ".join(kinds[:12]),
            hint=Hint.of(
                "Set, for example, {}",
                data_value("label_column", kinds[0]),
                window=f"On the Parameters page, enter for example {kinds[0]} in Label column",
            ),
        )
    raise DataError(
        "The table's header has no column for the label",
        where=table.file,
        expected=f"a column named {alternatives(LABEL_NAMES)}",
        received=", ".join(table.names) or "an empty file",
        hint=f"Set {named('label_column')} to the column that contains the class",
    )


def _may_label(table: TableFile, name: str) -> bool:
    """Whether there are few different cells in a column, and none is a number with decimals."""
    cells = [row[name] for row in table.rows if row[name]]
    kinds = set(cells)
    few = 2 <= len(kinds) <= min(_MOST_CLASSES, max(len(cells) // 2, 2))
    return few and not any("." in cell and _is_number(cell) for cell in kinds)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _one_hot(table: TableFile, taken: Collection[str]) -> tuple[str, ...]:
    """Two columns or more of zeros and ones, of which nearly every row has a single one."""
    names = [
        name
        for name in table.names
        if name not in taken and {word(row[name]) for row in table.rows} <= _TRUE | _FALSE
    ]
    names = [name for name in names if any(word(row[name]) in _TRUE for row in table.rows)]
    if len(names) < 2:
        return ()
    ones = [sum(word(row[name]) in _TRUE for name in names) for row in table.rows]
    return tuple(names) if ones.count(1) >= _LEAST_ONE_HOT * len(ones) else ()


def _different_meanings(table: TableFile, names: Sequence[str]) -> list[str]:
    """The columns without those that only rename another one, such as numbers beside words; words are kept."""
    kept: list[str] = []
    for name in names:
        twin = next((other for other in kept if _renames(table, name, other)), None)
        if twin is None:
            kept.append(name)
        elif _is_numeric(table, twin) and not _is_numeric(table, name):
            kept[kept.index(twin)] = name
    return kept


def _with_words(table: TableFile, label: str, taken: Collection[str]) -> str:
    """The column that holds the names of numbered labels, where there is one; else the column itself."""
    if not _is_numeric(table, label):
        return label
    others = [name for name in table.names if name not in taken and name != label]
    words = [name for name in others if not _is_numeric(table, name) and _renames(table, name, label)]
    return words[0] if len(words) == 1 else label


def _is_numeric(table: TableFile, name: str) -> bool:
    return all(_is_number(row[name]) for row in table.rows if row[name])


def _renames(table: TableFile, one: str, other: str) -> bool:
    """Whether each cell of one column stands beside a single cell of the other, and the other way round."""
    pairs = {(row[one], row[other]) for row in table.rows}
    count = len(pairs)
    return count > 1 and count == len({a for a, _ in pairs}) == len({b for _, b in pairs})
