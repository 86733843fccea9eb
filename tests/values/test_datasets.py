"""Data sets of the `datasets` library: they come back the same, or are refused with a sentence."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import datasets
import numpy as np
import pytest
from PIL import Image

from hfjobs_magic.values.format import RefusedError
from hfjobs_magic.values.table import read_value, write_value

if TYPE_CHECKING:
    from pathlib import Path

FEATURES = datasets.Features({
    "text": datasets.Value("string"),
    "label": datasets.ClassLabel(names=["bad", "good"]),
    "ids": datasets.List(datasets.Value("int32")),
    "when": datasets.Value("timestamp[s]"),
    "grid": datasets.Array2D((2, 2), "float32"),
})  # fmt: skip
ROWS = datasets.Dataset.from_dict(
    {
        "text": ["a", None, "é"],
        "label": [0, 1, 1],
        "ids": [[1, 2], [], None],
        "when": [0, None, 2],
        "grid": [np.eye(2)] * 3,
    },
    features=FEATURES,
    info=datasets.DatasetInfo(features=FEATURES, description="Made by hand"),
    split=datasets.Split.TRAIN,
)


def travel(value: Any, folder: Path) -> Any:
    key, written = write_value(value, folder, "v")
    assert (key, written.note) == ("datasets", "")
    return read_value(key, folder, written.files, written.extra)


@pytest.mark.parametrize(
    "value",
    [
        ROWS,
        ROWS.select([]),
        ROWS.select([2, 0]).with_format("numpy", columns=["label", "ids"], output_all_columns=True),
        ROWS.filter(lambda row: row["label"] == 1).shuffle(seed=1),
    ],
    ids=["rows", "none", "numpy", "chosen"],
)
def test_a_data_set_comes_back_the_same(tmp_path: Path, value: datasets.Dataset):
    again = travel(value, tmp_path)
    assert type(again) is datasets.Dataset
    assert (again.features, again.split, again.format) == (value.features, value.split, value.format)
    assert again.with_format(None)[:] == value.with_format(None)[:]
    assert again.info.description == value.info.description


def test_pictures_that_a_data_set_only_names_travel_inside(tmp_path: Path):
    picture = tmp_path / "red.png"
    Image.new("RGB", (2, 2), "red").save(picture)
    value = datasets.Dataset.from_dict({"picture": [str(picture)]}).cast_column("picture", datasets.Image())
    (tmp_path / "out").mkdir()
    again = travel(value, tmp_path / "out")
    picture.unlink()
    assert again[0]["picture"].getpixel((0, 0)) == (255, 0, 0)
    stored = again.cast_column("picture", datasets.Image(decode=False))[0]["picture"]
    assert Image.open(io.BytesIO(stored["bytes"])).size == (2, 2)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (ROWS.with_transform(lambda batch: batch), "has a transform, which is code"),
        (ROWS.to_iterable_dataset(), "is an IterableDataset, which is read as it is used"),
        (datasets.DatasetDict(train=ROWS), r"is a DatasetDict; send its splits, each by a name: x_train=x\['train'\]"),
    ],
    ids=["transform", "stream", "splits"],
)
def test_a_data_set_that_is_more_than_data_is_refused(tmp_path: Path, value: Any, sentence: str):
    with pytest.raises(RefusedError, match=sentence):
        write_value(value, tmp_path, "v")


@pytest.mark.parametrize(
    "lie",
    [
        {"features": {"text": {"dtype": "int8", "_type": "Value"}}},
        {"features": {"text": {"_type": "os.system"}}},
        {"features": None},
        {"view": {"type": "nothing", "columns": None, "output_all_columns": False, "format_kwargs": {}}},
        {"info": {}},
    ],
)
def test_a_manifest_that_lies_of_a_data_set_is_refused(tmp_path: Path, lie: dict[str, Any]):
    key, written = write_value(ROWS, tmp_path, "v")
    with pytest.raises(RefusedError):
        read_value(key, tmp_path, written.files, {**written.extra, **lie})
