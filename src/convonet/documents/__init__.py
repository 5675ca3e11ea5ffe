"""What jobs leave and every interface reads: typed, versioned documents.

A key is spelled here once. A document has the keys of its JSON as attributes; keys of a later version are kept, keys
that an earlier version lacks have a default.

`from convonet import documents` and `documents.RunRecord` load a module when one of its names is first used, so that
nobody builds models for documents that are not read. The names are listed once, in `__init__.pyi`.
"""

from convonet.lazy_names import lazy_getattr, names_in_stub

_NAMES = names_in_stub(__file__)
__all__ = sorted(_NAMES)
__getattr__ = lazy_getattr(__name__, _NAMES)
