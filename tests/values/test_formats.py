"""Arrays, frames, pictures and paths: they come back the same, or are refused with a sentence."""

from __future__ import annotations

import datetime
import json
import os
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import dateutil.tz
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy._core._rational_tests import rational
from PIL import Image

from hfjobs_magic.values.arrays import MAPPED
from hfjobs_magic.values.format import RefusedError
from hfjobs_magic.values.parquet import check_version
from hfjobs_magic.values.table import find_needs, read_value, write_value

if TYPE_CHECKING:
    from pathlib import Path

DRAWN = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def travel(value: Any, folder: Path, wanted: str | None = None) -> Any:
    key, written = write_value(value, folder, "v", wanted)
    return read_value(key, folder, written.files, written.extra)


@DRAWN
@given(st.data())
def test_every_array_without_objects_comes_back_the_same(tmp_path: Path, data: st.DataObject):
    dtypes = hnp.scalar_dtypes() | hnp.byte_string_dtypes() | hnp.unicode_string_dtypes() | hnp.array_dtypes()
    shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
    value = data.draw(hnp.arrays(data.draw(dtypes), data.draw(shapes)))
    value = data.draw(st.sampled_from([value, np.asfortranarray(value), value[..., ::-1] if value.ndim else value]))
    again = travel(value, tmp_path)
    assert (again.dtype, again.shape) == (value.dtype, value.shape)
    assert again.tobytes() == value.tobytes()


INNER = np.dtype([("c", "i1"), ("d", "f8")], align=True)


