"""Lines as the magic reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.options.layers import Layer, resolve
from hfjobs_magic.options.line import read_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hfjobs_magic.options.run_options import RunOptions


def options_of(line: str, names: Mapping[str, Any] | None = None) -> RunOptions:
    """Return the options that a line asks for, with nothing set elsewhere."""
    return resolve([Layer("line", read_line(line, names))])
