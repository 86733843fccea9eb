"""Python behind ``-i NAME=`` and ``-o NAME=``: its quotes, braces and spaces are its own."""

from __future__ import annotations

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.line import read_line
from hfjobs_magic.options.value_names import ValueName, parse_values

NAMES = {"df": [1, 2, 3], "n": 2}


def sent(line: str) -> list[tuple[str, str, str | None]]:
    given = read_line(line, NAMES)
    values: list[ValueName] = []
    for flag, key in (("-i", "inputs"), ("-o", "outputs")):
        values += parse_values(given.get(key, ()), flag)
    return [(one.name, one.expression, one.format) for one in values]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("-i f=Path('f.csv')", [("f", "Path('f.csv')", None)]),
        ("""-i x="a b" --wait""", [("x", '"a b"', None)]),
        ("-i d={'a': 1} -o acc", [("d", "{'a': 1}", None), ("acc", "acc", None)]),
        ("-i d={'a': {'b': n}}:json", [("d", "{'a': {'b': n}}", "json")]),
        ("-i x=df[n - 1:] -i y=-1", [("x", "df[n - 1:]", None), ("y", "-1", None)]),
        ("-i x = 1 if n else 2 --local", [("x", "1 if n else 2", None)]),
        ("-o best=max(h, key=lambda x: x['a b']):json", [("best", "max(h, key=lambda x: x['a b'])", "json")]),
        ("--input x=f'{n} rows' --output=y=h['a']", [("x", "f'{n} rows'", None), ("y", "h['a']", None)]),
        ("""-i x=r'C:\\data' -i y="it's" """, [("x", "r'C:\\data'", None), ("y", '"it\'s"', None)]),
        ("-i s={n,} -i t={1} -i u={*df}", [("s", "{n,}", None), ("t", "{1}", None), ("u", "{*df}", None)]),
        ("""-i name="albert" -i kind='max'""", [("name", '"albert"', None), ("kind", "'max'", None)]),
        # What is no Python is read as a shell would, and so is a word in quotes.
        ("-i x=df[:$n]", [("x", "df[:2]", None)]),
        ("""-i "x=df[:{n}]" -o 'best=max(h)'""", [("x", "df[:2]", None), ("best", "max(h)", None)]),
        ("""-o best="max(h)" """, [("best", "max(h)", None)]),
    ],
)
def test_an_expression_of_python_survives_the_line(line: str, values: list[tuple[str, str, str | None]]):
    assert sent(line) == values


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.binary()
    | st.text(st.characters(max_codepoint=0x24F, categories=["L", "N", "P", "S", "Zs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=5,
)  # fmt: skip


@given(PLAIN)
@example(b"\"'\x00")
def test_every_literal_survives_it(value: object):
    line = f"-i x={value!r} --wait -- --lr 'a b'"
    assert read_line(line)["script_args"] == ["--lr", "a b"]
    ((_, expression, _),) = [
        (it.name, it.expression, it.format) for it in parse_values(read_line(line)["inputs"], "-i")
    ]
    assert ast.literal_eval(expression) == value


def test_arguments_of_the_script_are_a_shells():
    assert read_line("-- -i x='a b'", NAMES)["script_args"] == ["-i", "x=a b"]


@pytest.mark.parametrize(
    ("line", "said", "ways"),
    [
        ("""-i x="df[:n]" """, "could be that text or what it is the name of", ["-i x=df[:n]", '-i x=("df[:n]")']),
        ("-i x={n}", "could be the notebook's n or a set", ["-i x=n", "-i x={n,}"]),
        ("-o x=h[{n}]", "could be the notebook's n or a set", ["-o 'x=h[{n}]'", "-o x=h[{n,}]"]),
        ("-i a=df,b=n", "Write -i a=df -i b=n", ["-i a=df -i b=n"]),
        ("-i df:json,m=len(df):json", "Write -i df:json -i m=len(df):json", ["-i df:json -i m=len(df):json"]),
        ("-i x=3 # three", "A comment cannot follow the options", ["-i x=3"]),
    ],
)
def test_what_has_two_readings_is_refused_with_the_spelling_of_each(line: str, said: str, ways: list[str]):
    with pytest.raises(OptionError) as refused:
        sent(line)
    assert said in str(refused.value)
    assert all(sent(way) for way in ways), "what is recommended can be read"
