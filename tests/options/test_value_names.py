"""What ``-i`` and ``-o`` can say."""

from __future__ import annotations

import pytest

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.value_names import ValueName, parse_value, parse_values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("acc", [ValueName("acc", "acc")]),
        ("acc, history", [ValueName("acc", "acc"), ValueName("history", "history")]),
        ("df:parquet,cfg:json", [ValueName("df", "df", "parquet"), ValueName("cfg", "cfg", "json")]),
        ("best=max(history, key=len)", [ValueName("best", "max(history, key=len)")]),
        ("first=rows[:10]", [ValueName("first", "rows[:10]")]),
        ("first = rows[0]:json", [ValueName("first", "rows[0]", "json")]),
        ("same=a == b", [ValueName("same", "a == b")]),
        ("größe", [ValueName("größe", "größe")]),
    ],
)
def test_names_expressions_and_formats(text: str, values: list[ValueName]):
    assert list(parse_value(text, "-i")) == list(parse_value(text, "-o")) == values


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "-o without a name: write the name of a variable of the job"),
        ("a,,b", "-o without a name"),
        ("2x", "-o 2x: write the name of a variable"),
        ("class", "-o class: write the name of a variable"),
        ("model.acc", r"or a name for an expression, as in -o best=max\(history\)"),
        ("best=max(history", r"max\(history is not a Python expression"),
        ("x=", "is not a Python expression"),
        ("a == b", "-o a == b: write the name of a variable"),
        ("df:csv", "there is no format csv. The formats are dir, json, npy, parquet, pickle, png"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, sentence: str):
    with pytest.raises(OptionError, match=sentence):
        parse_value(text, "-o")


def test_no_name_is_asked_for_twice():
    with pytest.raises(OptionError, match="-o asks for acc twice"):
        parse_values(("acc,n", "acc=1"), "-o")


def test_a_value_that_is_sent_has_a_way_of_its_own():
    with pytest.raises(OptionError, match=r"-i 2x: write the name of a variable of the notebook, as in -i df"):
        parse_value("2x", "-i")