@pytest.mark.parametrize(
    "dtype",
    [
        INNER,
        np.dtype([("a", "i1"), ("b", INNER)]),
        np.dtype([("a", "i1"), ("b", INNER, (2,))], align=True),
        np.dtype([(("a title", "a"), "i1"), ("b", ">i4")], align=True),
        np.dtype([("a", "i1"), ("b", np.dtype([("c", "i1"), ("d", "f8")]))], align=True),
        np.dtype({"names": ["a"], "formats": ["i4"], "offsets": [4], "itemsize": 16}, align=True),
    ],
    ids=["plain", "inside", "both", "title", "packed inside", "places"],
)
@pytest.mark.parametrize("length", [0, 3, 2_000_000])
def test_an_aligned_dtype_stays_one(tmp_path: Path, dtype: np.dtype, length: int):
    array = np.zeros(length, dtype)
    again = travel(array, tmp_path)
    assert repr(again.dtype) == repr(array.dtype)
    assert (again.dtype, again.shape) == (dtype, (length,))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (np.array([object()]), r"has the dtype object, which only a pickle could hold; send x=x\.tolist\(\)"),
        (np.array([("a", [])], dtype=[("name", "U1"), ("items", "O")]), "only a pickle could hold"),
        (np.array(["a"], dtype=np.dtypes.StringDType()), "only a pickle could hold"),
        (np.ma.array([1], mask=[1]), r"is a numpy\..*MaskedArray, which npy would make a plain array"),
        (np.array([1], np.dtype("i4", metadata={"unit": "m"})), "has a dtype with metadata"),
        # As bfloat16 is, of a library of its own.
        (np.array([1]).astype(rational), "has the dtype rational, which npy would make |V8"),
        (np.zeros(1, [("x", rational)]), "which npy would make"),
    ],
)
def test_an_array_that_npy_would_change_is_refused(tmp_path: Path, value: Any, sentence: str):
    with pytest.raises(RefusedError, match=sentence):
        travel(value, tmp_path)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_large_array_is_mapped_and_its_file_stays_as_it_is(tmp_path: Path, order: Any):
    value = np.arange(MAPPED // 4 + 4, dtype="i4").reshape(2, -1, order=order)
    again = travel(value, tmp_path)
    assert type(again) is np.ndarray
    assert (again.flags.f_contiguous, again.flags.writeable) == (order == "F", True)
    np.testing.assert_array_equal(again, value, strict=True)
    again[0, 0] = 7
    np.testing.assert_array_equal(np.load(tmp_path / "v.npy"), value)
    (tmp_path / "v.npy").unlink()
    assert (again[0, 0], again[1, -1]) == (7, value[1, -1])


def test_an_array_in_a_file_is_an_array(tmp_path: Path):
    value = np.memmap(tmp_path / "mapped", dtype="f4", mode="w+", shape=(3,))
    assert type(travel(value, tmp_path)) is np.ndarray


def objects(*values: Any) -> pd.DataFrame:
    return pd.DataFrame({"o": pd.Series(values, dtype=object)})


DAYS = pd.date_range("2026-01-01", periods=3, freq="D", tz="Europe/Berlin")
TEXTS = pd.Index(["x"], dtype=object)
FRAMES = {
    "plain": pd.DataFrame({"a": [1, 2, 3], "b": [1.5, None, -0.0], "c": ["x", "y", None]}),
    "empty": pd.DataFrame(),
    "no rows": pd.DataFrame({"a": pd.Series([], dtype="int8"), "b": pd.Series([], dtype="datetime64[ns, UTC]")}),
    "named index": pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="id")),
    "levels": pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["s", None])),
    "whole-number columns": pd.DataFrame([[1, 2], [3, 4]]),
    "columns of levels": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_product([["loss"], ["train", "val"]])),
    "days": pd.DataFrame({"n": [1, 2, 3]}, index=DAYS),
    "kinds of days": pd.DataFrame({"t": pd.Categorical(pd.Series([DAYS[0], DAYS[2]]))}),
    "categories": pd.DataFrame({"k": pd.Categorical(["b", "a", None], categories=["b", "a", "z"], ordered=True)}),
    "nullable": pd.DataFrame({
        "i": pd.array([1, None], "Int16"), "b": pd.array([True, None], "boolean"),
        "f": pd.array([1.5, None], "Float32"), "s": pd.array(["x", None], "string"),
    }),
    "times": pd.DataFrame({"t": pd.to_datetime(["2026-01-01", None]), "d": pd.to_timedelta(["1 h", None])}),
    "periods": pd.DataFrame({"p": pd.period_range("2026-01", periods=2, freq="M")}),
    "decimals": pd.DataFrame({"d": [Decimal("1.50"), Decimal("2.25")]}),
    "dates": pd.DataFrame({"d": pd.Series([datetime.date(2026, 1, 1), datetime.date(2026, 1, 2)], dtype=object)}),
    "bytes": pd.DataFrame({"b": pd.Series([b"a", b"\xff"], dtype=object)}),
    "strings as objects": pd.DataFrame({"s": pd.Series(["a", None, "b"], dtype=object)}),
    "lists": pd.DataFrame({"ids": pd.Series([[1, 2], None, []], dtype=object)}),
    "categories of numbers": pd.DataFrame({"k": pd.Categorical([2**60 + 1] * 99 + [None], [7, 2**60 + 1])}),
    "categories of objects": pd.DataFrame({"k": pd.Categorical(pd.Series(["b", "a"], dtype=object))}),
    "index of categories": pd.DataFrame({"a": [1, 2]}, index=pd.CategoricalIndex([True, False])),
    "texts as objects": pd.DataFrame([[1]], index=TEXTS, columns=TEXTS),
    "levels of objects": pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_arrays([TEXTS, [1]])),
    "texts of Python's": pd.DataFrame({"s": pd.array(["x", None], pd.StringDtype("python"))}),
    "seconds": pd.DataFrame({"t": np.array([1], "M8[s]")}, index=pd.TimedeltaIndex(np.array([2], "m8[s]"))),
    "rows without columns": pd.DataFrame(index=TEXTS),
    "many": pd.DataFrame({"x": np.arange(100_000), "y": np.arange(100_000) % 7}),
}  # fmt: skip
UTC = datetime.timezone.utc
ZONES = {"name": "Europe/Berlin", "UTC": "UTC", "zoneinfo": ZoneInfo("UTC"), "offset": "+01:00", "utc": UTC}
ZONES["named offset"] = datetime.timezone(datetime.timedelta(hours=1), "CET")


def index(labels: Any, **options: Any) -> pd.DataFrame:
    return pd.DataFrame({"a": range(len(labels))}, index=pd.Index(labels, **options) if options else labels)


