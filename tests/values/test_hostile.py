"""Files that are not what they claim to be: refused in a sentence; nothing is unpickled, no room made for claims."""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from hfjobs_magic.values import memory, pickles
from hfjobs_magic.values.format import RefusedError
from hfjobs_magic.values.table import FORMATS, NAMES, read_value, write_value
from tests.memory import measure_memory

if TYPE_CHECKING:
    from collections.abc import Callable

EXTRA: dict[str, dict[str, Any]] = {
    "pandas": {"objects": [], "lists": []},
    "arrow": {"library": "pyarrow"},
    "files": {"name": "data", "folder": False},
}


class Bomb:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("key", [key for key in FORMATS if key != "files"])
@pytest.mark.parametrize("content", ["pickle", "npy with a pickle", "nothing", "text"])
def test_nothing_is_unpickled_whatever_the_manifest_says(tmp_path: Path, key: str, content: str):
    bomb = tmp_path / "gone-off"
    file = tmp_path / "value"
    if content == "pickle":
        file.write_bytes(pickle.dumps(Bomb(bomb)))
    elif content == "npy with a pickle":
        with file.open("wb") as written:
            np.save(written, np.array([Bomb(bomb)], dtype=object), allow_pickle=True)
    else:
        file.write_bytes(b"" if content == "nothing" else b"{]")
    with pytest.raises(RefusedError):
        read_value(key, tmp_path, ["value"], EXTRA.get(key, {}))
    assert not bomb.exists()


def test_an_array_that_claims_more_than_its_file_takes_no_memory(tmp_path: Path):
    with (tmp_path / "value").open("wb") as file:
        np.lib.format.write_array_header_2_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10**10 // 8,)})
        file.write(bytes(80))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(RefusedError, match="is not an npy file"):
        read_value("arrays", tmp_path, ["value"], {})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kB"


def write_zeros(path: Path, rows: int, groups: int = 1) -> None:
    """Write a column of zeros; with 2**n `groups` only what a file of so many would say of itself."""
    pq.write_table(pa.table({"a": np.zeros(rows)}), path, row_group_size=rows)
    metadata = pq.read_metadata(path)
    while metadata.num_row_groups < groups:
        metadata.append_row_groups(metadata)
    if groups > 1:
        metadata.write_metadata_file(path)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["pandas", "pyarrow", "datasets"])
def test_a_table_that_would_fill_the_memory_is_refused_before_it_is_read(tmp_path: Path, key: str):
    write_zeros(tmp_path / "value", 10_000_000, 2**15)
    extra = {"pyarrow": EXTRA["arrow"], "pandas": EXTRA["pandas"]}.get(key, {})
    with pytest.raises(
        RefusedError, match=r"would take 5242\.9 GB of memory to read, and .+B of this machine's are free"
    ):
        read_value("arrow" if key == "pyarrow" else key, tmp_path, ["value"], extra)


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
def test_the_memory_of_a_table_is_that_of_its_cells(tmp_path: Path, library: str):
    write_zeros(tmp_path / "value", 1_000_000)
    assert (tmp_path / "value").stat().st_size < 20_000
    counted = memory.count_memory("parquet", tmp_path, ["value"], {"library": library})
    assert 8_000_000 <= counted < 8_300_000


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "I;16"])
def test_the_memory_of_a_picture_is_that_of_its_pixels(tmp_path: Path, mode: str):
    picture = Image.new(mode, (3000, 2000))
    picture.save(tmp_path / "value", "PNG")
    counted = memory.count_memory("png", tmp_path, ["value"], {})
    assert counted == 6_000_000 * {"1": 1, "L": 1, "RGB": 4, "I;16": 4}[mode]


FLIPS = """\
import pathlib, sys
from hfjobs_magic.values.format import RefusedError
from hfjobs_magic.values.table import read_value
folder = pathlib.Path(sys.argv[1])
whole = (folder / "value").read_bytes()
for at in range(len(whole)):
    for bits in (1, 0x10, 0xFF):
        changed = bytearray(whole)
        changed[at] ^= bits
        (folder / "changed").write_bytes(changed)
        try:
            read_value("arrow", folder, ["changed"], {"library": "pyarrow"})
        except RefusedError as error:
            assert len(str(error)) < 1000, error
print("all refused or read")
"""


@pytest.mark.slow
def test_no_byte_of_a_table_ends_the_process_that_reads_it(tmp_path: Path):
    pq.write_table(pa.table({"a": ["x", None, "x"], "l": [[1], [], None]}).replace_schema_metadata(None),
                   tmp_path / "value", store_schema=False)  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-c", FLIPS, str(tmp_path)], capture_output=True, text=True, timeout=300, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, "all refused or read\n"), ran.stderr[-2000:]


