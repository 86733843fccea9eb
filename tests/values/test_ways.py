"""What a refusal recommends is run as it stands."""

from __future__ import annotations

import array
import dataclasses
import enum
import io
import ipaddress
import os
import re
import types
from collections import namedtuple
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from hfjobs_magic.options.value_names import parse_value
from hfjobs_magic.script.names.inputs import OptionError, choose_inputs, write_inputs


class Color(enum.Enum):
    RED = "r"


class Title(str):
    __slots__ = ()


@dataclasses.dataclass
class Config:
    lr: float = 0.1


Point = namedtuple("Point", "x y")

VALUES: list[Any] = [
    pd.Index([1, 2], name="k"), pd.MultiIndex.from_tuples([(1, "a")], names=["x", "y"]), pd.RangeIndex(3),
    pd.date_range("2026", periods=2), pd.Categorical(["a"]), pd.array([1, None]), pd.Interval(0, 1), pd.Period("2026"),
    pd.DateOffset(1), pa.array([1]), pa.chunked_array([[1]]), pa.RecordBatch.from_pydict({"a": [1]}),
    np.array([(1,)], dtype=[("a", int)])[0], np.dtype("f4"), np.random.default_rng(0),
    Color.RED, Point(1, 2), Config(), Title("a"), io.StringIO("a"), io.BytesIO(b"a"), re.compile("a"),
    array.array("i", [1]), memoryview(b"a"), slice(1, 2), types.SimpleNamespace(a=1), types.MappingProxyType({"a": 1}),
    PurePosixPath("a"), ipaddress.ip_address("127.0.0.1"), (n for n in [1]), {"a": 1}.keys(), {"a": 1}.values(),
    map(str, [1]),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_the_expression_that_is_recommended_sends_the_value(tmp_path: Path, value: Any):
    with pytest.raises(OptionError) as refused:
        choose_inputs(parse_value("it", "-i"), {"it": value})
    found = re.search(r"which has no format; send (it=.+)\. Nothing was submitted\.$", str(refused.value))
    assert found, refused.value
    check(found[1], value, tmp_path)
    # The line's own expression, and not the name that the job has for it.
    with pytest.raises(OptionError) as refused:
        choose_inputs(parse_value("it=of['it']", "-i"), {"of": {"it": value}})
    found = re.search(r"which has no format; send (it=.+)\. Nothing was submitted\.$", str(refused.value))
    assert found, refused.value
    check(found[1], value, tmp_path / "of")


def check(text: str, value: Any, folder: Path) -> None:
    """Send what a refusal recommends."""
    folder.mkdir(exist_ok=True)
    names = {"it": value, "of": {"it": value}, "np": np}
    sent = write_inputs(choose_inputs(parse_value(text, "-i"), names), folder, b"")
    assert sent.size


def masked() -> Any:
    return np.ma.array([1, 2], mask=[True, False])


DAYS = pd.DatetimeIndex(["2026-01-01", "2026-01-02"], freq=pd.offsets.CustomBusinessDay(holidays=["2026-01-03"]))
MODES = ("CMYK", "YCbCr", "HSV", "RGBX", "RGBa", "La", "PA", "I", "F", "I;16B", "LAB")
CHANGED: list[Any] = [
    np.array(["a", "bc"], dtype=np.dtypes.StringDType()),
    np.array([(1, 2.5)], np.dtype([("a", "i4"), ("b", "f8")], metadata={"unit": "m"})),
    np.rec.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
    pd.DataFrame({"a": pd.arrays.SparseArray([0, 1]), "b": [1.5, 2.0]}),
    masked(), np.array([[1, 2]]).view(np.matrix), np.array([None, "a"]),
    np.zeros(2, np.dtype("f4", metadata={"unit": "m"})),
    pd.Series(pd.arrays.SparseArray([0, 1])), pd.DataFrame({"a": pd.arrays.SparseArray([0, 1])}),
    pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False), pd.DataFrame([[1, 2]], columns=["a", 1]),
    pd.DataFrame({"a": [1, 2]}, index=DAYS), pa.table({"a": [1, 2]}).select([]),
    *(Image.new(mode, (2, 2)) for mode in MODES),
]  # fmt: skip


@pytest.mark.parametrize("value", CHANGED, ids=lambda value: getattr(value, "mode", type(value).__name__))
@pytest.mark.parametrize("expression", ["it", "of['it']"])
def test_what_is_said_of_a_value_that_would_be_changed_sends_it(tmp_path: Path, value: Any, expression: str):
    names = {"it": value, "of": {"it": value}}
    with pytest.raises(OptionError) as refused:
        write_inputs(choose_inputs(parse_value(f"it={expression}", "-i"), names), tmp_path / "first", b"")
    said = re.search(
        r"; send (it=.+?)(?: and (it_\w+=.+))?(?:, (?:an|which) .+)?\. Nothing was submitted", str(refused.value)
    )
    assert said, refused.value
    for at, text in enumerate(filter(None, said.groups())):
        check(text, value, tmp_path / str(at))


def test_a_dict_of_the_environment_is_sent_as_it_is_written():
    with pytest.raises(OptionError, match=r"no format; send d=dict\(os\.environ\)\. Nothing"):
        choose_inputs(parse_value("d=os.environ", "-i"), {"os": os})
    with pytest.raises(OptionError, match=r"or write d=\(0, object\(\)\)\[1\]:pickle\. Nothing"):
        choose_inputs(parse_value("d=(0, object())[1]", "-i"), {})
