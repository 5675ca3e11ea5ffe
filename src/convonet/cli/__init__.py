"""The command line: parses, calls one function of the core, prints or gives JSON."""

from __future__ import annotations


def main() -> None:
    """The `convonet` command."""
    # The process is set up before anything large is loaded.
    from convonet.own_process import end_at_once, import_quickly

    import_quickly()
    end_at_once()
    # After that, since it is what is loaded.
    from convonet.cli.app import run

    run()
