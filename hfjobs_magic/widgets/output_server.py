"""What a page gets of a job's outputs: a list of them as a trait, and each in a message of its own.

Trait ``outputs``: ``[{"number", "line", "revision", "label"}]``, where ``line`` is the line of the log where it
appeared, or null, and ``revision`` grows when it is brought up to date; number 0 is of a line whose output the cell has
cleared.

Messages to the page: ``{"type": "output", "number", "revision", "kind", "mime", "text", "note"}``; small ones come by
themselves, so that a page sees them while the kernel is busy, others when it asks: ``{"type": "outputs", "numbers"}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.views.output import draw

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.exchange.outputs import Output
    from hfjobs_magic.follow.follower import Follower

PUSHED_BYTES = 1_000_000
"""Largest output that is sent to a page that has not asked for it."""

ASKED = 200
"""Most outputs of one question, as many as a cell may show."""


MAX_CLEARED = 500
"""Lines of outputs that were cleared which a page is told of, the newest: a loop may clear thousands."""


class OutputServer:
    """Sends outputs, from the pump only.

    Parameters
    ----------
    follower
        Has them.
    send
        Sends a message to all pages.
    """

    def __init__(self, follower: Follower, send: Callable[[dict[str, Any]], None]) -> None:
        self._follower = follower
        self._send = send
        self._sent: dict[int, int] = {}
        """Number of an output -> its revision that was sent."""

    def trait(self) -> list[dict[str, Any]]:
        """Write the list of what is shown, and of lines of what no longer is."""
        shown = self._follower.shown
        listed = [
            {
                "number": item.number,
                "line": shown.lines.get(item.number),
                "revision": item.revision,
                "label": shown.label(item),
            }
            for item in shown.outputs
            if item.is_seen
        ]
        cleared = shown.cleared_lines[-MAX_CLEARED:]
        return [*listed, *({"number": 0, "line": line, "revision": 0, "label": ""} for line in cleared)]

    def push(self) -> None:
        """Send what is new and small."""
        for item in self._follower.shown.outputs:
            if item.is_seen and self._sent.get(item.number) != item.revision:
                self._sent[item.number] = item.revision
                if item.size <= PUSHED_BYTES:
                    self._send_one(item)

    def answer(self, asked: dict[str, Any]) -> None:
        """Answer a page that asks for some. Returns at once."""
        numbers = asked.get("numbers")
        if isinstance(numbers, list):
            wanted = {number for number in numbers[:ASKED] if isinstance(number, int)}
            self._follower.do(lambda: self._send_all(wanted))

    def _send_all(self, wanted: set[int]) -> None:
        for item in self._follower.shown.outputs:
            if item.number in wanted:
                self._send_one(item)

    def _send_one(self, item: Output) -> None:
        drawing = draw(item.data)
        self._send(
            {
                "type": "output",
                "number": item.number,
                "revision": item.revision,
                "kind": item.kind,
                "mime": drawing.mime,
                "text": drawing.text,
                "note": drawing.note,
            }
        )
