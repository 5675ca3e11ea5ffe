"""Imported once, by the server that trainers are forked from: keras, and what has been made stays."""

import gc

from convonet.own_process import import_quickly

import_quickly()

import convonet.tuning.fold_training  # noqa: E402, F401

# A look for garbage would go through all of it again, and copy the pages that trainers share.
gc.freeze()