def label(labels: Any, **options: Any) -> pd.DataFrame:
    return pd.DataFrame([[0] * len(labels)], columns=pd.Index(labels, **options) if options else labels)


LEVELS = pd.MultiIndex.from_product([DAYS, ["b", "a"]])
FRAMES |= {
    "decimals of several scales": objects(*map(Decimal, ["2.5", "2.50", "1E+3", "-0", "NaN", "1" * 99]), None),
    "moments": objects(pd.Timestamp("2026-01-01"), None),
    "records": objects({"b": 1, "a": 2}),
    "arrays": objects(np.array([1, 2], "i4"), None),
    "negative zero": pd.DataFrame({"x": [-0.0, 0.0], "y": np.array([-0.0, np.nan], "f4")}),
    "NaN and none at all": pd.DataFrame({"x": pd.array([1.5, None], "Float64")}),
    "months": index(pd.date_range("2026", periods=3, freq="MS")),
    "hours": index(pd.timedelta_range("2h", periods=3)),
    "backwards": index(pd.date_range("2026", periods=3, freq="-1D")),
    "levels of days": index(LEVELS),
    "some of the days": index(LEVELS[:2]),
    "labels of days": label(LEVELS),
    "levels in their own order": index(pd.MultiIndex([["b", "a", "z"], [7]], [[0, 1], [0, 0]])),
    "a level with NaN": index(pd.MultiIndex([[np.nan, 1.0], [7]], [[0, 1], [0, 0]])),
    "levels that are ranges": index(pd.MultiIndex.from_product([range(3), range(2)])),
    "categories that are a range": pd.DataFrame({"k": pd.Categorical.from_codes([0, 1], range(3))}),
    "a number for a name": index([1, 2], name=0).rename_axis(columns=7),
    "a tuple for a name": index([1, 2], name=("a", 1)),
    "names for levels": index(LEVELS.set_names([3, None])),
    "a column's name": index([1, 2], name="a"),
    "nullable labels": label(pd.array(["x", "y"], "string")),
    "periods as index": index(pd.period_range("2026", periods=3, freq="2D")),
    "intervals": index(pd.interval_range(0, 3, closed="both")),
    "attrs": FRAMES["plain"].copy(),
}
FRAMES["attrs"].attrs = {"source": "imdb", "lr": [1e-3, None, {"x": -0.0}]}
for name, zone in ZONES.items():
    days = pd.date_range("2026-01-01", periods=3, freq="D", tz=zone)
    FRAMES[f"zone by {name}"] = pd.DataFrame({"t": days, "s": days.as_unit("s")}, index=days)
    FRAMES[f"labels of zone by {name}"] = label(days)
    FRAMES[f"levels of zone by {name}"] = index(pd.MultiIndex.from_arrays([days[:2], [1, 2]]))
    FRAMES[f"kinds of zone by {name}"] = pd.DataFrame({"k": pd.Categorical(pd.Series(days))})


def describe_index(index: Any) -> list[Any]:
    """All that a program can tell of an index, as text."""
    if isinstance(index, pd.MultiIndex):
        return [list(index.names), [describe_index(level) for level in index.levels], [list(it) for it in index.codes]]
    said = [type(index), repr(index.dtype), getattr(index, "freq", None), getattr(index.dtype, "tz", None)]
    return [*map(repr, said), type(said[-1]), *map(repr, index.names), *map(repr, index)]


def describe_frame(frame: pd.DataFrame) -> list[Any]:
    """All that a program can tell of a frame, as text."""
    said: list[Any] = [describe_index(frame.index), describe_index(frame.columns), repr(frame.attrs), frame.flags]
    for at, dtype in enumerate(frame.dtypes):
        said += [repr(dtype), repr(getattr(dtype, "tz", None)), list(map(repr, frame.iloc[:, at]))]
        said += [list(map(type, frame.iloc[:, at])), describe_index(getattr(dtype, "categories", pd.Index([])))]
    return said


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_of_pandas_comes_back_the_same(tmp_path: Path, name: str):
    frame = FRAMES[name]
    again = travel(frame, tmp_path)
    pd.testing.assert_frame_equal(again, frame, check_exact=True, check_freq=True)
    assert describe_frame(again) == describe_frame(frame)


