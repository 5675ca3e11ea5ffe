"""Frozen job specs.

`from convonet import tasks` and `tasks.TrainTask` load a module when one of its names is first used. The names are
listed once, in `__init__.pyi`.
"""

from convonet.lazy_names import lazy_getattr, names_in_stub

_NAMES = names_in_stub(__file__)
__all__ = sorted(_NAMES)
__getattr__ = lazy_getattr(__name__, _NAMES)
