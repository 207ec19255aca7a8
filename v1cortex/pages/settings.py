"""Settings on a page: the command, settings and versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nestml_models.common import dump_yaml
from v1cortex.pages.markup import Markup, copied, escape, folded, table

__all__ = ["settings_markup"]


def settings_markup(
    command: str, settings: Mapping[str, Any], versions: Mapping[str, str]
) -> Markup:
    """Return the content of a section with the command, all settings as YAML, and versions.

    Parameters
    ----------
    command
        The command that did it.
    settings
        Settings and seeds, as plain data.
    versions
        Versions of programs.
    """
    text = folded("All settings", f"<pre>{escape(dump_yaml(dict(settings)))}</pre>")
    versions_table = table(("program", "version"), list(versions.items()), "Versions")
    return Markup(f"{copied(command, 'command')}{text}{versions_table}")
