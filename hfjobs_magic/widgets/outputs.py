"""Outputs of a job, as ordinary outputs of the cell that shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.display import display

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hfjobs_magic.exchange.outputs import Output


def show_outputs(outputs: Iterable[Output]) -> None:
    """Display each; an error is its traceback, as text."""
    for item in outputs:
        if item.data:
            data, metadata = item._repr_mimebundle_()
            display(data, metadata=metadata, raw=True)
