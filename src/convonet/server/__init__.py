"""The server: the same work over HTTP, for the page, the window elsewhere and programs. Loads no keras."""