TEXT = "x" * 100_000
# Made by the test that needs them: each takes 20 MB.
TEXTS: dict[str, Callable[[], pa.Table]] = {
    "texts": lambda: pa.table({"a": [TEXT] * 200}),
    "bytes": lambda: pa.table({"a": pa.array([TEXT.encode()] * 200, pa.large_binary())}),
    "views": lambda: pa.table({"a": pa.array([TEXT] * 200, pa.string_view())}),
    "lists": lambda: pa.table({"a": [[TEXT] * 20] * 10}),
    "records": lambda: pa.table({"a": [{"b": TEXT}] * 200}),
    "maps": lambda: pa.table({"a": pa.array([[("k", TEXT)]] * 200, pa.map_(pa.string(), pa.string()))}),
}


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
@pytest.mark.parametrize("name", TEXTS)
def test_texts_that_stand_in_a_file_once_count_as_often_as_they_are_there(tmp_path: Path, name: str, library: str):
    pq.write_table(TEXTS[name](), tmp_path / "value")
    assert (tmp_path / "value").stat().st_size < 200_000
    counted = memory.count_memory("parquet", tmp_path, ["value"], {"library": library})
    assert 20_000_000 <= counted < 20_300_000


def test_of_a_large_file_a_text_is_taken_for_the_longest_where_that_is_not_too_much(tmp_path: Path):
    noise = np.random.default_rng(0).random(3_000_000)
    words = pa.array([f"word {number % 1000}" for number in range(len(noise))])
    pq.write_table(pa.table({"x": noise, "a": words}), tmp_path / "value")
    assert (tmp_path / "value").stat().st_size > 20_000_000
    counted = memory.count_memory("parquet", tmp_path, ["value"], EXTRA["arrow"])
    assert words.nbytes + noise.nbytes <= counted + 4 * len(noise)
    assert counted < 2 * (words.nbytes + noise.nbytes)
    # One long text says nothing of the others: they are looked at.
    pq.write_table(pa.table({"x": noise, "a": pa.chunked_array([[TEXT], words[1:]])}), tmp_path / "value")
    assert memory.count_memory("parquet", tmp_path, ["value"], EXTRA["arrow"]) < 2 * (words.nbytes + noise.nbytes)


def test_texts_of_which_nobody_can_tell_how_long_they_are_are_not_read(tmp_path: Path):
    table = pa.table({"a": [f"{TEXT}{number}" for number in range(100)]})
    pq.write_table(table, tmp_path / "value", use_dictionary=False, column_encoding={"a": "DELTA_BYTE_ARRAY"})
    with pytest.raises(RefusedError, match=r"would take .+ GB of memory to read"):
        read_value("arrow", tmp_path, ["value"], EXTRA["arrow"])


@pytest.mark.parametrize(
    "value",
    [
        [[] for _ in range(9_999)],
        [{"a": 1} for _ in range(9_999)],
        {str(number): 0 for number in range(9_999)},
        [number + 0.5 for number in range(9_999)],
        [{number} for number in range(9_999)],
        [deque([number]) for number in range(9_999)],
        [(number,) for number in range(9_999)],
        {number: [[number]] for number in range(9_999)},
    ],
    ids=["lists", "dicts", "keys", "numbers", "sets", "queues", "tuples", "deep"],
)
def test_the_memory_of_json_is_about_what_python_takes(tmp_path: Path, value: Any):
    _, written = write_value(value, tmp_path, "value")
    counted = 2 * memory.count_memory("json", tmp_path, written.files, {})
    prepare = "import json, pathlib; from hfjobs_magic.values.table import read_value"
    code = "value = read_value('plain', pathlib.Path(sys.argv[3]), json.loads(sys.argv[4]), {})"
    _, peak = measure_memory(prepare, code, str(tmp_path), json.dumps(written.files))
    assert 0.8 * peak < counted < 8 * peak


def test_the_memory_of_json_is_that_of_its_parts(tmp_path: Path):
    _, written = write_value([[]] * 100_000, tmp_path, "value")
    assert memory.count_memory("json", tmp_path, written.files, {}) > 100_000 * sys.getsizeof([])
    _, written = write_value("x" * 100_000, tmp_path, "value")
    assert memory.count_memory("json", tmp_path, written.files, {}) < 110_000


def test_what_is_free_is_known_and_a_value_that_fits_is_read():
    assert 0 < memory.find_free() < 2**60
    memory.check_memory("npy", 100, 100)
    with pytest.raises(RefusedError, match="would take 202 B of memory to read, and 200 B"):
        memory.check_memory("parquet", 101, 200)


@pytest.mark.parametrize(
    "extra",
    [
        {"name": "../data", "folder": False},
        {"name": "/etc/passwd", "folder": False},
        {"name": "", "folder": False},
        {"name": "data", "folder": True, "empty": ["../../outside"]},
        {"name": "data", "folder": True, "empty": ["/tmp/outside-of-it"]},
    ],
)
def test_a_path_that_leads_elsewhere_makes_nothing_there(tmp_path: Path, extra: dict[str, Any]):
    folder = tmp_path / "deep" / "value"
    folder.mkdir(parents=True)
    (folder / "data").write_bytes(b"x")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RefusedError, match="is damaged"):
        read_value("files", folder, ["data"], extra)
    assert [path for path in tmp_path.rglob("*") if path not in before and "outside" in path.name] == []


