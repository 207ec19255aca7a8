"""Show cells that begin with a magic as what a reader types: a shell's line, or a file."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

SHELL = "%%bash\n"
FILE = re.compile(r"%%writefile (\S+\.(\w+))\n")


class ShellCells(SphinxPostTransform):
    """Take the magic off the text of a cell and colour it as what it is."""

    default_priority = 5

    def run(self, **_: Any) -> None:  # noqa: ANN401
        """Change the document's cells."""
        for block in self.document.findall(nodes.literal_block):
            text = block.astext()
            file = FILE.match(text)
            if text.startswith(SHELL):
                _show(block, text.removeprefix(SHELL), "bash")
            elif file:
                _show(block, f"# {file[1]}\n{text[file.end() :]}", file[2])


def _show(block: nodes.literal_block, text: str, language: str) -> None:
    block.rawsource = text
    block.children = [nodes.Text(text)]
    block["language"] = language


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transform."""
    app.add_post_transform(ShellCells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