@pytest.mark.parametrize("name", ["loss", None, 7, ("a", 1)])
def test_a_series_comes_back_with_its_name(tmp_path: Path, name: Any):
    series = pd.Series([1.0, 2.0, 3.0], index=DAYS, name=name)
    pd.testing.assert_series_equal(travel(series, tmp_path), series, check_exact=True, check_freq=True)


@pytest.mark.parametrize(
    ("column", "dtype"), [("n", "float32"), ("s", "datetime64[s]"), ("s", ["string", "lost", True])]
)
def test_a_frame_that_this_pandas_reads_as_another_one_is_refused(tmp_path: Path, column: str, dtype: Any):
    frame = pd.DataFrame({"n": [1.5], "s": ["a"]})
    key, written = write_value(frame, tmp_path, "v")
    written.extra["dtypes"]["columns"][list(frame).index(column)] = dtype
    with pytest.raises(RefusedError, match=f"column '{column}' of dtype|has the dtype str"):
        read_value(key, tmp_path, written.files, written.extra)


def late_nan() -> Any:
    """A column in which the last is no missing value but NaN."""
    return pd.arrays.FloatingArray(np.array([1.0] * 199 + [np.nan]), np.zeros(200, bool))


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (objects(1, "a"), "cannot be Parquet: .*"),
        (objects(1, None), "would come back changed: "),
        (objects(1, True), "(cannot be Parquet|would come back changed): "),
        (objects("a", float("nan")), "would come back changed: "),
        (objects([1], (2, 3)), "would come back changed: "),
        (objects([[1], [2]], [[3]]), "would come back changed: "),
        (objects({"a": 1}, {"b": 2}), "would come back changed: "),
        (pd.DataFrame({"c": [1j]}), "cannot be Parquet: "),
        (pd.DataFrame([[1, 2]], columns=[1, "a"]), "would come back changed: in its columns int would be str"),
        (
            pd.DataFrame({"a": range(99)}, index=pd.Index(["x"] * 98 + [None], dtype=object)),
            "in its index None would be nan",
        ),
        (pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False), "forbids duplicate labels"),
        (
            pd.DataFrame({"t": pd.Categorical(DAYS)}),
            r"column 't' of dtype category \(of datetime64.*would be datetime64",
        ),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "has two columns of one name, which Parquet does not allow"),
        (objects([Decimal("2.5"), Decimal("2.50")]), r"column 'o' .*Decimal\('2.5'\).* would be"),
        (objects({"a": 1, "b": 2}, {"b": 1, "a": 2}), "would come back changed: in column 'o' "),
        (objects(np.array(["a"])), "in column 'o' array.*dtype='<U1'.* would be array.*dtype=object"),
        (
            objects(datetime.datetime(2026, 1, 1, tzinfo=UTC)),
            "in column 'o' datetime.datetime would be pandas.Timestamp",
        ),
        (objects(pd.Timestamp("2026", tz="UTC")), "in column 'o' .* would not be the same"),
        (index([Decimal("2.5"), Decimal("2.50")], dtype=object), "in its index Decimal.* would be Decimal"),
        (label([np.str_("a")], dtype=object), r"in its columns numpy.str_ would be str; send x=x\.rename"),
        (index(DAYS.tz_convert(dateutil.tz.tzlocal())), "has a time zone of type dateutil.tzlocal"),
        (index(pd.bdate_range("2026", periods=3, freq="C", holidays=["2026-01-02"])), "the frequency <CustomBus"),
        (index(pd.date_range("2026", periods=3, freq=pd.offsets.MonthEnd(normalize=True))), "has no name that tells"),
        # The one that differs comes after the rows that are tried first.
        (objects(*["a"] * 200, float("nan")), "would come back changed: "),
        (objects(*["a"] * 200, 1), "cannot be Parquet: "),
        (pd.DataFrame({"x": late_nan()}), "NA mask are different"),
    ],
)
def test_a_frame_that_parquet_would_change_is_refused(tmp_path: Path, frame: pd.DataFrame, sentence: str):
    with pytest.raises(RefusedError, match=sentence):
        travel(frame, tmp_path)


