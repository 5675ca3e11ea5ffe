"""Small pictures of image files, decoded in threads while they are in sight."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject, QRunnable, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QPixmap

from convonet.errors import ConvonetError
from convonet.session.remote.errors import ServerLostError

_KEPT, _KEPT_BYTES = 200, 16 * 2**20
_WANTED = 400
_THREADS = 2
_REMOTE, _PROPERTY = "remote:", "convonet-pictures"
_MOST_SIDE = 1024
CRISP_BELOW = 48
"""A picture with fewer pixels a side is shown as squares, a larger one smoothly."""


class _Post(QObject):
    ready = Signal(str, QImage)
    missed = Signal(str)


class _Decode(QRunnable):
    def __init__(self, address: str, side: int, wanted: OrderedDict[str, None], post: _Post) -> None:
        super().__init__()
        self._address, self._side, self._wanted, self._post = address, side, wanted, post

    def run(self) -> None:
        # The picture may have been scrolled past, or the grid closed, while it waited for a thread.
        if self._address not in self._wanted:
            return
        try:
            self._post.ready.emit(self._address, read_picture(self._address, self._side))
        except ServerLostError:
            self._post.missed.emit(self._address)


def read_picture(address: str, side: int) -> QImage:
    """The picture at an address, at most `side` × `side` pixels; a null image when it cannot be read.

    A smaller one keeps its own size: four hundred small digits then weigh a megabyte, not sixty.

    Args:
        address: a file, or a row of an array file such as `digits.npz#x_train/17`.

    Raises:
        ServerLostError: its server does not answer now.
    """
    try:
        whole = _fetched(address, side) if address.startswith(_REMOTE) else read_whole(address)
    except ServerLostError:
        raise
    except ConvonetError:
        # That a file cannot be read is an answer, too; without one it would be asked for at each painting.
        return QImage()
    if max(whole.width(), whole.height()) <= side:
        return whole
    modes = Qt.TransformationMode
    return whole.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, modes.SmoothTransformation)


def read_whole(address: str) -> QImage:
    """The picture in its own size, RGB.

    Raises:
        ConvonetError: it cannot be read; `what` is the reason.
    """
    if address.startswith(_REMOTE):
        return _fetched(address, _MOST_SIDE)
    # The window can be seen sooner without numpy and Pillow, which this loads.
    from convonet.desktop.widgets.decoding import decoded

    return decoded(address)


def show_pictures_of(app: QObject, fetch: Callable[[str, int], bytes]) -> None:
    """From now on pictures with an address on a server are asked for there."""
    # All grids and the threads that decode for them share the application, and they know no session.
    app.setProperty(_PROPERTY, fetch)


def _fetched(address: str, side: int) -> QImage:
    """A picture of a server, as PNG."""
    app = QCoreApplication.instance()
    fetch = app.property(_PROPERTY) if app is not None else None
    return QImage.fromData(fetch(address, side)) if fetch is not None else QImage()


class Thumbnails(QObject):
    """Asks for pictures and keeps the last few hundred.

    Signals:
        ready: the picture at an address has come; carries the address.
    """

    ready = Signal(str)

    def __init__(self, side: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.side = side
        self._pictures: OrderedDict[str, QPixmap] = OrderedDict()
        self._wanted: OrderedDict[str, None] = OrderedDict()
        self._turn = self._bytes = 0
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(_THREADS)
        self._post = _Post()
        self._post.ready.connect(self._take, Qt.ConnectionType.QueuedConnection)
        # It is asked for again when it is next painted.
        self._post.missed.connect(self._forget, Qt.ConnectionType.QueuedConnection)

    def picture(self, address: str) -> QPixmap | None:
        """The picture if it is here (null: cannot be read), else None, and it is asked for.

        What was asked for last comes first, and what has been scrolled past long ago is forgotten.
        """
        if address in self._pictures:
            self._pictures.move_to_end(address)
            return self._pictures[address]
        if address not in self._wanted:
            self._wanted[address] = None
            if len(self._wanted) > _WANTED:
                self._wanted.popitem(last=False)
            # The number is the priority in the pool, so the newest request starts first.
            self._turn += 1
            self._pool.start(_Decode(address, self.side, self._wanted, self._post), self._turn)
        return None

    def is_busy(self) -> bool:
        """Whether pictures are still to come."""
        return bool(self._wanted)

    def _take(self, address: str, image: QImage) -> None:
        self._wanted.pop(address, None)
        # Only the window's thread may make a QPixmap, which is why the other threads send a QImage.
        self._pictures[address] = picture = QPixmap.fromImage(image)
        self._bytes += _bytes(picture)
        # A screen full of pictures is always kept, or they would chase each other out for ever.
        while len(self._pictures) > _KEPT and self._bytes > _KEPT_BYTES:
            self._bytes -= _bytes(self._pictures.popitem(last=False)[1])
        self.ready.emit(address)

    def _forget(self, address: str) -> None:
        self._wanted.pop(address, None)

    def close(self) -> None:
        """Forget what was asked for and wait for the threads."""
        self._wanted.clear()
        self._pool.clear()
        self._pool.waitForDone()


def _bytes(picture: QPixmap) -> int:
    return 4 * picture.width() * picture.height()
