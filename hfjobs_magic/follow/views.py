"""Which pages show a list, as far as they say so."""

from __future__ import annotations

import threading

MAX_VIEWS = 50
"""Views of one table that are remembered."""

SILENCE_SHARE = 10
"""The longer no page has spoken, the rarer the looks: never sooner than a tenth of the silence."""


class Views:
    """Views of one table that are on the screen. A page says so again and again: one that is gone says nothing.

    Parameters
    ----------
    silence
        Seconds after which a view that has said nothing is taken to be gone.
    """

    def __init__(self, silence: float) -> None:
        self._silence = silence
        self._lock = threading.Lock()
        self._heard: dict[str, float] = {}
        """View -> when it last said that it is on the screen, on the monotonic clock."""

    def hear(self, view: str, now: float, *, visible: bool) -> None:
        """Note that a view is on the screen, or that it is not any more."""
        with self._lock:
            if not visible:
                self._heard.pop(view, None)
            elif view in self._heard or len(self._heard) < MAX_VIEWS:
                self._heard[view] = now

    def last_sign_at(self, now: float) -> float | None:
        """Return when a view last spoke; None where none is on the screen."""
        with self._lock:
            self._heard = {view: at for view, at in self._heard.items() if now - at < self._silence}
            return max(self._heard.values(), default=None)

    def pace(self, every: float, now: float) -> float | None:
        """Return the time between two looks, `every` at least and more in silence; None while none is on the screen."""
        newest = self.last_sign_at(now)
        return None if newest is None else max(every, (now - newest) / SILENCE_SHARE)

    def predict_end(self, now: float) -> float | None:
        """Return when the last view is taken to be gone if it stays silent; None where none is on the screen."""
        newest = self.last_sign_at(now)
        return None if newest is None else newest + self._silence