@DRAWN
@given(st.data())
def test_a_frame_of_anything_comes_back_the_same_or_is_refused(tmp_path: Path, data: st.DataObject):
    kinds = [
        st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.binary(max_size=3), st.decimals(),
        st.dates(), st.datetimes(timezones=st.sampled_from([None, UTC, ZoneInfo("Europe/Berlin")])), st.times(),
        st.timedeltas(), st.lists(st.none() | st.integers(), max_size=2),
        st.dictionaries(st.sampled_from("ab"), st.floats(), max_size=2),
        st.decimals(allow_nan=False, places=2).map(lambda n: [n]),
    ]  # fmt: skip
    kind = data.draw(st.sampled_from([*kinds, st.none() | st.one_of(kinds), *(st.none() | kind for kind in kinds)]))
    column = st.lists(kind, min_size=4, max_size=4).map(
        lambda cells: pd.Series(cells, dtype=data.draw(st.sampled_from([None, object])))
    )
    names = st.lists(data.draw(st.sampled_from([st.text(max_size=3), st.integers()])), max_size=3, unique=True)
    frame = pd.DataFrame({name: data.draw(column) for name in data.draw(names)})
    try:
        again = travel(frame, tmp_path)
    except RefusedError:
        return
    pd.testing.assert_frame_equal(again, frame, check_exact=True)
    assert describe_frame(again) == describe_frame(frame)


TABLES = {
    "arrow": pa.table({"a": [1, None], "t": pa.array([1, 2], pa.timestamp("us", "UTC")), "l": [[1], []]}),
    "dictionary": pa.table({"k": pa.array(["a", "b", "a"]).dictionary_encode()}),
    "struct": pa.table({"s": [{"x": 1}, {"x": 2}]}).replace_schema_metadata({"made": "by hand"}),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_pyarrow_comes_back_the_same(tmp_path: Path, name: str):
    assert travel(TABLES[name], tmp_path).equals(TABLES[name], check_metadata=True)


class Degrees(pa.ExtensionType):
    """A type of a program's own."""

    def __init__(self) -> None:
        super().__init__(pa.float64(), "tests.degrees")

    def __arrow_ext_serialize__(self) -> bytes:
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage: Any, serialized: bytes) -> Degrees:
        return cls()


@pytest.mark.parametrize("is_inside", [False, True])
def test_a_type_of_the_programs_own_is_not_taken_for_what_it_stores(tmp_path: Path, is_inside: bool):
    column: Any = pa.ExtensionArray.from_storage(Degrees(), pa.array([90.0]))
    column = pa.StructArray.from_arrays([column], ["angle"]) if is_inside else column
    table = pa.table({"turn": column})
    pa.register_extension_type(Degrees())
    try:
        key, written = write_value(table, tmp_path, "v")
        assert read_value(key, tmp_path, written.files, written.extra).equals(table, check_metadata=True)
    finally:
        pa.unregister_extension_type("tests.degrees")
    with pytest.raises(RefusedError, match=r"of the extension type tests\.degrees, which is not registered here"):
        read_value(key, tmp_path, written.files, written.extra)


POLARS = {
    "plain": pl.DataFrame({"a": [1, None], "s": ["x", None], "l": [[1], []]}),
    "times": pl.DataFrame({"t": [DAYS[0].to_pydatetime(), None], "d": [datetime.timedelta(1), None]}),
    "struct": pl.DataFrame({"s": [{"x": 1}, {"x": 2}]}),
    "categories": pl.DataFrame({"k": ["a", "b"]}, schema={"k": pl.Categorical}),
    "enum": pl.DataFrame({"k": ["a", "b"]}, schema={"k": pl.Enum(["b", "a"])}),
    "empty": pl.DataFrame({"a": []}, schema={"a": pl.Int8}),
    "series": pl.Series("s", [1.5, None]),
}


