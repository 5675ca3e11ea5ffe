"""Configuration of the documentation site, which `make docs` builds with Sphinx.

Why Sphinx with MyST and Furo: all three are maintained, the pages stay plain Markdown that any forge renders, broken
links are errors, and the search is an index in the site itself, so it works from a local folder without a network.
MkDocs has had no release since August 2024, and its usual theme only gets fixes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from convonet._version import __version__

project = "Convonet"
author = "the authors of Convonet"
release = version = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
# Headings down to this level can be linked to as page.md#heading, as on a forge.
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"Convonet {__version__}"
html_static_path = ["_static"]
html_css_files = ["convonet.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
# Furo's edit and view buttons would need the address of a repository.
html_theme_options = {"top_of_page_buttons": []}
