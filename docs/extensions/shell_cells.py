"""Show cells that begin with `%%bash` as what a reader types into a shell."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

MAGIC = "%%bash\n"


class ShellCells(SphinxPostTransform):
    """Take the magic off the text of a cell and colour it as shell."""

    default_priority = 5

    def run(self, **_: Any) -> None:  # noqa: ANN401
        """Change the document's cells."""
        for block in self.document.findall(nodes.literal_block):
            if block.rawsource.startswith(MAGIC) or block.astext().startswith(MAGIC):
                text = block.astext().removeprefix(MAGIC)
                block.rawsource = text
                block.children = [nodes.Text(text)]
                block["language"] = "bash"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transform."""
    app.add_post_transform(ShellCells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
