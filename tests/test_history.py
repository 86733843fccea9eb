"""What was submitted in this session: newest first, and bounded."""

from __future__ import annotations

from dataclasses import replace

from hfjobs_magic import history
from hfjobs_magic.options import RunOptions
from tests.fakes import FACTS


def test_jobs_are_remembered_newest_first_and_no_more_than_a_menu_holds():
    history.forget()
    for number in range(history.REMEMBERED_JOBS + 5):
        history.remember(replace(FACTS, id=str(number)), RunOptions())
    found = history.submitted()
    assert len(found) == history.REMEMBERED_JOBS
    assert found[0].facts.id == str(history.REMEMBERED_JOBS + 4)
    history.forget()
    assert history.submitted() == ()
