"""How a job and its outputs show themselves at the end of a cell: the one way from the API up to what displays it."""

from __future__ import annotations

from typing import Any


class Displayable:
    """What shows itself where a cell ends with it."""

    def _ipython_display_(self) -> None:
        """Show what a Jupyter kernel displays for it; a terminal shows the repr of what has a card."""
        from hfjobs_magic.widgets import display  # noqa: PLC0415 - widgets are slow to import

        display.show_at_end_of_cell(self)


class Handle(Displayable):
    """What a notebook shows as a card: a job, a schedule, a sweep."""

    def _display_(self) -> Any:
        """Show the card where marimo displays it; a new one each time: a cell that runs again closes its own."""
        from hfjobs_magic.widgets import display  # noqa: PLC0415 - as above

        self._card = display.make_card(self)
        return self._card