@pytest.mark.parametrize("name", POLARS)
def test_a_frame_of_polars_comes_back_the_same(tmp_path: Path, name: str):
    value: Any = POLARS[name]
    again = travel(value, tmp_path)
    assert type(again) is type(value)
    assert again.equals(value)
    assert (again.dtype if name == "series" else again.schema) == (value.dtype if name == "series" else value.schema)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (POLARS["plain"].lazy(), "is a LazyFrame, which is a plan and not yet a value"),
        (pl.DataFrame({"o": [object()]}, schema={"o": pl.Object}), "cannot be Parquet: "),
    ],
)
def test_a_frame_of_polars_that_parquet_has_no_room_for_is_refused(tmp_path: Path, value: Any, sentence: str):
    with pytest.raises(RefusedError, match=sentence):
        travel(value, tmp_path)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_picture_comes_back_the_same(tmp_path: Path, mode: str):
    noise = Image.frombytes("RGB", (16, 9), os.urandom(16 * 9 * 3))
    picture = Image.frombytes(mode, (16, 9), os.urandom(288)) if mode == "I;16" else noise.convert(mode)
    again = travel(picture, tmp_path)
    assert (again.mode, again.size, again.tobytes()) == (picture.mode, picture.size, picture.tobytes())


def test_a_picture_of_more_pixels_than_pillow_opens_without_a_doubt_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    picture = Image.linear_gradient("L")
    with pytest.raises(Image.DecompressionBombError):
        Image.open(tmp_path / write_value(picture, tmp_path, "v")[1].files[0])
    assert travel(picture, tmp_path).tobytes() == picture.tobytes()


def test_a_picture_keeps_what_it_says_of_itself_or_says_what_it_loses(tmp_path: Path):
    picture = Image.new("P", (2, 2))
    picture.putpalette([9, 8, 7, 1, 2, 3])
    picture.info = {"dpi": (72, 72), "exif": b"\0", "transparency": 0}
    again = travel(picture, tmp_path)
    assert again.info == picture.info
    assert again.convert("RGBA").tobytes() == picture.convert("RGBA").tobytes()
    picture.info["camera"] = object()
    assert write_value(picture, tmp_path, "w")[1].note == "travels without camera of its .info"


@pytest.mark.parametrize("mode", ["CMYK", "F", "HSV"])
def test_a_picture_that_png_cannot_hold_is_refused(tmp_path: Path, mode: str):
    with pytest.raises(RefusedError, match=f"is a picture of mode {mode}"):
        travel(Image.new("RGB", (2, 2)).convert(mode if mode != "F" else "L").convert(mode), tmp_path)


def test_whatever_a_library_raises_is_a_refusal(tmp_path: Path):
    with pytest.raises(RefusedError, match=r"^cannot be sent as png \(\w+: cannot write empty image.*\)$"):
        write_value(Image.new("RGB", (0, 0)), tmp_path, "v")
    table = pa.table({"a": [1]}).replace_schema_metadata({"pandas": json.dumps({"index_columns": ["gone"]})})
    pq.write_table(table, tmp_path / "v.parquet")
    with pytest.raises(RefusedError, match=r"^cannot be read as parquet \(KeyError: "):
        read_value("pandas", tmp_path, ["v.parquet"], {})
    deep: list[Any] = []
    for _ in range(20_000):
        deep = [deep]
    with pytest.raises(RefusedError, match=r"^is nested too deeply"):
        find_needs("plain", deep)
    with pytest.raises(KeyboardInterrupt):
        write_value(Interrupting(), tmp_path, "v")


class Interrupting:
    def save_pretrained(self, folder: Path) -> None:
        raise KeyboardInterrupt


def test_a_table_with_two_columns_of_one_name_is_refused_at_once(tmp_path: Path):
    column = pa.array([1])
    table = pa.table([column, column], names=["a", "a"])
    with pytest.raises(RefusedError, match="has two columns of one name, which cannot be read back"):
        write_value(table, tmp_path, "v")


