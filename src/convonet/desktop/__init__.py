"""The window: the only room with PySide6. It shows a Session, and works through worker processes."""

from convonet.own_process import import_quickly

import_quickly()
