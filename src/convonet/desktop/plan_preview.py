"""The plan of the next training, made in a thread while the person looks at the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from convonet.errors import ConvonetError

if TYPE_CHECKING:
    from convonet.data.listing import ImageListing
    from convonet.desktop.controller import Controller
    from convonet.documents.plan import Plan

_AFTER_MS = 200


class PlanPreview(QObject):
    """Keeps the plan true to what is loaded, once it was asked for. A window has one: see `of`.

    Attributes:
        plan: None while there is none.
        last: the plan that was made last for the training images that are loaded, also while none is wanted.
        error: why there is none; empty when there is one or it is being made.
        is_busy: it is being made.

    Signals:
        changed: there is another plan, or another reason for none.
    """

    changed = Signal()

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller, self._session = controller, controller.session
        self.plan: Plan | None = None
        self.last: Plan | None = None
        self.error = ""
        self.is_busy = False
        self._key: tuple[Any, ...] | None = None
        self._listing: ImageListing | None = None
        # While a value is typed, a plan for each letter would be of no use.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_AFTER_MS)
        self._timer.timeout.connect(self._make)

    @classmethod
    def of(cls, controller: Controller) -> PlanPreview:
        """The preview of a window, made when it is asked for the first time."""
        found = controller.findChild(cls)
        return found if isinstance(found, cls) else cls(controller)

    def request(self) -> None:
        """Make the plan unless it is there or being made; `changed` tells when it is there."""
        if "train" not in self._session.sets or self._session.sets["train"] is not self._listing:
            self.last = None
        key = self._present()
        if key == self._key:
            return
        same_images = self._key is not None and key is not None and key[0] == self._key[0]
        self._key, self.error = key, ""
        if key is None:
            self._forget()
            return
        self.is_busy = True
        # The plan for other images is not merely old but wrong, so it goes at once; typing is not waited for.
        if not same_images:
            self.plan = None
            self._make()
        else:
            self._timer.start()

    def _forget(self) -> None:
        self.plan, self.is_busy = None, False
        self._timer.stop()
        self._controller.background.cancel("plan")

    def _present(self) -> tuple[Any, ...] | None:
        """What a plan depends on; None where there is nothing to plan."""
        session = self._session
        if session.params.recipe == "none" or "train" not in session.sets or session.params.faults.count:
            return None
        # It is kept, so that no other listing can have its id.
        listing = self._listing = session.sets["train"]
        task = session.tasks.train()
        return id(listing), task.data, task.hyper, task.recipe, task.minutes, session.sets.images("val")

    def _make(self) -> None:
        key = self._key
        if key is None:
            return
        _, data, hyper, recipe, minutes, validation = key
        images, listing = self._session.images, self._listing
        assert listing is not None

        def make(_: object) -> Plan | None:
            return images.make_plan(data, hyper, recipe, listing, minutes=minutes, validation=validation)

        def done(plan: Plan | None) -> None:
            self.plan, self.is_busy = plan, False
            self.last = plan or self.last
            self.changed.emit()

        def failed(error: ConvonetError) -> None:
            self.plan, self.error, self.is_busy = None, error.sentence("window"), False
            self.changed.emit()

        self._controller.background.call("plan", make, done, failed)
