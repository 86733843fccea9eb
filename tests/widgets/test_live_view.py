"""What the widgets have in common."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.widgets.card import JobCard
from hfjobs_magic.widgets.scheduled import ScheduledCard
from hfjobs_magic.widgets.table import JobsTable

if TYPE_CHECKING:
    from collections.abc import Callable


class Interrupted:
    """What is to be shown, and Ctrl-C while a view of it is made."""

    def __getattr__(self, name: str) -> Any:
        raise KeyboardInterrupt(name)


@pytest.mark.parametrize(
    "make",
    [JobCard, ScheduledCard, lambda shown: JobsTable(shown, None, empty="", prices={})],
    ids=["card", "schedule", "table"],
)
def test_a_view_that_was_interrupted_while_it_was_made_ends_without_a_word(make: Callable[[Any], Any]):
    with pytest.raises(KeyboardInterrupt):
        make(Interrupted())
    # An error in a finalizer is a warning, and warnings are errors here.
    gc.collect()
