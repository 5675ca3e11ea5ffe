"""Every run that is known: listed, compared, opened, resumed, verified, deleted; also those of other faces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QPushButton

from convonet.desktop.views.page import Either, Page, PageContext
from convonet.desktop.views.runs_compared import ComparedRuns
from convonet.desktop.widgets.basic import EmptyState, button, column
from convonet.desktop.widgets.table import TableView, percent, tenths
from convonet.documents.repetition import VerifyDocument
from convonet.documents.runs import RunComparison, RunRow
from convonet.errors import ConvonetError
from convonet.events import RunState, Watch
from convonet.launch.work import WorkEnded
from convonet.params import SearchSpace
from convonet.runs import Run
from convonet.runs.naming import kind_label, title_of
from convonet.session.opened import OpenedModel
from convonet.tasks import StudyTask, SuspectsTask, Task, TrainTask, TuneTask, VerifyTask, traits_of
from convonet.text import counted

_COLUMNS = (
    "Run",
    "Data set",
    "Kind",
    "State",
    "Started",
    "Seconds",
    "Validation",
    "Test accuracy",
    "Network",
    "Folder",
)
_STATE = 3
_LEAST_ROWS = 4
_RESUMABLE = (RunState.CANCELLED, RunState.FAILED, RunState.INTERRUPTED)
_REPEATED = {True: "The repeated run gave the same numbers", False: "The repeated run gave different numbers"}


class RunsPage(Page):
    """The runs of this person."""

    title = "Runs"
    parts = ("work",)

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        controller = context.controller
        self._runs: dict[str, Run] = {}
        self._kinds: dict[str, str] = {}
        self.lead.setText("Select a run to open it, or two or more to compare them.")
        self._open_button = button(
            "Open",
            self._open,
            primary=True,
            tip="Open this run's model and scores, or the results of this search",
        )
        self._resume_button = button("Resume", self._resume, tip="Continue from where it stopped")
        self._verify_button = button("Verify", self._verify, tip="Repeat this run and compare every number")
        self._compare_button = button("Compare", self._compare, tip="Select two or more runs")
        self._delete_button = button("Delete …", self._delete)
        self._rename_button = button("Rename …", self._rename, tip="Give this run a name")
        self.add_buttons(
            self._rename_button,
            self._compare_button,
            self._delete_button,
            self._verify_button,
            self._resume_button,
            self._open_button,
        )
        self.table = TableView(_COLUMNS, "runs", gives_way="Folder")
        self.table.opened.connect(lambda _: self._open())
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._update_buttons())
        self.table.rows.modelReset.connect(self._update_buttons)
        self.compared = ComparedRuns()
        empty = EmptyState(
            "No runs yet",
            "Every training run is listed here with its curves, model and scores, including runs "
            "started from the command line.",
            controller.button("demo", primary=True),
        )
        content = column(self.table, self.compared)
        content.setStretch(0, 3)
        content.setStretch(1, 2)
        self._either = Either(empty, content)
        self.body.addWidget(self._either, 1)
        controller.ended.connect(self._ended)
        self._update_buttons()

    def showEvent(self, event: object) -> None:
        # Other faces make runs too, so the list is read whenever it is looked at.
        self._refresh()

    def refresh(self) -> None:
        known = self.session.runs

        def read(watch: Watch) -> list[tuple[Any, ...]]:
            rows = []
            for found in known.rows():
                # Whenever the page is looked at the list is read anew, and an older reading ends here.
                watch.check()
                rows.append(_row(found))
                self._runs[found.run] = Run(Path(found.run))
                self._kinds[found.run] = found.kind
            return rows

        self.controller.background.call("runs", read, self._show)

    def _show(self, rows: list[tuple[Any, ...]]) -> None:
        self._either.show_content(bool(rows))
        # The same list set again would lose the selection and what is compared below.
        if rows != self.table.rows.rows:
            self.table.show_rows(rows)
            self.compared.clear()
            self._make_room()

    def _chosen(self) -> list[Run]:
        # The last column is the folder of the run; unlike its title, no other run has it.
        return [self._runs[values[-1]] for values in self.table.chosen()]

    def _update_buttons(self) -> None:
        rows = self.table.chosen()
        one = len(rows) == 1
        traits, state = (traits_of(self._kinds[rows[0][-1]]), rows[0][_STATE]) if one else (Task, None)
        idle = self.session.work is None
        states: tuple[tuple[QPushButton, bool], ...] = (
            (self._open_button, one),
            (self._rename_button, one),
            (self._resume_button, idle and traits.resumable and state in _RESUMABLE),
            (self._verify_button, idle and traits.repeatable and state == RunState.DONE),
            (self._compare_button, len(rows) > 1),
            (self._delete_button, bool(rows)),
        )
        for made, possible in states:
            made.setEnabled(possible)

    def _open(self) -> None:
        for run in self._chosen()[:1]:
            self.controller.guard(lambda run=run: self._open_run(run))  # type: ignore[misc]

    def _open_run(self, run: Run) -> None:
        """Its model, and the parameters that it was made with."""
        # A run that is still alive has no finished model yet, so it is watched instead.
        if self.session.runs.state(run) is RunState.RUNNING and self.session.work is None:
            self.session.attach(run)
            self.controller.page_wanted.emit(run.task().step)
            return

        has_table = traits_of(run.read().kind).fills_table

        def bring(_: Watch) -> OpenedModel | None:
            self.session.runs.fetch(run)
            return None if has_table else self.session.models.open(run.path)

        def take(model: OpenedModel | None) -> None:
            self.controller.guard(lambda: self._take_run(run, model) if model else self._take_table(run))

        self.controller.background.call("model", bring, take, self._show_fault)

    def _show_fault(self, error: ConvonetError) -> None:
        self.controller.show_error(error)

    def _take_run(self, run: Run, model: OpenedModel) -> None:
        task = run.task()
        if isinstance(task, TrainTask):
            self.session.params.take_task(task)
        elif isinstance(task, SuspectsTask):
            self.session.params.set_data(task.data)
            self.session.params.set_exact(SearchSpace.single(task.hyper))
        # Other images drop the model that was in use, so the run's own comes after them.
        self.session.set_model(model)
        self.controller.page_wanted.emit("train")

    def _take_table(self, run: Run) -> None:
        """Of a search or a study: its values and its table, where it can be resumed."""
        task = run.task()
        if isinstance(task, (TuneTask, StudyTask)):
            self.session.params.set_data(task.data)
            self.session.params.set_exact(task.space)
            self.controller.page_wanted.emit("tune")
            self.controller.table_wanted.emit(run)

    def _rename(self) -> None:
        asker = self.controller.ask
        for run in self._chosen()[:1]:
            title = (
                asker.text("Rename the run", "Name (leave empty for the default)", title_of(run))
                if asker
                else None
            )
            if title is not None:
                self._give_name(run, title)

    def _give_name(self, run: Run, title: str) -> None:
        known = self.session.runs
        # The run may be on a server that takes its time to answer.
        self.controller.background.call(
            f"rename {run.id}", lambda _: known.rename(run, title), lambda _: self._renamed(run)
        )

    def _renamed(self, run: Run) -> None:
        self.session.note_rename(run)
        self.refresh()

    def _resume(self) -> None:
        for run in self._chosen()[:1]:
            self.controller.guard(lambda run=run: self.context.tasks.resume(run))  # type: ignore[misc]

    def _verify(self) -> None:
        for run in self._chosen()[:1]:
            self.controller.guard(lambda run=run: self.context.tasks.verify(run))  # type: ignore[misc]

    def _delete(self) -> None:
        runs = self._chosen()
        if self.controller.ask is None or not runs:
            return
        names = "\n".join(title_of(run) for run in runs[:8]) + ("\n…" if len(runs) > 8 else "")
        words = f"Delete {counted(len(runs), 'run')}" if len(runs) > 1 else "Delete the run"
        what = (
            "run folders and everything in them, including the models,"
            if len(runs) > 1
            else "run folder and everything in it, including the model,"
        )
        text = f"{names}\n\nThe {what} will be deleted."
        # Neither Enter nor Esc deletes anything.
        if self.controller.ask.choose(f"{words}?", text, ("Delete", "Cancel"), usual=1) != "Delete":
            return
        known = self.session.runs

        def delete(_: Watch) -> list[ConvonetError]:
            """What could not be deleted; one that is alive keeps no other."""
            faults: list[ConvonetError] = []
            for run in runs:
                try:
                    known.delete(run)
                except ConvonetError as error:
                    faults.append(error)
            return faults

        self.controller.background.call("delete", delete, lambda faults: self._deleted(runs, faults))

    def _deleted(self, runs: Sequence[Run], faults: Sequence[ConvonetError]) -> None:
        model = self.session.model
        # A run that could not be deleted is still there, and its model stays in use.
        if model is not None and model.path in [run.path for run in runs] and not model.path.exists():
            self.session.set_model(None)
        self.refresh()
        for error in faults:
            self.controller.show_error(error)

    def _compare(self) -> None:
        chosen, known = self._chosen(), self.session.runs

        def compare(_: Watch) -> RunComparison:
            # The earlier run first, whichever was selected first: what changes is what came later.
            return known.compare(sorted(chosen, key=lambda run: run.read().created))

        # The answers of both are read image by image.
        self.controller.background.call("compare", compare, self._show_comparison, self._show_fault)

    def _show_comparison(self, found: RunComparison) -> None:
        self.compared.show_comparison(found)
        self._make_room()

    def _ended(self, ended: WorkEnded) -> None:
        found = ended.answer(VerifyTask, VerifyDocument)
        if found is not None and isinstance(ended.task, VerifyTask):
            self.compared.show_repetition(title_of(Run(Path(ended.task.run))), found)
            self._make_room()
            self.controller.noted.emit(_REPEATED[found.equal])

    def _make_room(self) -> None:
        """What is said below the list needs the room that a short list leaves."""
        self.table.fit_height(_LEAST_ROWS if self.compared.isVisibleTo(self) else None)


def _row(found: RunRow) -> tuple[Any, ...]:
    tested = found.scores.test
    return (
        found.title,
        found.data_set,
        kind_label(found.kind),
        found.state,
        # The fraction of a second and the time zone would only widen the column.
        found.created[:19].replace("T", " "),
        tenths(found.seconds),
        percent(found.val_accuracy),
        percent(tested.accuracy if tested else None),
        found.family or "",
        found.run,
    )
