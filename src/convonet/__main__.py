"""`python -m convonet` is the `convonet` command."""

import os
import sys

# Python has put the current folder first: a file `random.py` beside the images would be run in place of Python's own.
if not sys.flags.safe_path and sys.path and os.path.realpath(sys.path[0]) == os.path.realpath(os.curdir):
    del sys.path[0]

from convonet.cli import main

if __name__ == "__main__":
    main()
