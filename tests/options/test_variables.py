"""`{name}` and `$name`: the notebook's values, or an error that names what is missing."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.variables import expand

NAMES = {"flavor": "t4-small", "lr": 0.1, "args": SimpleNamespace(epochs=3), "spaced": "a b"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--flavor", "{flavor}"], ["--flavor", "t4-small"]),
        (["--flavor=$flavor"], ["--flavor=t4-small"]),
        (["-e", "LR=${lr}x"], ["-e", "LR=0.1x"]),
        (["-e", "EPOCHS={args.epochs}"], ["-e", "EPOCHS=3"]),
        (["--name", "{spaced}"], ["--name", "a b"]),
        (["-e", "TEXT={{flavor}} $$flavor"], ["-e", "TEXT={flavor} $flavor"]),
        (["-e", 'JSON={"a": 1}'], ["-e", 'JSON={"a": 1}']),
        (["-e", "PRICE=$5 {} {0}"], ["-e", "PRICE=$5 {} {0}"]),
    ],
)
def test_variables_take_their_places(words: list[str], expected: list[str]):
    assert expand(words, NAMES) == expected


@pytest.mark.parametrize(
    "words", [["-s", "$flavor"], ["--secrets", "{flavor}"], ["--secrets={flavor}"], ["-s{flavor}"]]
)
def test_nothing_is_expanded_in_the_name_of_a_secret(words: list[str]):
    assert expand(words, NAMES) == words


def test_an_unknown_name_is_an_error_that_names_it():
    with pytest.raises(OptionError) as caught:
        expand(["-e", "A={lrr}"], NAMES)
    assert str(caught.value) == (
        "There is no variable 'lrr' for {lrr} in the notebook. Assign it first, or write {{lrr}} for the text itself."
    )
    with pytest.raises(OptionError, match=r"no variable 'HOME' for \$HOME .* write \$\$HOME for the text itself"):
        expand(["$HOME"], NAMES)
    with pytest.raises(OptionError, match=r"\{args.lr\}: args has no attribute 'lr'"):
        expand(["{args.lr}"], NAMES)


@given(st.lists(st.text()))
def test_any_words_are_expanded_or_refused_never_a_crash(words: list[str]):
    with contextlib.suppress(OptionError):
        assert len(expand(words, NAMES)) == len(words)
