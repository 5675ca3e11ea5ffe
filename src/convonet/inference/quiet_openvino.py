"""The one door to OpenVINO, with its telemetry left outside: nothing leaves the machine.

The package `openvino` reports its use over the network through `openvino_telemetry` where that is installed, from a
forked process. Hidden from it, OpenVINO takes the stub that it ships for that case.
"""

from __future__ import annotations

import sys
from typing import Any


def openvino() -> Any:
    """The package, imported now if nobody has imported it yet.

    Raises:
        ImportError: it is not installed.
    """
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    # After that line: the package sends a report when it is imported and finds its telemetry.
    import openvino as package

    return package
