"""How a job shows itself at the end of a cell: the one way from the API up to what displays it."""

from __future__ import annotations

from typing import Any


class Displayable:
    """A handle that a notebook shows as its card."""

    def _ipython_display_(self) -> None:
        """Show the card where a Jupyter kernel displays the handle; a terminal shows its repr."""
        from hfjobs_magic.widgets import display  # noqa: PLC0415 - widgets are slow to import

        display.show_at_end_of_cell(self)

    def _display_(self) -> Any:
        """Show the card where marimo displays it; a new one each time: a cell that runs again closes its own."""
        from hfjobs_magic.widgets import display  # noqa: PLC0415 - as above

        self._card = display.make_card(self)
        return self._card
