"""The command line: parses, calls one function of the core, prints or gives JSON."""

from __future__ import annotations


def main() -> None:
    """The `convonet` command."""
    from convonet.cli.app import run
    from convonet.own_process import end_at_once

    end_at_once()
    run()
