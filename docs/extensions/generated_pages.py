"""Write the pages that are made from code and tables into `reference/generated`."""

from pathlib import Path

from api_pages import api_pages
from cli_pages import cli_page
from config_pages import config_page
from sphinx.application import Sphinx
from table_pages import mouse_page, tables_page


def pages() -> dict[str, str]:
    """Return all pages as Markdown, by their path without ending."""
    return {
        "commands": cli_page(),
        "settings": config_page(),
        "tables": tables_page(),
        "mouse": mouse_page(),
        **api_pages(),
    }


def write_pages(app: Sphinx) -> None:
    """Write those pages that changed, and remove those that there are no more."""
    folder = Path(app.srcdir) / "reference" / "generated"
    wanted = {folder / f"{name}.md": text for name, text in pages().items()}
    for path, text in wanted.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in folder.rglob("*.md"):
        if path not in wanted:
            path.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the writing of pages before documents are looked for."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
