"""Options taken out of a line that holds a command of its own, beside what `hf jobs` makes of the same line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.options.command_line import split_options
from hfjobs_magic.options.table import OPTIONS

WORDS = {
    "python:3.12 python -c code": ("", "python:3.12 python -c code"),
    "--flavor t4-small image ls -l a=b -a": ("--flavor t4-small -l a=b", "image ls -a"),
    "-eZ=3 image cmd -e X=1 --env=Y=2 --lr 3": ("-eZ=3 -e X=1 --env=Y=2", "image cmd --lr 3"),
    "-la image -- ls -la": ("-la", "image ls -la"),
    "script.py -- -e X=1 --flavor x": ("", "script.py -e X=1 --flavor x"),
    "-d --no-concurrency script.py": ("-d --no-concurrency", "script.py"),
    "image cmd --lr=3 -x --flavors": ("", "image cmd --lr=3 -x --flavors"),
    "image --name": ("--name", "image"),
    "- image": ("", "- image"),
}


@pytest.mark.parametrize(("line", "parts"), WORDS.items())
def test_known_options_are_ours_wherever_they_stand(line: str, parts: tuple[str, str]):
    own, rest = split_options(line.split(), OPTIONS)
    assert (" ".join(own), " ".join(rest)) == parts


@given(st.lists(st.sampled_from(["-e", "--flavor", "--flavor=x", "-d", "--", "-", "a", "--lr", "-zz", "--wait"])))
def test_no_word_is_lost_and_both_parts_keep_their_order(words: list[str]):
    own, rest = split_options(words, OPTIONS)
    assert sorted([*own, *rest]) == sorted(words) or sorted([*own, *rest, "--"]) == sorted(words)
    for part in (own, rest):
        left = iter(words)
        assert all(word in left for word in part)
