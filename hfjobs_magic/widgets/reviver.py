"""What hears of a page which cards and tables of an earlier kernel it shows.

A page that has the model looks for them, now and whenever one is lost (js/src/ui/twins.ts). Message of the page:
``{"type": "revive", "view", "id", "local", "namespace", "line"}``; see `hfjobs_magic.magics.revival.revive`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from hfjobs_magic.widgets.bundle import bundle_file
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

VIEWS = frozenset({"card", "table", "scheduled"})
"""What can be revived."""


class Reviver(anywidget.AnyWidget):
    """A widget that is not displayed.

    Parameters
    ----------
    revive
        Called on a thread of its own with the kind of a view, its id, and what else is known of it.
    """

    _esm = bundle_file("index.js")

    view = traitlets.Unicode("reviver").tag(sync=True)

    def __init__(self, revive: Callable[[str, str, dict[str, Any]], None]) -> None:
        self._revive = revive
        self._worker = Worker("hfjobs-reviver")
        super().__init__()
        self.on_msg(self._on_message)

    def close(self) -> None:
        """Revive nothing more."""
        self._worker.stop()
        super().close()

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        # Handlers may come late and on another thread: they only enqueue.
        if not isinstance(content, dict) or content.get("type") != "revive" or content.get("view") not in VIEWS:
            return
        view, view_id = str(content["view"]), str(content.get("id"))
        more = {name: str(content.get(name) or "") for name in ("namespace", "line")}
        local = content.get("local") is True
        self._worker.do(view_id, lambda: self._revive(view, view_id, {**more, "local": local}))
