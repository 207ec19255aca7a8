"""The gallery: a page and a notebook of each script in `examples/`, and an index with pictures.

Scripts are run by the tests, not here. The picture of each is what it draws, stored under
`docs/images/gallery` (`python docs/extensions/gallery.py NAME` runs the script and renews it).
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PICTURES = ROOT / "docs" / "images" / "gallery"
FIRST = ("first_spikes", "validate_spikes", "compiled_rule", "change_detection")
"""Examples that come first; the others follow by name."""


@dataclass(frozen=True)
class Example:
    """A script: its name, what it says of itself, and its cells as pairs of title and code."""

    name: str
    title: str
    cells: tuple[tuple[str, str], ...]

    @property
    def uses(self) -> list[str]:
        """Names of `v1cortex` in the code."""
        return sorted({name for _, code in self.cells for name in re.findall(r"v1c\.\w+", code)})

    def page(self) -> str:
        """Return the page as Markdown."""
        parts = [
            f"# {self.title}",
            f"```{{image}} ../images/gallery/{self.name}.png\n:alt: what the script draws\n```",
            f"Download: {{download}}`script <../../examples/{self.name}.py>`, "
            f"{{download}}`notebook <{self.name}.ipynb>`. In the reference: "
            f"{', '.join(f'`{name}`' for name in self.uses)}.",
        ]
        for title, code in self.cells:
            parts += [f"## {title}"] * bool(title) + [f"```python\n{code}\n```"]
        return "\n\n".join(parts) + "\n"

    def notebook(self) -> str:
        """Return the notebook, the same text at each build."""
        from nbformat import v4, writes

        cells = [v4.new_markdown_cell(f"# {self.title}")]
        for title, code in self.cells:
            cells += [v4.new_markdown_cell(f"## {title}")] * bool(title) + [v4.new_code_cell(code)]
        for k, cell in enumerate(cells):
            cell["id"] = f"{self.name}-{k}".replace("_", "-")
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        return str(writes(v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}))) + "\n"

    def card(self) -> str:
        """Return its paragraph in the index."""
        page, picture = f"{self.name}.md", f"../images/gallery/{self.name}.png"
        return f"[![]({picture}) {self.title}]({page})"


def examples() -> list[Example]:
    """Read all scripts."""
    paths = sorted(EXAMPLES.glob("*.py"), key=lambda path: (_place(path.stem), path.stem))
    return [_read(path) for path in paths]


def files() -> dict[str, str]:
    """Return the text of each file of the gallery by its name."""
    found = examples()
    index = [
        "# Gallery of examples",
        "Short scripts to start from. Each can be downloaded as a script and as a notebook.",
        "::::{container} doors gallery",
        *(each.card() for each in found),
        "::::",
        ":::{toctree}\n:hidden:\n\n" + "\n".join(each.name for each in found) + "\n:::",
    ]
    return {
        "index.md": "\n\n".join(index) + "\n",
        **{f"{each.name}.md": each.page() for each in found},
        **{f"{each.name}.ipynb": each.notebook() for each in found},
    }


def write_gallery(app: Any) -> None:  # noqa: ANN401
    """Write those files that changed, and remove those that there are no more."""
    folder = Path(app.srcdir) / "gallery"
    folder.mkdir(exist_ok=True)
    wanted = files()
    for name, text in wanted.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink()


def draw(script: Path) -> None:
    """Run a script in a folder of its own, and store the picture that it draws."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
        subprocess.run([sys.executable, script], cwd=folder, env=environment, check=True)
        picture = Path(folder) / f"{script.stem}.png"
        (PICTURES / picture.name).write_bytes(picture.read_bytes())


def _place(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _read(path: Path) -> Example:
    text = path.read_text(encoding="utf-8")
    title = (ast.get_docstring(ast.parse(text)) or path.stem).split("\n")[0].rstrip(".")
    cells = jupytext.reads(text.split('"""', 2)[2], fmt="py:percent").cells
    pairs = ((cell.metadata.get("title", ""), cell.source.strip()) for cell in cells)
    return Example(path.stem, title, tuple((name, code) for name, code in pairs if code))


def setup(app: Any) -> dict[str, bool]:  # noqa: ANN401
    """Register the writing of pages before documents are looked for."""
    app.connect("builder-inited", write_gallery)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    for name in sys.argv[1:] or [path.stem for path in sorted(EXAMPLES.glob("*.py"))]:
        draw(EXAMPLES / f"{name}.py")
