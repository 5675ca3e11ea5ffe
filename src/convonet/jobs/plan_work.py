"""What the stages of a plan share: the run, its images in each size, and the training of one network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from convonet.data.sources import DataSets
from convonet.documents.plan import Candidate, Plan
from convonet.errors import Cancelled
from convonet.events import Watch
from convonet.jobs.fitting import Fit
from convonet.jobs.plan_candidates import CandidateFolder
from convonet.jobs.plan_decisions import PlanDecisions
from convonet.jobs.train_sets import TrainSets, prepare_found
from convonet.jobs.train_stages import save_partial
from convonet.nets.net_model import NetModel
from convonet.runs import Run
from convonet.tasks import TrainTask
from convonet.training.net_training import TrainingResult

CANDIDATES = "candidates"


@dataclass
class PlanWork:
    """A plan that is being carried out in the folder of its run.

    Attributes:
        task: as the user asked for it; `decisions` makes that of each candidate.
        found: the images that were listed, from which each candidate's are prepared.
        callbacks: the user's, for every training.
    """

    run: Run
    task: TrainTask
    found: DataSets
    decisions: PlanDecisions
    watch: Watch
    callbacks: Sequence[Any]
    _sets: dict[tuple[tuple[int, int], int], TrainSets] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        """The plan with what has been decided so far."""
        return self.decisions.plan

    def sets_of(self, candidate: Candidate) -> TrainSets:
        """The images of a candidate, decoded and divided."""
        # Nothing else of a candidate changes its pixels.
        key = (candidate.image_size, candidate.channels)
        # Candidates of one size share their decoded images.
        if key not in self._sets:
            task = self.decisions.task_of(candidate, None)
            self._sets[key] = prepare_found(self.run, task, self.found, self.watch)
        return self._sets[key]

    def folder(self, name: str) -> CandidateFolder:
        """Where a candidate, or the last training of the best one, keeps its files."""
        return CandidateFolder(self.run.file(CANDIDATES) / name)

    def trained(
        self,
        task: TrainTask,
        sets: TrainSets,
        folder: Path,
        candidate: Candidate,
    ) -> tuple[NetModel, TrainingResult]:
        """Train one network, or finish its training from the checkpoint in `folder`.

        Raises:
            Cancelled: the person asked to stop.
        """
        folder.mkdir(parents=True, exist_ok=True)
        settings: dict[str, Any] = {
            "callbacks": self.callbacks,
            "stop_after": self.decisions.deadline(candidate),
            "new_length": self.decisions.new_length(candidate),
            "on_collapse": lambda collapse: self.decisions.may_restart(candidate),
        }
        fit = Fit(self.run, task, sets, folder, settings, advises=False)
        model = fit.build(self.watch)
        try:
            return model, fit.train(model, self.watch)
        except Cancelled:
            # A model that was published is tested and calibrated: a stop must not put a half-trained one in
            # its place.
            if self.run.read().published is None:
                save_partial(self.run, fit, model, self.watch)
            raise
