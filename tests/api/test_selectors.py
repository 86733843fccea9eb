"""How a job is named on a line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.api.attach import find_job
from hfjobs_magic.api.selectors import full_id, select
from hfjobs_magic.errors import OptionError
from tests.fakes import FACTS

if TYPE_CHECKING:
    from hfjobs_magic.facts import JobFacts

OLD = replace(FACTS, id="aaa1" + "0" * 20, name="train", stage="COMPLETED", created_at=1.0, labels={"team": "nlp"})
MIDDLE = replace(FACTS, id="aaa2" + "0" * 20, name="eval", stage="ERROR", created_at=2.0)
NEW = replace(FACTS, id="bbb1" + "0" * 20, name="train", stage="RUNNING", created_at=3.0, labels={"team": "cv"})
JOBS = [MIDDLE, NEW, OLD]


@pytest.mark.parametrize(
    ("selector", "meant"),
    [
        (OLD.id, [OLD]),
        ("me/" + OLD.id, [OLD]),
        ("aaa2", [MIDDLE]),
        ("bbb", [NEW]),
        ("train", [NEW, OLD]),
        ("@latest", [NEW]),
        ("@0", [NEW]),
        ("@1", [MIDDLE]),
        ("@2", [OLD]),
        ("@me", [NEW, MIDDLE, OLD]),
        ("@2,@0", [OLD, NEW]),
        ("@0, train, aaa2", [NEW, OLD, MIDDLE]),
        ("@status=error, completed,@latest", [MIDDLE, OLD, NEW]),
        ("@running", [NEW]),
        ("@status=ERROR", [MIDDLE]),
        ("@status=error,completed", [MIDDLE, OLD]),
        ("@label=team=nlp", [OLD]),
        ("@label=team", [NEW, OLD]),
    ],
)
def test_a_selector_means_jobs_newest_first(selector, meant):
    assert list(select(selector, JOBS)) == meant


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("aaa", r"2 ids begin with aaa: aaa2.* \(eval\), aaa1.* \(train\)\. Write more of it\."),
        ("nothing", r"No job matches 'nothing'\. `%hfjobs ls -a` lists all\."),
        ("ab", "No job matches"),
        ("@9", "No job matches"),
        ("@3", "No job matches"),
        ("@0,@7", "No job matches '@7'"),
        ("", "No job matches ''"),
        ("@-1", "@-1 is not a selector"),
        ("@status=DONE", "the stages are SCHEDULING, RUNNING"),
        ("@newest", "@newest is not a selector. Selectors are @latest or @0, @1 for the one before it"),
        ("@label=", "Selectors are @latest"),
    ],
)
def test_a_selector_that_means_none_or_too_many_says_so(selector, message):
    with pytest.raises(OptionError, match=message):
        select(selector, JOBS)


def test_the_jobs_of_a_notebook_are_those_that_have_not_ended():
    assert list(select("@notebook", JOBS, notebook={NEW.id, OLD.id})) == [NEW]
    assert list(select("@notebook,aaa2", JOBS, notebook={NEW.id})) == [NEW, MIDDLE]
    with pytest.raises(OptionError, match="No job matches '@notebook'"):
        select("@notebook", JOBS, notebook={OLD.id})
    with pytest.raises(OptionError, match="No job matches '@notebook'"):
        select("@notebook", JOBS)


def test_of_a_list_where_one_job_is_wanted_none_is_guessed():
    class Listing:
        local, namespace = False, "me"

        def jobs(self) -> list[JobFacts]:
            return JOBS

    client: Any = Listing()
    assert find_job(client, "train") == NEW
    assert find_job(client, "@status=error,completed") == MIDDLE
    assert find_job(client, "@0,@0") == NEW
    for selector in ("@0,@1", "aaa2,@latest"):
        with pytest.raises(OptionError, match=f"^{selector} names 2 jobs, and one is wanted. Write that alone.$"):
            find_job(client, selector)


def test_an_id_needs_no_list():
    assert full_id(f"me/{OLD.id}") == ("me", OLD.id)
    assert full_id(OLD.id) == (None, OLD.id)
    assert full_id("aaa1") is None
