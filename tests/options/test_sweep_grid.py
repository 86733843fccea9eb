"""What `--map` says: values, ranges, lists, files, and samples of their combinations."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.sweep_grid import MAX_RUNS, describe, make_grid, parse_table
from hfjobs_magic.options.sweep_values import MAX_POINTS, parse_map, parse_scalar, write_map

NAMES = st.from_regex(r"[a-z]{3,6}_x", fullmatch=True)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("lr=1e-3,1e-4", [(0.001,), (0.0001,)]),
        ("lr=1e-3", [(0.001,)]),
        ("seed=1..3", [(1,), (2,), (3,)]),
        ("seed=3..1", [(3,), (2,), (1,)]),
        ("seed=-1..1,10", [(-1,), (0,), (1,), (10,)]),
        ("lr=1e-5..1e-1:log:5", [(1e-5,), (1e-4,), (1e-3,), (0.01,), (0.1,)]),
        ("p=0..1:lin:5", [(0.0,), (0.25,), (0.5,), (0.75,), (1.0,)]),
        ("lr,batch=1e-3:32,1e-4:64", [(0.001, 32), (0.0001, 64)]),
        ("opt=adam,'sgd, slow',True,None", [("adam",), ("sgd, slow",), (True,), (None,)]),
        ("model=org/name,./a=b", [("org/name",), ("./a=b",)]),
        ("n='3',3", [("3",), (3,)]),
        ("lr=[0.1, 0.2]", [(0.1,), (0.2,)]),
        ("lr,batch=[(0.1, 32), (0.2, 64)]", [(0.1, 32), (0.2, 64)]),
        ("layers=[(64, 64), [128]]", [((64, 64),), ([128],)]),
        (" lr = 1, 2 ", [(1,), (2,)]),
        ("sizes=small,[64, 64],(8,)", [("small",), ([64, 64],), ((8,),)]),
        ("lr,layers=1e-4:[64, 64],1e-3:[]", [(1e-4, [64, 64]), (1e-3, [])]),
        ("prompt=Grüße [x],{'a': 1},a b", [("Grüße [x]",), ("{'a': 1}",), ("a b",)]),
        ("flip='true',True", [("true",), (True,)]),
        ("version=1.2.3,007", [("1.2.3",), ("007",)]),
    ],
)
def test_values_of_a_line(text: str, points: list[tuple[object, ...]]):
    axis = parse_map(text)
    assert list(axis.points) == points
    assert [[type(value) for value in point] for point in axis.points] == [[*map(type, point)] for point in points]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lr", "has no values. Write NAME=V1,V2"),
        ("lr=", "has no values"),
        ("=1,2", "nothing is not the name"),
        ("my lr=1", "my lr is not the name"),
        ("class=1", "class is not the name"),
        ("a,a=1:2", "has a twice"),
        ("lr=1,,2", "has an empty value"),
        ("lr=1,2,1", "has 1 twice"),
        ("lr=0.1..0.5", "say how many values 0.1..0.5 has, as in 0.1..0.5:log:5"),
        ("n=1..", "n=1..: 1.. is not a range. Write both ends, as in 1..5"),
        ("n=..5", "..5 is not a range. Write both ends"),
        ("n=1..2..3", "1..2..3 is not a range. Write both ends"),
        ("n=1\u20265", "is not a range. Write both ends"),
        ("n=\u22121,\u22122", "\u22121 is not the number -1: it has a sign of a page. Type it as -1."),
        ("lr=1e\u20113,1e-4", "1e\u20113 is not the number 1e-3"),
        ("n=\u22121..5", "\u22121..5 is not the number -1..5"),
        ("lr,n=1e\u20133:1,1e-4:2", "1e\u20133 is not the number 1e-3"),
        ("n=\uff11\uff10", "is not the number 10"),
        ("lr=1e-5..1e-3:log", "is not a range. Write 1e-5..1e-3:log:N or 1e-5..1e-3:lin:N"),
        ("lr=1e-3;1e-4", "separated by commas. Write 1e-3,1e-4"),
        ("x=1,-inf", "-inf: a sweep carries finite numbers. Write '-inf'"),
        ("x=NaN", "finite numbers. Write 'NaN'"),
        ("lr=1..5:cubic:3", "write 1..5:log:N or :lin:N"),
        ("lr=1..5:log:1", "with N from 2"),
        ("lr=0..5:log:3", "ends above zero"),
        ("n=1..1000000000", "more than 10,000 values"),
        ("lr,batch=1e-3,1e-4", "1e-3 is not a value for each of lr, batch. Write lr,batch=V1:V2,V1:V2"),
        ("lr,batch=[1, 2]", "each item needs 2 values, for lr, batch"),
        ("lr=[train]", "not a list of plain values"),
        ("lr=[]", "has no values"),
        ("lr=[1e999]", "not inf"),
        ("lr=1e999", "not inf"),
        ("flip=true,false", "true as a value of a sweep is a text. Write True, or 'true' if you mean the text"),
        ("flip,n=FALSE:1", "Write False, or 'FALSE'"),
        ("k=a,[{'x': 1}]", "not a dict"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, said: str):
    with pytest.raises(OptionError) as caught:
        parse_map(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=60))
def test_no_text_fails_but_with_a_sentence(text: str):
    try:
        axis = parse_map(f"x={text}")
    except OptionError as error:
        assert str(error).endswith(".")  # noqa: PT017 - any text may be either
    else:
        assert 1 <= len(axis.points) <= MAX_POINTS


@given(st.lists(PLAIN | st.tuples(st.integers(), st.text()), min_size=1, max_size=8, unique_by=repr))
def test_a_list_of_the_notebook_comes_as_it_is(values: list[object]):
    assert [repr(point) for point in parse_map(write_map("x", values)).points] == [repr((value,)) for value in values]


@given(st.integers(-500, 500), st.integers(-500, 500))
def test_a_range_has_both_ends(first: int, last: int):
    values = [value for (value,) in parse_map(f"x={first}..{last}").points]
    assert (values[0], values[-1], len(values)) == (first, last, abs(last - first) + 1)


@given(st.floats(1e-9, 1e3), st.floats(1.5, 1e6), st.integers(2, 40), st.sampled_from(["log", "lin"]))
def test_a_range_of_so_many_ascends_from_end_to_end(low: float, factor: float, count: int, kind: str):
    high = low * factor
    values = [value for (value,) in parse_map(f"x={low!r}..{high!r}:{kind}:{count}").points]
    assert (values[0], values[-1], len(values)) == (low, high, count)
    assert values == sorted(values)
    steps = [b / a if kind == "log" else b - a for a, b in itertools.pairwise(values)]
    assert all(math.isclose(step, steps[0], rel_tol=1e-5) for step in steps)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(1, 700), st.integers(0, 9))
def test_combinations_are_those_of_a_product_and_a_sample_draws_from_them(sizes: list[int], sample: int, seed: int):
    maps = [f"v{number}=1..{size}" for number, size in enumerate(sizes)]
    every = make_grid(maps).runs()
    expected = itertools.product(*(range(1, size + 1) for size in sizes))
    assert [tuple(run.values()) for run in every] == list(expected)
    some = make_grid(maps, sample=sample, seed=seed).runs()
    assert some == make_grid(maps, sample=sample, seed=seed).runs()
    assert len(some) == len({describe(run) for run in some}) == min(sample, len(every))
    assert [run for run in every if run in some] == list(some)


def test_a_sample_of_what_is_far_too_many_is_drawn_without_making_them():
    maps = [f"v{number}=1..10000" for number in range(8)]
    assert len(make_grid(maps, sample=5).runs()) == 5
    with pytest.raises(OptionError, match=f"at most {MAX_RUNS:,}. Draw some"):
        make_grid(maps).runs()


def test_names_of_several_maps_and_of_the_file_are_one_run():
    table = parse_table("\ufefflr,opt\n1e-3,adam\n\n1e-4,\n", "runs.csv")
    grid = make_grid(["seed=1..2"], table)
    assert grid.names == ("seed", "lr", "opt")
    assert grid.runs()[1] == {"seed": 1, "lr": 0.0001, "opt": None}
    with pytest.raises(OptionError, match="lr is mapped twice"):
        make_grid(["lr=1,2"], table)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no runs"),
        ("lr\n", "has no runs"),
        ("lr,batch\n1\n", "row 2 has 1 cell for 2 names (lr, batch). Give it one value for each name."),
        ("my lr\n1\n", "my lr is not the name"),
        ('lr\n"1\n', "is not a CSV file"),
        ("lr\n1\n1\n", "has 1 twice"),
    ],
)
def test_a_file_that_cannot_be_read_is_said(text: str, said: str):
    with pytest.raises(OptionError, match=r"--map-file runs\.csv") as caught:
        parse_table(text, "runs.csv")
    assert said in str(caught.value)


@pytest.mark.parametrize("values", ["adam", {"a": 1}, {1, 2}, 3, None])
def test_what_is_no_list_is_refused(values: object):
    with pytest.raises(OptionError, match="a sweep takes a list of values"):
        write_map("x", values)


def test_numbers_of_numpy_become_pythons_and_objects_are_refused():
    numpy = pytest.importorskip("numpy")
    assert parse_map(write_map("x", numpy.array([1.5, 2.0]))).points == ((1.5,), (2.0,))
    assert parse_map(write_map("x", [numpy.float32(0.5), numpy.int64(3)])).points == ((0.5,), (3,))
    assert write_map(("a", "b"), range(0)) == "a,b=[]"
    with pytest.raises(OptionError, match="not an object"):
        write_map("x", [object()])


def test_a_value_is_what_python_reads_or_text():
    assert [parse_scalar(text) for text in ("1j", "none", "[1]", "0x10", "1_000")] == ["1j", "none", [1], 16, 1000]


@pytest.mark.parametrize("text", ["..", "../up", "1\u20135 Jahre", "a\u2013b", "2026-11-29", "v1..v2"])
def test_a_text_with_dots_and_dashes_of_a_page_stays_a_text(text: str):
    assert parse_scalar(text) == text
    assert parse_map(f"x={text}").points == ((text,),)
