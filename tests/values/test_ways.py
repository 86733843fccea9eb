"""What a refusal recommends is run as it stands."""

from __future__ import annotations

import array
import dataclasses
import enum
import io
import ipaddress
import re
import types
from collections import namedtuple
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hfjobs_magic.options.value_names import parse_value
from hfjobs_magic.script.inputs import OptionError, choose_inputs, write_inputs


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
    sent = write_inputs(choose_inputs(parse_value(found[1], "-i"), {"it": value}), tmp_path, b"")
    assert sent.size
