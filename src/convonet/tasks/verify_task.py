"""A run done once more, to see whether it gives the same."""

from __future__ import annotations

from typing import ClassVar

from pydantic import InstanceOf, field_validator

from convonet.params.computing_params import Precision, checked_device
from convonet.params.data_params import DataParams
from convonet.tasks.task import Task


class VerifyTask(Task):
    """Repeat a training, a search or a study, and compare.

    Attributes:
        run: the folder of the run; it is not changed. `threads` must be those of the run.
        data: its folders, where the images are in another place now; their content must be the same.
        device, precision: other ones than the run's, to see what they change in its numbers; None: the run's.
    """

    kind: ClassVar[str] = "verify"
    title: ClassVar[str] = "Verification"

    run: str
    data: InstanceOf[DataParams] | None = None
    device: str | None = None
    precision: Precision | None = None

    @field_validator("device")
    @classmethod
    def _check_device(cls, value: str | None) -> str | None:
        return value if value is None else checked_device(value)

    @property
    def changes(self) -> dict[str, str]:
        """The values that are to differ from the run's."""
        given = {"device": self.device, "precision": self.precision}
        return {name: value for name, value in given.items() if value is not None}
