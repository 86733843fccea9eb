"""Values of every format, through each Python of this machine and back: one job each, which takes and gives all."""

from __future__ import annotations

import datetime
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image

import hfjobs_magic
from tests.runner.test_cells import PYTHONS

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_S = 300

ROW = [0]
PLAIN: dict[str, Any] = {
    "cfg": {"lr": 1e-3, 3: {4}, "when": datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)},
    "parts": [None, True, 2**70, 1j, b"\xff", (1, (2,)), frozenset("a"), range(3), Decimal("1.50")],
    "own": {"o": OrderedDict(b=1, a=2), "n": Counter("aab"), "d": defaultdict(list, x=[1]), "q": deque([1, 2], 3)},
    "rows": [ROW, {"again": ROW}],
    "mixed": {"loss": np.float32(0.5), "ids": np.arange(3, dtype="u1")},
}
ARRAYS: dict[str, Any] = {
    "grid": np.asfortranarray(np.arange(6, dtype="f2").reshape(2, 3)),
    "records": np.array([(1, "é", 2.5)], dtype=[("n", "i2"), ("s", "U3"), ("x", ">f8")]),
    "days": np.array(["2026-01-01", "NaT"], "M8[D]"),
    "tensors": {"a": np.ones((2, 3), "f2"), "b": np.arange(3)},
    "picture": Image.linear_gradient("L"),
}
MOMENT = pd.Timestamp("2026-10-25 01:30", tz=datetime.timezone.utc).as_unit("ns")
# Of the oldest Python's pandas, 2.3, a text is an object where nobody says otherwise.
TABLES: dict[str, Any] = {
    "frame": pd.DataFrame({
        "n": [1, 2], "s": ["a", None], "t": pd.to_datetime(["2026-01-01", None]).tz_localize("Europe/Berlin"),
        "k": pd.Categorical(["b", None], ["b", "a"], ordered=True), "i": pd.array([1, None], "Int16"),
        "c": pd.Categorical([3, 1]), "d": np.array(["2026-01-01", "NaT"], "M8[s]"),
        "l": pd.Series([[1, 2], None], dtype=object),
    }).set_axis(pd.Index(["r", "s"], name="id")),
    "kept": pd.DataFrame({
        "d": pd.Series([Decimal("2.5"), Decimal("2.50"), None], dtype=object), "x": pd.array([1.5, None, 0], "Float64"),
        "u": pd.date_range("2026-01-01", periods=3, tz="UTC", unit="ns"), "z": pd.interval_range(0, 3),
        "p": pd.period_range("2026-01", periods=3, freq="M"), "r": pd.Categorical.from_codes([0, 2, 1], range(3)),
    }).set_axis(pd.MultiIndex.from_product([pd.date_range("2026-01-01", periods=4), ["b"]], names=[0, "k"])[1:]),
    "losses": pd.DataFrame([[1.0, 2.0]], columns=pd.MultiIndex.from_product([["loss"], ["train", "val"]])),
    "series": pd.Series([1.5, 2.5], name=("a", 1), index=pd.date_range("2026-01-01", periods=2, freq="D")),
    "moments": [MOMENT, MOMENT.tz_convert(ZoneInfo("Asia/Tokyo")), pd.Timedelta(1, "s").as_unit("ms"), {"nat": pd.NaT}],
    "table": pa.table({"a": [1, None], "t": pa.array([1, 2], pa.timestamp("us", "UTC")), "l": [[1], []]}),
    "polar": pl.DataFrame({"a": [1, None], "k": ["x", "y"]}, schema={"a": pl.Int64, "k": pl.Enum(["y", "x"])}),
}  # fmt: skip


def check_frame(got: pd.DataFrame, value: pd.DataFrame) -> None:
    """Whether a frame is the same, in what equality leaves out, too."""
    pd.testing.assert_frame_equal(got, value, check_exact=True, check_freq=True)
    assert [list(map(repr, got[name])) for name in value] == [list(map(repr, value[name])) for name in value]
    levels = [[getattr(level, "freqstr", None) for level in getattr(it.index, "levels", ())] for it in (got, value)]
    assert levels[0] == levels[1]


def check(got: Any, value: Any) -> None:
    """Whether a value is the same, in the same type."""
    assert type(got) is type(value)
    if isinstance(value, pd.DataFrame):
        check_frame(got, value)
    elif isinstance(value, pd.Series):
        pd.testing.assert_series_equal(got, value, check_exact=True, check_freq=True)
    elif isinstance(value, (pa.Table, pl.DataFrame)):
        assert got.schema == value.schema
        assert got.equals(value)
    elif isinstance(value, np.ndarray):
        assert (got.dtype, got.shape, got.flags.f_contiguous) == (value.dtype, value.shape, value.flags.f_contiguous)
        assert got.tobytes() == value.tobytes()
    elif isinstance(value, Image.Image):
        assert (got.mode, got.size, got.tobytes()) == (value.mode, value.size, value.tobytes())
    elif isinstance(value, (list, tuple)):
        assert len(got) == len(value)
        for one, other in zip(got, value, strict=True):
            check(one, other)
    elif isinstance(value, dict):
        assert list(got) == list(value)
        for name, item in value.items():
            check(got[name], item)
    else:
        assert got is value or got == value


CODE = """\
import sys
version = sys.version_info[:2]
text = (folder / "deep" / "vocab.txt").read_text(encoding="utf-8")
types = {name: type(value).__module__.partition(".")[0] for name, value in list(globals().items()) if name in wanted}
"""


@pytest.mark.parametrize("python", PYTHONS)
def test_values_of_every_format_go_through_each_python_unchanged(
    local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: str
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "folder/deep").mkdir(parents=True)
    (tmp_path / "folder/deep/vocab.txt").write_text("é", encoding="utf-8")
    values = {**PLAIN, **ARRAYS, **TABLES}
    sent = {**values, "folder": tmp_path / "folder", "wanted": list(values)}
    job = hfjobs_magic.run(
        CODE,
        inputs={written(name): value for name, value in sent.items()},
        outputs=[*map(written, values), "version", "text", "types", "folder"],
        local=True,
        python=PYTHONS[python],
    ).wait(timeout=TIMEOUT_S)
    got = {name: value.get() for name, value in job.values.items()}
    assert (got["version"], got["text"]) == (number(python), "é")
    for name, value in values.items():
        assert got["types"][name] == type(value).__module__.partition(".")[0], "in the job, too"
        check(got[name], value)
    assert got["rows"][0] is got["rows"][1]["again"]
    assert (got["folder"] / "deep/vocab.txt").read_text(encoding="utf-8") == "é"


def written(name: str) -> str:
    """As `-i` has it: a dict of arrays is JSON where nobody says otherwise."""
    return f"{name}:safetensors" if name == "tensors" else name


def number(version: str) -> tuple[int, ...]:
    """Return 3.9 as what is less than 3.10."""
    return tuple(map(int, version.split(".")))
