"""Networks that Keras 2 saved: read from their configuration, built anew, filled by name and shape.

Keras 3 opens only some of these files: nested networks get two inputs, and parameters that it no longer knows stop
it. Only layers of an allow-list are built, and nothing in a file is run.
"""

from convonet.nets.keras2.opening import open_keras2

__all__ = ["open_keras2"]
