"""Configuration of the documentation: `make docs` builds it with warnings as errors."""

import atexit
import os
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS / "extensions"), str(DOCS.parent)]

from inventories import write_inventories  # noqa: E402

os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

# IPython keeps its history and reads what to run first in a folder of its own.
PROFILE = Path(tempfile.mkdtemp(prefix="v1cortex-docs-"))
atexit.register(shutil.rmtree, PROFILE, ignore_errors=True)
(PROFILE / "profile_default" / "startup").mkdir(parents=True)
shutil.copy(DOCS / "extensions" / "kernel_startup.py", PROFILE / "profile_default" / "startup")
os.environ["IPYTHONDIR"] = str(PROFILE)

project = "v1cortex"
author = "The v1cortex developers"
copyright = author
release = metadata.version("v1cortex")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinxcontrib.bibtex",
    "sphinx_copybutton",
    "announced_runs",
    "code_links",
    "gallery",
    "generated_pages",
    "mathml",
    "shell_cells",
    "signatures",
]
exclude_patterns = ["build", "images", "gallery/*.ipynb", "**.ipynb_checkpoints"]
suppress_warnings = ["bibtex.missing_field"]

# Tutorials run while the site is built; DOCS_EXECUTE=cache runs only those whose text changed.
# DOCS_EXECUTE=off builds the site without them, in a fraction of the time.
nb_execution_mode = os.environ.get("DOCS_EXECUTE", "force")
if nb_execution_mode == "off":
    suppress_warnings.append("myst-nb.lexer")  # known from the kernel
nb_execution_cache_path = str(DOCS / "build" / ".jupyter_cache")
nb_execution_in_temp = True
nb_execution_timeout = 900
nb_execution_raise_on_error = True
nb_output_stderr = "remove"  # progress of long work; errors end the build
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

intersphinx_mapping = write_inventories(PROFILE)

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_preprocess_types = False
default_role = "py:obj"
python_maximum_signature_line_length = 88

bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "unsrt"
bibtex_reference_style = "author_year"

html_theme = "furo"
html_title = "v1cortex"  # the version stands below it
html_static_path = ["static"]
templates_path = ["templates"]
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/versions.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
# Versions built next to this one, such as DOCS_VERSIONS="0.1.0 0.2.0": folders of these names.
CHANGES = (DOCS.parent / "CHANGELOG.md").read_text(encoding="utf-8")
html_context = {
    "unreleased": f"## {release} (unreleased)" in CHANGES,
    "versions": os.environ.get("DOCS_VERSIONS", "").split(),
}
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
copybutton_exclude = ".linenos, .gp, .go"
linkcheck_ignore = [r"https?://.*"]  # offline: links within the site and to files only


def _without_source(_app: Sphinx, env: BuildEnvironment) -> None:
    """Leave modules that have no source, such as `builtins`, out of the index of sources."""
    modules = getattr(env, "_viewcode_modules", {})
    for name in [name for name, entry in modules.items() if entry is False]:
        del modules[name]


def setup(app: Sphinx) -> None:
    """Register what this file defines."""
    app.connect("env-updated", _without_source)
