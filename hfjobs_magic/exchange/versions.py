"""The version of what a job writes of its values and files: one that this package does not know is newer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1

NEWER = "was written by a newer version of hfjobs-magic; upgrade it here: %pip install -U hfjobs-magic"
"""What is said of it, as a clause of which it is the subject."""


def is_of_newer(record: Mapping[str, Any]) -> bool:
    """Return whether a newer version has written a record."""
    version = record.get("version")
    return type(version) is int and version > VERSION
