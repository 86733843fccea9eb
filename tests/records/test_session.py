"""What was submitted in this session: newest first, and bounded."""

from __future__ import annotations

from dataclasses import replace

from hfjobs_magic.options.run_options import RunOptions
from hfjobs_magic.records import session
from tests.fakes import FACTS


def test_jobs_are_remembered_newest_first_and_no_more_than_a_menu_holds():
    session.forget()
    for number in range(session.REMEMBERED_JOBS + 5):
        session.remember(replace(FACTS, id=str(number)), RunOptions())
    found = session.submitted()
    assert len(found) == session.REMEMBERED_JOBS
    assert found[0].facts.id == str(session.REMEMBERED_JOBS + 4)
    session.forget()
    assert session.submitted() == ()
