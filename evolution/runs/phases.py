"""Phases of a search: smaller or coarser searches whose best rules are where it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from nestml_models.common import StrictModel

__all__ = ["PhaseConfig", "merged_settings"]


class PhaseConfig(StrictModel):
    """A search that comes before: the search's own settings, but for those given here."""

    name: str = Field(
        "coarse", pattern=r"^[a-z][a-z0-9_-]*$", description="its folder within `phases`"
    )
    settings: dict[str, Any] = Field(
        default_factory=dict,
        description="settings that replace those of the search, such as neurons, generations, "
        "algorithm or protocol; mappings are merged",
    )
    carry: int = Field(
        4, ge=1, le=100, description="rules of its front with which what follows starts"
    )

    @field_validator("settings")
    @classmethod
    def _has_no_phases(cls, value: dict[str, Any]) -> dict[str, Any]:
        if "schedule" in value:
            raise ValueError("a phase cannot have a schedule of its own; list its phases before it")
        return value


def merged_settings(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with changes; mappings within them are merged, other values replaced."""
    result = dict(settings)
    for key, value in changes.items():
        old = result.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            result[key] = merged_settings(old, value)
        else:
            result[key] = value
    return result
