"""`ipywidgets.Output` in a job: what is shown within one can be cleared without the rest of the cell's outputs.

Each thing shown within a widget gets a display id of its own. Once the widget is cleared what comes next takes their
places, one after the other, and places that stay empty are blanked. `interact` works this way, too.
"""

from __future__ import annotations

import threading
import uuid
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from .outputs import Outputs

NAME = "ipywidgets.widgets.widget_output"

_BLANK = {"output_type": "display_data", "data": {"text/plain": ""}, "metadata": {}}


class OutputWidgets(MetaPathFinder):
    """Where outputs go, by whether a widget holds them; finds the widget's module to know.

    Parameters
    ----------
    outputs
        Takes them all.
    """

    def __init__(self, outputs: Outputs) -> None:
        self._outputs = outputs
        self._places: WeakKeyDictionary[Any, _Places] = WeakKeyDictionary()
        """By widget."""
        self._local = threading.local()

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Answer for `NAME` alone."""
        spec = PathFinder.find_spec(name, path, target) if name == NAME else None
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            self._watch(module.Output)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec

    def show(self, output: dict[str, Any], display_id: str | None) -> None:
        """Show an output."""
        places = self._current()
        if places is None:
            self._outputs.show(output, display_id)
        else:
            places.show(output, display_id)

    def update(self, output: dict[str, Any], display_id: str) -> None:
        """Show something else in the place of an output."""
        for places in list(self._places.values()):
            display_id = places.names.get(display_id, display_id)
        self._outputs.update(output, display_id)

    def clear(self, *, wait: bool) -> None:
        """Take away what the widget holds; outside of one, everything."""
        places = self._current()
        if places is None:
            self._outputs.clear(wait=wait)
        else:
            places.clear(wait=wait)

    def _current(self) -> _Places | None:
        stack = getattr(self._local, "stack", None)
        return stack[-1] if stack else None

    def _watch(self, widget: Any) -> None:
        enter, leave = widget.__enter__, widget.__exit__

        def __enter__(this: Any) -> Any:  # noqa: N807
            if not hasattr(self._local, "stack"):
                self._local.stack = []
            self._local.stack.append(self._places.setdefault(this, _Places(self._outputs)))
            return enter(this)

        def __exit__(this: Any, *error: Any) -> Any:  # noqa: N807
            try:
                return leave(this, *error)
            finally:
                self._local.stack.pop().settle()

        widget.__enter__, widget.__exit__ = __enter__, __exit__


class _Places:
    """The outputs of one widget."""

    def __init__(self, outputs: Outputs) -> None:
        self._outputs = outputs
        self._ids: list[str] = []
        self._next = 0
        """Which of them the next output takes."""
        self._filled = 0
        """How many are not blank."""
        self._clears = False
        self.names: dict[str, str] = {}
        """A program's own display id -> that of the place where it is shown."""

    def show(self, output: dict[str, Any], display_id: str | None) -> None:
        if self._clears:
            self._clears, self._next = False, 0
        if not all(self._outputs.has(place) for place in self._ids):
            self._ids, self._next = [], 0  # all outputs of the cell were cleared meanwhile
        if self._next < len(self._ids):
            place = self._ids[self._next]
            self._outputs.update(output, place)
        else:
            place = uuid.uuid4().hex
            self._ids.append(place)
            self._outputs.show(output, place)
        if display_id:
            self.names[display_id] = place
        self._next += 1
        self._filled = max(self._filled, self._next)

    def clear(self, *, wait: bool) -> None:
        self._clears = wait
        if not wait:
            self._next = 0

    def settle(self) -> None:
        """Blank the places that nothing has taken, when the widget is left."""
        if not self._clears:
            for place in self._ids[self._next : self._filled]:
                self._outputs.update(_BLANK, place)
            self._filled = self._next