def test_a_table_of_rows_without_columns_is_refused(tmp_path: Path):
    with pytest.raises(
        RefusedError, match=r"has 2 rows and no column, of which Parquet keeps nothing; send x=x\.num_rows"
    ):
        write_value(pa.table({"a": [1, 2]}).select([]), tmp_path, "v")


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame(index=[1, 2, 3]),
        pd.DataFrame(np.zeros((2, 3))),
        pd.DataFrame([[1, 2]]).rename_axis(columns="k"),
    ],
    ids=["nothing", "no columns", "numbers", "a name"],
)
def test_columns_that_are_a_range_come_back_as_one(tmp_path: Path, frame: pd.DataFrame):
    again = travel(frame, tmp_path)
    pd.testing.assert_frame_equal(again, frame, check_column_type="exact", check_index_type="exact")
    assert (type(again.columns), again.columns.name) == (pd.RangeIndex, frame.columns.name)


def test_a_level_of_days_stays_one(tmp_path: Path):
    index = pd.MultiIndex.from_product([pd.date_range("2026", periods=3), ["a", "b"]], names=["day", "k"])
    again = travel(pd.DataFrame({"x": range(6)}, index=index), tmp_path)
    assert again.index.equals(index)
    assert again.index.levels[0].freq == index.levels[0].freq


def test_a_folder_keeps_its_programs_and_says_what_its_links_lead_to(tmp_path: Path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "run.sh").write_text("echo")
    (folder / "run.sh").chmod(0o755)
    (folder / "same").symlink_to("run.sh")
    (folder / "text").write_text("a")
    _, written = write_value(folder, tmp_path / "out", "v")
    assert not written.note
    for file in written.files:
        (tmp_path / "out" / file).chmod(0o644)
    again = read_value("files", tmp_path / "out", written.files, written.extra)
    assert all((again / name).stat().st_mode & 0o100 for name in ("run.sh", "same"))
    assert not (again / "text").stat().st_mode & 0o100
    (tmp_path / "secret").write_text("b")
    (folder / "link").symlink_to("../secret")
    note = write_value(folder, tmp_path / "more", "v")[1].note
    assert note == "travels with what its links out of the folder lead to (link)"


def test_a_file_and_a_folder_come_back_the_same(tmp_path: Path):
    source = tmp_path / "model"
    (source / "deep/empty").mkdir(parents=True)
    (source / "deep/weights.bin").write_bytes(b"\0\1")
    (source / "config.json").write_text("{}")
    (source / "latest.json").symlink_to(source / "config.json")
    again = travel(source, tmp_path / "out")
    assert sorted(path.relative_to(again).as_posix() for path in again.rglob("*")) == [
        "config.json", "deep", "deep/empty", "deep/weights.bin", "latest.json",
    ]  # fmt: skip
    assert (again / "deep/weights.bin").read_bytes() == b"\0\1"
    one = travel(source / "config.json", tmp_path / "one")
    assert (one.name, one.read_text()) == ("config.json", "{}")


def test_paths_that_lead_nowhere_or_to_no_file_are_refused(tmp_path: Path):
    with pytest.raises(RefusedError, match="leads to nothing"):
        travel(tmp_path / "missing", tmp_path / "a")
    folder = tmp_path / "folder"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    with pytest.raises(RefusedError, match="holds pipe, which is not a file"):
        travel(folder, tmp_path / "b")
    (folder / "pipe").unlink()
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(RefusedError, match="holds a link to a folder, link"):
        travel(folder, tmp_path / "c")


def test_the_format_on_the_line_is_one_that_fits(tmp_path: Path):
    assert travel([1, 2], tmp_path, "json") == [1, 2]
    with pytest.raises(RefusedError, match=r"is of type list, which npy is not for \(json is\)"):
        travel([1, 2], tmp_path, "npy")
    with pytest.raises(RefusedError, match="is of type object, which has no format"):
        travel(object(), tmp_path)
    with pytest.raises(RefusedError, match="is a pickle, which is read only with the key"):
        read_value("pickle", tmp_path, ["x"], {})


@pytest.mark.parametrize("version", ["8.0.0", "14.0.0", "14.0.2"])
def test_a_pyarrow_that_can_unpickle_reads_nothing(version: str):
    with pytest.raises(RefusedError, match=f"needs pyarrow 15 or newer; {version}"):
        check_version(version)


