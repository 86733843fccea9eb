"""Where in a log that is sent from its start once more the lines are that are not here yet.

Each connection to a job's log replays it from the first line the Hub still has. As a rule that is the
first of all, and what is here is skipped by count. Where the Hub has forgotten the oldest lines the
replay begins later: then the newest lines that are here are looked for in it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

EDGE_LINES = 50
"""Lines compared at the start of a replay and at the end of what is here, and asked for by the watchdog."""

GAP = "\u22ef lines are missing here: the Hub no longer had them when the stream was opened again"
"""What stands in the log for lines that nobody has any more. Nothing on the wire says how many they were."""


@dataclass
class Place:
    """How far the replay of a log is here."""

    count: int = 0
    """Lines of the replay that are here."""
    head: list[str] = field(default_factory=list)
    """The first lines of the replay."""
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=EDGE_LINES))
    """The newest lines that are here."""

    def advance(self, lines: Sequence[str]) -> None:
        """Take note of lines that followed."""
        if len(self.head) == self.count < EDGE_LINES:
            self.head.extend(islice(lines, EDGE_LINES - self.count))
        self.count += len(lines)
        self.recent.extend(lines[-EDGE_LINES:])

    def agrees(self, index: int, line: str) -> bool:
        """Whether line `index` of a replay, one of the first `count`, is what it was, as far as that is known."""
        if index < len(self.head):
            return line == self.head[index]
        late = index - self.count + len(self.recent)
        return late < 0 or line == self.recent[late]

    def is_behind(self, tail: Sequence[str]) -> bool:
        """Whether the newest lines of the log, as the Hub tells them, are not those that are here."""
        common = min(len(tail), len(self.recent))
        if len(tail) > len(self.recent) == self.count:
            return True
        return list(tail[-common:] if common else ()) != list(self.recent)[-common:] if common else bool(tail)

    def find_in(self, replay: Sequence[str], dropped: int = 0) -> tuple[Place, int, bool]:
        """Find this place in a replay that begins later, given but for its first `dropped` lines.

        Returns
        -------
        place
            The same in terms of that replay; the lines from `start` on are to be taken after it.
        start
            Where in `replay` the lines begin that are not here.
        gap
            Whether lines are missing before them.
        """
        start = continuation(list(self.recent), replay, self.count - dropped)
        if start is None:
            return Place(count=dropped), 0, True
        head = list(replay[: min(start, EDGE_LINES)]) if not dropped else []
        return Place(dropped + start, head, self.recent.copy()), start, False


def continuation(recent: Sequence[str], replay: Sequence[str], most: int) -> int | None:
    """Index in `replay` after the lines `recent`, at most `most`; None where none of them is there.

    The replay may begin in the middle of them. Of several places the last is taken.

    >>> continuation(["b", "c"], ["a", "b", "c", "d"], 9)
    3
    >>> continuation(["a", "b"], ["b", "c"], 9)
    1
    >>> continuation(["a", "b"], ["c", "d"], 9)
    """
    wanted, last = list(recent), recent[-1] if recent else None
    for end in range(min(most, len(replay)), 0, -1):
        if replay[end - 1] == last and list(replay[max(0, end - len(wanted)) : end]) == wanted[-end:]:
            return end
    return None
