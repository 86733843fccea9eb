"""Long lines are cut, and say by how much, however often."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.log.clip import FOLD_CHARS, count_fitting, count_json_bytes, cut, fold, unfold

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(TEXT, st.integers(44, 300))
def test_a_cut_line_is_no_longer_than_asked_and_loses_no_count(text: str, size: int):
    line = cut(text * 4, size)
    assert len(line.encode()) <= size
    if line != text * 4:
        kept, _, more = line.rpartition("… +")
        assert (text * 4).startswith(kept)
        assert int(more.removesuffix(" characters")) == len(text * 4) - len(kept)


def test_what_was_left_out_before_is_counted_with_what_is_left_out_now():
    line = fold("x" * (FOLD_CHARS + 1_000))
    assert unfold(line) == ("x" * FOLD_CHARS, 1_000)
    assert cut(line, 143) == "x" * 100 + f"… +{FOLD_CHARS + 900:,} characters"


def test_a_line_that_ends_like_a_mark_was_not_cut():
    assert unfold("x… +12 characters") == ("x… +12 characters", 0)


@given(TEXT)
def test_a_line_is_weighed_as_it_is_sent(text: str):
    assert count_json_bytes(text) == len(json.dumps(text, ensure_ascii=False).encode())


def test_the_first_always_fits():
    assert count_fitting([9, 1], 5) == 1
    assert count_fitting([2, 3, 1], 5) == 2
    assert count_fitting([], 5) == 0
