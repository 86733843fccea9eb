"""What the widgets have in common: the page's side, what is saved of them, and an end that fits how far they came."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import anywidget

from hfjobs_magic.widgets.bundle import bundle_file

if TYPE_CHECKING:
    from hfjobs_magic.widgets.twin import Twin


class LiveView(anywidget.AnyWidget):
    """A widget of a job, a schedule or a table. All traits are set by its pump; a page never sets one."""

    _esm = bundle_file("index.js")
    _css = bundle_file("index.css")

    _is_made = False
    """Whether all is there that `close` ends; an interrupt may come while a view is made. Set behind that."""

    @abstractmethod
    def twin(self) -> Twin:
        """Return what is saved of it."""

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        made = super()._repr_mimebundle_(**kwargs)
        data, metadata = made if isinstance(made, tuple) else (made or {}, {})
        twin = self.twin()
        return {**data, "text/plain": twin.text, "text/html": twin.html}, metadata

    def __del__(self) -> None:
        if self._is_made:
            super().__del__()
