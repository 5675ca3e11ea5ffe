"""Worker processes: each takes up one run and ends."""

from convonet.own_process import import_quickly

import_quickly()
