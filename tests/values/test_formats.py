"""Arrays, frames, pictures and paths: they come back the same, or are refused with a sentence."""

from __future__ import annotations

import datetime
import os
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from hfjobs_magic.values.format import RefusedError
from hfjobs_magic.values.parquet import check_version
from hfjobs_magic.values.table import read_value, write_value

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


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (np.array([object()]), "has the dtype object, which only a pickle could hold"),
        (np.array([("a", [])], dtype=[("name", "U1"), ("items", "O")]), "only a pickle could hold"),
        (np.array(["a"], dtype=np.dtypes.StringDType()), "only a pickle could hold"),
        (np.ma.array([1], mask=[1]), r"is a numpy\..*MaskedArray, which npy would make a plain array"),
        (np.array([1], np.dtype("i4", metadata={"unit": "m"})), "has a dtype with metadata"),
    ],
)
def test_an_array_that_npy_would_change_is_refused(tmp_path: Path, value: Any, sentence: str):
    with pytest.raises(RefusedError, match=sentence):
        travel(value, tmp_path)


def test_an_array_in_a_file_is_an_array(tmp_path: Path):
    value = np.memmap(tmp_path / "mapped", dtype="f4", mode="w+", shape=(3,))
    assert type(travel(value, tmp_path)) is np.ndarray


DAYS = pd.date_range("2026-01-01", periods=3, freq="D", tz="Europe/Berlin")
FRAMES = {
    "plain": pd.DataFrame({"a": [1, 2, 3], "b": [1.5, None, -0.0], "c": ["x", "y", None]}),
    "empty": pd.DataFrame(),
    "no rows": pd.DataFrame({"a": pd.Series([], dtype="int8"), "b": pd.Series([], dtype="datetime64[ns, UTC]")}),
    "named index": pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="id")),
    "levels": pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["s", None])),
    "whole-number columns": pd.DataFrame([[1, 2], [3, 4]]),
    "columns of levels": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_product([["loss"], ["train", "val"]])),
    "days": pd.DataFrame({"n": [1, 2, 3]}, index=DAYS),
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
    "many": pd.DataFrame({"x": np.arange(100_000), "y": np.arange(100_000) % 7}),
}  # fmt: skip
FRAMES["attrs"] = FRAMES["plain"].copy()
FRAMES["attrs"].attrs = {"source": "imdb"}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_of_pandas_comes_back_the_same(tmp_path: Path, name: str):
    frame = FRAMES[name]
    again = travel(frame, tmp_path)
    pd.testing.assert_frame_equal(again, frame, check_exact=True, check_freq=True)
    assert again.attrs == frame.attrs


@pytest.mark.parametrize("name", ["loss", None, 7, ("a", 1)])
def test_a_series_comes_back_with_its_name(tmp_path: Path, name: Any):
    series = pd.Series([1.0, 2.0, 3.0], index=DAYS, name=name)
    pd.testing.assert_series_equal(travel(series, tmp_path), series, check_exact=True, check_freq=True)


def objects(*values: Any) -> pd.DataFrame:
    return pd.DataFrame({"o": pd.Series(values, dtype=object)})


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
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "has two columns of one name, which Parquet has not"),
        # The one that differs comes after the rows that are tried first.
        (objects(*["a"] * 200, float("nan")), "would come back changed: "),
        (objects(*["a"] * 200, 1), "cannot be Parquet: "),
    ],
)
def test_a_frame_that_parquet_would_change_is_refused(tmp_path: Path, frame: pd.DataFrame, sentence: str):
    with pytest.raises(RefusedError, match=sentence):
        travel(frame, tmp_path)


@DRAWN
@given(st.data())
def test_a_frame_of_anything_comes_back_the_same_or_is_refused(tmp_path: Path, data: st.DataObject):
    cells = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3)
    column = st.lists(
        data.draw(st.sampled_from([cells, st.integers(), st.text(), st.floats()])), min_size=4, max_size=4
    )
    names = st.lists(data.draw(st.sampled_from([st.text(max_size=3), st.integers()])), max_size=3, unique=True)
    frame = pd.DataFrame({name: data.draw(column) for name in data.draw(names)})
    try:
        again = travel(frame, tmp_path)
    except RefusedError:
        return
    pd.testing.assert_frame_equal(again, frame, check_exact=True)


TABLES = {
    "arrow": pa.table({"a": [1, None], "t": pa.array([1, 2], pa.timestamp("us", "UTC")), "l": [[1], []]}),
    "dictionary": pa.table({"k": pa.array(["a", "b", "a"]).dictionary_encode()}),
    "struct": pa.table({"s": [{"x": 1}, {"x": 2}]}).replace_schema_metadata({"made": "by hand"}),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_pyarrow_comes_back_the_same(tmp_path: Path, name: str):
    assert travel(TABLES[name], tmp_path).equals(TABLES[name], check_metadata=True)


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


@pytest.mark.parametrize("mode", ["CMYK", "F", "HSV"])
def test_a_picture_that_png_cannot_hold_is_refused(tmp_path: Path, mode: str):
    with pytest.raises(RefusedError, match=f"is a picture of mode {mode}"):
        travel(Image.new("RGB", (2, 2)).convert(mode if mode != "F" else "L").convert(mode), tmp_path)


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
    with pytest.raises(RefusedError, match="holds pipe, which is no file"):
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


@pytest.mark.parametrize("key", ["plain", "arrays", "pandas", "arrow", "pictures"])
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
