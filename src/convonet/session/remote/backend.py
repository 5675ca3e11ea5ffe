"""Work on a server: its images, models, runs and workers, asked over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from convonet.documents.folders import FolderDocument
from convonet.documents.installation import InstallationDocument
from convonet.documents.written import WrittenFile
from convonet.errors import ConvonetError
from convonet.events import RunState
from convonet.home import home
from convonet.launch.work import Work
from convonet.params import DataParams
from convonet.runs import Run
from convonet.runs.run import new_id
from convonet.session.conditions import Reason
from convonet.session.remote.call import RemoteCall
from convonet.session.remote.client import Client, quoted
from convonet.session.remote.connection import Connection
from convonet.session.remote.errors import ServerLostError
from convonet.session.remote.handle import RemoteHandle, continue_run
from convonet.session.remote.images import RemoteImages, plain_data
from convonet.session.remote.job import RemoteJob
from convonet.session.remote.mirror import Mirror, keep_result
from convonet.session.remote.models import RemoteModels
from convonet.session.remote.runs import RemoteRuns
from convonet.tasks import ReportTask, Task

_UNAVAILABLE = {
    "open_results": (
        "The run is on the server. App › Save Network Model downloads the model; Tools › Save Report downloads a report"
    ),
    "export": "The model is on the server. Run `convonet export` there to write other formats",
    "many_sets": (
        "From the window, training on many data sets works only on this machine. "
        "For data sets on the server, run `convonet many` there"
    ),
    "show_as": "Commands are shown only for work on this machine, but this window is connected to a server",
}
"""Actions that need files or commands of the server's machine."""


class RemoteBackend:
    """The `Backend` of a server; run folders are copied when they are looked at.

    Attributes:
        url: the server's address.
        name: a word for the server that can be part of a file name.
        connection: whether the server answers.

    Raises:
        ConvonetError: the server does not answer, or wants another token.
    """

    is_remote = True

    def __init__(self, client: Client) -> None:
        # Asked first, so that a wrong address or token shows before anything is made on this machine.
        client.get("/about")
        self._client = client
        self._mirror = Mirror(client, home() / "remote" / client.name)
        # Done while no copy is in use yet, since any of them may be removed.
        self._mirror.prune()
        self.url, self.name, self.folder = client.url, client.name, self._mirror.folder
        self.images = RemoteImages(client, self._mirror)
        self.models = RemoteModels(client, self._mirror)
        self.runs = RemoteRuns(client, self._mirror)
        self.connection = client.connection = Connection(client.address, client.ping)
        self._handle: RemoteHandle | None = None

    def list_folder(self, path: str) -> FolderDocument:
        """What lies in a folder of the server. Raises ConvonetError."""
        return FolderDocument.of(self._client.get("/folders", path=path))

    def why_not(self, action: str) -> Reason | None:
        """What belongs to the server's own machine cannot be done from here."""
        sentence = _UNAVAILABLE.get(action)
        return None if sentence is None else Reason("on_server", sentence)

    def start(self, task: Task) -> Work:
        """Give a task to the server.

        The run is named here, so that asking a second time, when the first answer was lost, begins nothing twice.
        """
        if isinstance(task, ReportTask):
            return self._fetch_report(task)
        run = Run(self._mirror.path(new_id(task.kind)))
        job = RemoteJob(self._client, self._mirror, task, run)
        return self._followed(task, run, job.begin, job.settle)

    def resume(self, run: Run, *, accept_changed_data: bool, data: DataParams | None) -> Work | None:
        """Ask the server to continue a run; a refusal is told when the work ends."""
        if self._mirror.state(run) is RunState.DONE:
            return None
        there = None if data is None else plain_data(data)
        begin = partial(
            continue_run, self._client, run.id, accept_changed_data=accept_changed_data, data=there
        )
        return self._followed(run.task(), run, begin)

    def follow(self, run: Run) -> Work:
        """Follow a run that is under way there."""
        return self._followed(run.task(), run)

    def examine(self) -> InstallationDocument:
        """What the server's machine can do."""
        return InstallationDocument.of(self._client.get("/doctor"))

    def warm(self) -> None:
        """The server keeps its own workers warm."""

    def close(self) -> None:
        """Follow nothing any longer; work continues there. Nobody waits for an answer after it."""
        # Comes first, so that the following thread stops waiting for an answer before it is joined.
        self._client.close()
        if self._handle is not None:
            self._handle.close()
        self.connection.close()

    def _followed(
        self,
        task: Task,
        run: Run,
        begin: Callable[[], None] | None = None,
        settle: Callable[[Run], None] | None = None,
    ) -> Work:
        self._handle = RemoteHandle(
            self._client, self.connection, self._mirror, run, task.kind, begin=begin, settle=settle
        )
        return Work(task, run, self._handle)

    def _fetch_report(self, task: ReportTask) -> Work:
        """The server makes a report when it is asked for: it is a file to fetch."""
        reported, run = Run(Path(task.run)), Run(self._mirror.path(new_id(task.kind)))
        target = Path(task.out) if task.out else reported.file("report.html")

        def fetch() -> None:
            self._client.download(f"/runs/{quoted(reported.id)}/files/report.html", target)
            keep_result(run, WrittenFile(path=str(target)))

        return Work(task, run, RemoteCall(fetch))


def open_server(url: str, token: str | None) -> RemoteBackend:
    """The backend of a server.

    Raises:
        ConvonetError: no such server, or it wants another token.
    """
    client = Client(url, token)
    try:
        return RemoteBackend(client)
    except ConvonetError as error:
        client.close()
        # A hint that the error already has is more exact than this guess, except that nothing runs there yet.
        if isinstance(error, ServerLostError) or not error.hint:
            error.hint = "Check that it was started with `convonet serve` and that the token is correct"
        raise
