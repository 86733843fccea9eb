"""What the widgets have in common: the page's side, what is saved of them, and an end that fits how far they came.

Messages of the page to each of them: those of `hfjobs_magic.widgets.pulse` and `outbox`, and ``{"type": "announce",
"id"}`` of a page that lacks the model of a job's card.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import anywidget

from hfjobs_magic.widgets.bundle import bundle_file
from hfjobs_magic.widgets.outbox import Outbox
from hfjobs_magic.widgets.subshell import allow_subshells, answer, is_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hfjobs_magic.widgets.pulse import Pulse
    from hfjobs_magic.widgets.twin import Twin

PROTOCOL_VERSION = "2.1.0"
"""Of the messages of widgets, as ipywidgets 7.7 and 8 send it when a comm opens."""


class LiveView(anywidget.AnyWidget):
    """A widget of a job, a schedule or a table. All traits are set by its pump; a page never sets one."""

    _esm = bundle_file("index.js")
    _css = bundle_file("index.css")

    _is_made = False
    """Whether all is there that `close` ends; an interrupt may come while a view is made. Set behind that."""

    _pulse: Pulse
    """Its signs of life."""

    def __init__(self, **traits: Any) -> None:
        self._outbox = Outbox()
        super().__init__(**traits)
        allow_subshells(self.comm)
        self.on_msg(self._on_message)
        self._pulse.start()

    @abstractmethod
    def twin(self) -> Twin:
        """Return what is saved of it."""

    @abstractmethod
    def _take(self, content: dict[str, Any]) -> None:
        """Take a message of a page. It may come late and on another thread: it is only enqueued."""

    def _cards(self) -> Mapping[str, LiveView]:
        """Return the cards that are shown in it, by their job's id."""
        return {}

    def announce(self) -> None:
        """Open its comm once more: a page missed it."""
        for widget in (self.layout, self):
            # marimo reads from the data that this is an opening.
            data = {"state": widget.get_state(), "buffer_paths": [], "method": "open"}
            widget.comm.open(data=data, metadata={"version": PROTOCOL_VERSION}, buffers=[])

    def adopt(self, card: LiveView) -> None:
        """Let a card that this view has made reach the page, whatever thread it was made on.

        marimo binds a comm to the session of its thread, and those of ours have none: what they open goes nowhere.
        """
        stream = getattr(self.comm, "_stream", None)
        if stream is None:
            return
        for widget in (card.layout, card):
            widget.comm._stream, widget.comm._mode = stream, self.comm._mode  # noqa: SLF001 - there is no other way
        card.announce()

    def send(self, content: dict[str, Any], buffers: Any = None) -> None:
        """Send a message to all pages."""
        if content.get("type") != "pulse" and not is_answer():
            self._outbox.post(content)
        super().send(content, buffers)

    def send_state(self, key: str | Iterable[str] | None = None) -> None:
        """Send traits to all pages."""
        if not is_answer():
            self._outbox.change([key] if isinstance(key, str) else list(self.keys if key is None else key))
        super().send_state(key)

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if not isinstance(content, dict):
            return
        self._pulse.hear()
        kind = content.get("type")
        if kind == "poll":
            seen = content.get("seen")
            self._answer_poll(seen if isinstance(seen, int) else -1)
        elif kind == "announce":
            card = self._cards().get(str(content.get("id")))
            if card is not None:
                with answer(card.comm):
                    card.announce()
        else:
            self._take(content)

    def _answer_poll(self, seen: int) -> None:
        missed = self._outbox.since(seen)
        with answer(self.comm):
            self.send_state(missed.traits)
            for message in missed.messages:
                self.send(message)
            self.send({"type": "answer", "now": self._pulse.now(), "from": seen, "seen": missed.seen})

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        made = super()._repr_mimebundle_(**kwargs)
        data, metadata = made if isinstance(made, tuple) else (made or {}, {})
        twin = self.twin()
        return {**data, "text/plain": twin.text, "text/html": twin.html}, metadata

    def __del__(self) -> None:
        if self._is_made:
            super().__del__()