def test_a_manifest_of_the_other_format_is_refused(tmp_path: Path):
    pd.DataFrame({"a": [7]}).to_parquet(tmp_path / "value")
    for key in ("plain", "arrays", "pictures"):
        with pytest.raises(RefusedError):
            read_value(key, tmp_path, ["value"], {})
    assert pl.read_parquet(tmp_path / "value")["a"][0] == 7


def test_an_unknown_format_is_refused(tmp_path: Path):
    with pytest.raises(RefusedError, match="has the format 'pickle-please', which this version does not know"):
        read_value("pickle-please", tmp_path, ["value"], {})


KEY = b"k" * 32


def test_a_pickle_is_loaded_only_with_its_key_and_where_versions_agree(tmp_path: Path):
    array = np.array([object], dtype=object)
    key, written = write_value(array, tmp_path, "v", "pickle")
    extra = {**written.extra, "hmac": pickles.sign(KEY, "x", tmp_path / "v.pickle", written.extra)}
    assert (key, extra["modules"]["numpy"]) == ("pickle", np.__version__)
    assert pickles.load(KEY, "x", tmp_path, written.files, extra)[0] is object

    def refuse(sentence: str, key: bytes = KEY, name: str = "x", *, sign: bool = False, **changes: Any) -> None:
        changed = {**extra, **changes}
        if sign:
            changed["hmac"] = pickles.sign(KEY, "x", tmp_path / "v.pickle", changed)
        with pytest.raises(RefusedError, match=sentence):
            pickles.load(key, name, tmp_path, written.files, changed)

    refuse("is read only with the key|the key to trust it by", b"")
    refuse("is not signed with the key", b"j" * 32)
    refuse("is not signed with the key", name="y")
    refuse("is not signed with the key", python="3.8")
    refuse("is a pickle of Python 3.8, and this is Python 3", sign=True, python="3.8")
    refuse(f"is a pickle of numpy 1.0, and here is numpy {np.__version__}", sign=True, modules={"numpy": "1.0"})
    refuse("is a pickle of nowhere 1.0, and here is no nowhere", sign=True, modules={"nowhere": "1.0"})
    with pytest.raises(RefusedError, match="only with the key"):
        read_value("pickle", tmp_path, written.files, extra)


def test_a_pickle_that_was_changed_is_not_loaded(tmp_path: Path):
    _, written = write_value([1], tmp_path, "v", "pickle")
    extra = {**written.extra, "hmac": pickles.sign(KEY, "x", tmp_path / "v.pickle", written.extra)}
    bomb = tmp_path / "gone-off"
    (tmp_path / "v.pickle").write_bytes(pickle.dumps(Bomb(bomb)))
    with pytest.raises(RefusedError, match="somebody changed it"):
        pickles.load(KEY, "x", tmp_path, written.files, extra)
    assert not bomb.exists()


@pytest.mark.parametrize("held", [lambda: 1, [len, lambda: 1]], ids=["lambda", "in a list"])
def test_code_that_a_plain_pickle_only_names_is_refused_with_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: Any
):
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    (held if callable(held) else held[1]).__module__ = "__main__"
    with pytest.raises(RefusedError) as raised:
        write_value(held, tmp_path, "v", "pickle")
    said = "cannot be pickled: it holds a lambda, which a plain pickle only names; with cloudpickle it comes back: "
    assert raised.value.say("x", "x", in_job=True).startswith(f"{said}--with cloudpickle on the line")


def test_a_pickle_of_a_class_of_the_cell_and_one_of_a_package_that_is_not_here_say_what_helps(tmp_path: Path):
    for pickled, sentence in (
        (
            b"c__main__\nNoSuchClass\n.",
            "only names code of the job's cell .*NoSuchClass.*--with cloudpickle on the line",
        ),
        (b"cno_such_package.deep\nx\n.", r"needs no_such_package, which is not installed here \(%pip install no_such_"),
    ):
        _, written = write_value([1], tmp_path, "v", "pickle")
        (tmp_path / "v.pickle").write_bytes(pickled)
        extra = {**written.extra, "hmac": pickles.sign(KEY, "x", tmp_path / "v.pickle", written.extra)}
        with pytest.raises(RefusedError, match=sentence):
            pickles.load(KEY, "x", tmp_path, written.files, extra)


@pytest.mark.parametrize("name", NAMES)
def test_every_format_says_how_much_memory_it_takes(tmp_path: Path, name: str):
    (tmp_path / "value").write_bytes(b"x" * 10)
    assert memory.count_memory(name, tmp_path, ["value"], {}) >= 0
