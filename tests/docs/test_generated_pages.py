"""The pages generated from code and tables are complete, and contain nothing else."""

import csv
import re

import pytest
import typer
from api_pages import PACKAGES, api_pages, public_modules
from cli_pages import cli_page
from config_pages import config_page
from table_pages import MODEL, MOUSE, mouse_page, tables_page

from evolution.runs import EvolveConfig
from v1cortex.commands.cli import app
from v1cortex.evaluation import Protocol


def test_every_command_and_option_is_on_the_page():
    page = cli_page()
    root = typer.main.get_command(app)
    context = typer.Context(root, info_name="v1cortex")
    names = root.list_commands(context)
    assert len(names) >= 13
    for name in names:
        command = root.get_command(context, name)
        assert f"`v1cortex {name}`" in page
        for inner in getattr(command, "commands", {}):
            assert f"`v1cortex {name} {inner}`" in page
    for option in ("--neurons", "--circuit", "--resume", "--rule"):
        assert option in page
    for line in page.splitlines():
        if line.startswith("| "):
            assert len(re.split(r"(?<!\\)\|", line)) == 4, line


def test_every_setting_is_on_the_page_with_its_default():
    page = config_page()
    for model in (EvolveConfig, Protocol):
        for name in model.model_fields:
            assert f"| `{name}` |" in page
    assert "| `contrast`" not in page
    assert re.search(r"\| `population_size` \| `40` \|", page)
    assert re.search(r"\| `training_trials` \| `100` \| int, >= 0 \|", page)
    assert "none" not in re.findall(r"\| `score` \| (\S+)", page)


@pytest.mark.parametrize(("page", "folder"), [(tables_page, MODEL), (mouse_page, MOUSE)])
def test_every_table_is_shown_with_its_rows_and_source(page, folder):
    text = page()
    for path in folder.glob("*.csv"):
        section = text.split(f"## {path.name}\n")[1].split("\n## ")[0]
        with path.open(newline="") as file:
            rows = list(csv.reader(file))
        assert f"{len(rows) - 1} rows" in section
        shown = [line for line in section.splitlines() if line.startswith("| ")]
        assert len(shown) >= len(rows) + 1
        assert rows[-1][0] in shown[-1]


def test_every_public_module_has_a_page():
    pages = api_pages()
    for package in PACKAGES:
        modules = list(public_modules(package))
        assert len(modules) > 8
        for name in modules:
            assert f"api/{package}/{name}" in pages
            assert f"[{name}]({name}.md)" in pages[f"api/{package}/index"]
    assert "v1cortex.circuit.circuit" in "".join(pages)
    assert "v1cortex.commands.build" not in "".join(pages)