@pytest.mark.parametrize("key", ["plain", "arrays", "pandas", "arrow", "pictures", "named-arrays"])
@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04K\x01.", b"PAR1" + bytes(40) + b"PAR1", b"\x93NUMPY\x01\x00\xff\xff"]
)
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, key: str, content: bytes):
    (tmp_path / "v").write_bytes(content)
    with pytest.raises(RefusedError):
        read_value(key, tmp_path, ["v"], {})
    if key == "arrow":
        with pytest.raises(RefusedError):
            read_value(key, tmp_path, ["v"], {"library": "polars"})


@DRAWN
@given(st.data())
def test_a_dict_of_arrays_comes_back_as_safetensors_or_is_refused(tmp_path: Path, data: st.DataObject):
    dtypes = hnp.scalar_dtypes() | hnp.unicode_string_dtypes()
    shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
    names = data.draw(st.lists(st.text(max_size=3), min_size=1, max_size=3, unique=True))
    value = {name: data.draw(hnp.arrays(data.draw(dtypes), data.draw(shapes))) for name in names}
    value = {name: item.T for name, item in value.items()}
    if not all(item.dtype.kind in "biuf" and item.dtype.isnative and item.itemsize <= 8 for item in value.values()):
        with pytest.raises(RefusedError, match="which safetensors cannot hold"):
            travel(value, tmp_path, "safetensors")
        return
    again = travel(value, tmp_path, "safetensors")
    assert list(again) == list(value)
    for name, item in value.items():
        assert (again[name].dtype, again[name].shape) == (item.dtype, item.shape)
        assert again[name].tobytes() == item.tobytes()


class Pretrained:
    def save_pretrained(self, folder: Path) -> None:
        (folder / "deep").mkdir()
        (folder / "deep/weights.bin").write_bytes(b"\0\1")
        (folder / "config.json").write_text("{}")


def test_what_has_save_pretrained_travels_as_its_folder_and_says_so(tmp_path: Path):
    key, written = write_value(Pretrained(), tmp_path, "v")
    assert written.note == "travels as a folder; Pretrained.from_pretrained(PATH) makes it a tests.Pretrained again"
    again = read_value(key, tmp_path, written.files, written.extra)
    assert (again / "deep/weights.bin").read_bytes() == b"\0\1"
    with pytest.raises(RefusedError, match="is of type type, which has no format"):
        write_value(Pretrained, tmp_path, "w")


def test_a_model_that_cannot_save_itself_is_refused(tmp_path: Path):
    class Broken:
        def save_pretrained(self, folder: Path) -> None:
            raise KeyError(folder.name)

    class Silent:
        def save_pretrained(self, folder: Path) -> None:
            pass

    for kind, sentence in ((Broken, "cannot save itself: KeyError: 'Broken'"), (Silent, "that wrote nothing")):
        with pytest.raises(RefusedError, match=sentence):
            write_value(kind(), tmp_path, "v")


def test_a_file_of_other_tensors_than_were_sent_is_refused(tmp_path: Path):
    key, written = write_value({"a": np.ones(2)}, tmp_path, "v", "safetensors")
    for types in ([], [["a", "float64", [3]]], [["b", "float64", [2]]], [["a", "float32", [2]]]):
        with pytest.raises(RefusedError):
            read_value(key, tmp_path, written.files, {**written.extra, "types": types})
    with pytest.raises(RefusedError, match="is of no library that has tensors"):
        read_value(key, tmp_path, written.files, {**written.extra, "library": "os"})


@pytest.mark.parametrize(
    ("package", "value", "wanted", "what"),
    [
        ("pyarrow", pd.DataFrame({"x": [1]}), None, "needs pyarrow to travel as Parquet"),
        ("safetensors", {"w": np.zeros(2)}, "safetensors", "needs safetensors to travel"),
    ],
)
def test_a_package_is_said_to_be_missing_where_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: str, value: Any, wanted: str | None, what: str
):
    for name in (package, f"{package}.numpy"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(RefusedError) as raised:
        write_value(value, tmp_path, "v", wanted)
    assert str(raised.value) == f"{what}, which is not installed here (%pip install {package})"
    assert raised.value.say("x", "x", in_job=True) == f"{what}, which the job does not have (--with {package})"
