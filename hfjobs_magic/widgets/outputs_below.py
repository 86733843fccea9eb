"""What a job's cell shows, as ordinary outputs of the notebook's cell that started it, while the job runs and after.

So the front end draws them, charts and formulas too, and whoever opens the saved notebook has them without a widget.
They come when that cell has long ended: JupyterLab and Notebook 7 put what names a cell as its parent below that cell
for as long as the page is open. Elsewhere they do not arrive, and the card has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.views.safe_output import make_safe
from hfjobs_magic.widgets.outputs import error_content

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.exchange.outputs import Output
    from hfjobs_magic.follow.follower import Follower

_BLANK = {"data": {"text/plain": ""}, "metadata": {}}
"""In the place of an output that was taken away: a message that clears would clear the card, too."""


class OutputsBelow:
    """Places below a cell, each with a display id, by which what is shown in it is replaced.

    Parameters
    ----------
    follower
        Has the outputs.
    send
        Sends a message of a type with a content, as one of the cell's.
    trusted
        Whether the job's scripts may run in the notebook.
    errors
        Whether errors are shown; whoever waits for the job raises them.
    """

    def __init__(
        self, follower: Follower, send: Callable[[str, dict[str, Any]], None], *, errors: bool, trusted: bool
    ) -> None:
        self._follower, self._send, self._errors, self._trusted = follower, send, errors, trusted
        self._places: list[tuple[int, int] | None] = []
        """Number and revision of the output in each place; None for a blank one."""
        self._raised: set[int] = set()
        """Numbers of errors that were shown."""

    def show(self) -> None:
        """Show what is new; called by the pump."""
        outputs = self._follower.shown.outputs
        plain = [item for item in outputs if item.kind != "error"]
        for at, item in enumerate(plain):
            self._place(at, item)
        for at in range(len(plain), len(self._places)):
            self._place(at, None)
        facts = self._follower.entry.facts
        if facts.attempts > 1 and not facts.is_terminal:
            return  # the next attempt may go well, and an error cannot be taken back
        for item in outputs:
            if item.kind == "error" and self._errors and item.number not in self._raised:
                self._raised.add(item.number)
                self._send("error", error_content(item))

    def _place(self, at: int, item: Output | None) -> None:
        what = (item.number, item.revision) if item else None
        is_new = at == len(self._places)
        if is_new:
            self._places.append(None)
        elif self._places[at] == what:
            return
        self._places[at] = what
        content = _BLANK
        if item is not None:
            content = {"data": item.data if self._trusted else make_safe(item.data), "metadata": item.metadata}
        transient = {"display_id": f"hfjob-{self._follower.job_id}-{id(self):x}-{at}"}
        self._send("display_data" if is_new else "update_display_data", {**content, "transient": transient})


def show_outputs_below(follower: Follower, shell: Any, *, errors: bool, trusted: bool) -> bool:
    """Show what the job shows below the cell that runs now; whether this kernel can do so."""
    publisher = shell.display_pub
    if not follower.entry.facts.folder or not hasattr(publisher, "pub_socket"):
        return False
    parent = shell.kernel.get_parent("shell")

    def send(kind: str, content: dict[str, Any]) -> None:
        # Not through `display`: before ipykernel 7 that would name the cell that runs at the moment.
        publisher.session.send(publisher.pub_socket, kind, content, parent=parent, ident=publisher.topic)

    below = OutputsBelow(follower, send, errors=errors, trusted=trusted)
    follower.use(below)
    follower.listen(below.show)
    return True
