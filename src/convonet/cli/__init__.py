"""The command line: parses, calls one function of the core, prints or gives JSON."""

from __future__ import annotations


def main() -> None:
    """The `convonet` command."""
    from convonet.own_process import end_at_once, import_quickly

    import_quickly()
    end_at_once()
    from convonet.cli.app import run

    run()
