"""Values of the notebook that go along with a cell, in real jobs of the local service."""

from __future__ import annotations

import hashlib
import json
import pickle
import sys
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from huggingface_hub import HfApi

import hfjobs_magic
from hfjobs_magic.errors import OptionError, TransferInterruptedError, ValueUnavailableError
from hfjobs_magic.hub.value_keys import key_of

if TYPE_CHECKING:
    from pathlib import Path

    from hfjobs_magic.local.daemon import Service

TIMEOUT_S = 120


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


# The tests' own environment has numpy and pandas: nothing is downloaded.
def run(code: str, inputs, **options) -> hfjobs_magic.Job:
    return hfjobs_magic.run(code, inputs=inputs, local=True, python=sys.executable, **options)


def list_inputs(service: Service) -> dict[str, int]:
    api = HfApi(endpoint=service.endpoint, token=service.token)
    bucket = f"{service.namespace}/jobs-artifacts"
    api.create_bucket(bucket, private=True, exist_ok=True)
    tree = api.list_bucket_tree(bucket, prefix="hfjob-inputs", recursive=True)
    return {item.path: item.size for item in tree if item.type == "file"}


CHECKS = """\
import numpy, pandas, pathlib
assert cfg == {"lr": 1e-3, "layers": (1, 2), 3: {4}}, cfg
assert grid.dtype == "f4" and grid.sum() == 15, grid
pandas.testing.assert_frame_equal(df, pandas.DataFrame({"x": [1, 2], "y": ["a", None]}, index=["r", "s"]))
assert (folder / "sub" / "weights.bin").read_bytes() == bytes(range(256))
assert sorted(path.name for path in folder.iterdir()) == ["empty", "sub", "twin.bin"]
assert first == 1
print("all there")
"""


def test_values_of_every_kind_are_there_when_the_cell_runs(local, tmp_path: Path):
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "empty").mkdir()
    for path in (folder / "sub" / "weights.bin", folder / "twin.bin"):
        path.write_bytes(bytes(range(256)))
    df = pd.DataFrame({"x": [1, 2], "y": ["a", None]}, index=["r", "s"])
    cfg = {"lr": 1e-3, "layers": (1, 2), 3: {4}}
    grid = np.arange(6, dtype="f4").reshape(2, 3)
    assert (df, cfg, grid) is not None, "names of this function, as -i has them"
    wanted = ["df,cfg,grid:npy", "folder", "first=df['x'].iloc[0] + 0"]
    job = hfjobs_magic.run(CHECKS, inputs=wanted, local=True, python=sys.executable).wait(timeout=TIMEOUT_S)
    assert list(job.logs()) == ["all there"]
    again = job.rerun().wait(timeout=TIMEOUT_S)
    assert list(again.logs()) == ["all there"]
    changed = job.rerun(env={"A1": "b"}).wait(timeout=TIMEOUT_S)
    assert list(changed.logs()) == ["all there"]
    with pytest.raises(OptionError, match="has the values that it had"):
        job.rerun(inputs=["df"])


def test_equal_values_are_sent_once(local):
    grid = np.random.default_rng().integers(0, 1 << 16, 1_000_000, dtype="u2")
    before = set(list_inputs(local))
    one = run("print(grid.sum())\n", {"grid": grid}).wait(timeout=TIMEOUT_S)
    sent = set(list_inputs(local)) - before
    assert len(sent) == 1
    other = run("print(grid.sum(), 1)\n", {"grid": grid}).wait(timeout=TIMEOUT_S)
    assert set(list_inputs(local)) - before == sent
    assert run("print(grid.sum())\n", {"grid": grid}, reuse=True).id == one.id
    assert run("print(grid.sum())\n", {"grid": grid + 1}, reuse=True).id not in {one.id, other.id}
    both = run("print(grid.sum(), n)\n", {"grid": grid, "n": 7}).wait(timeout=TIMEOUT_S)
    assert list(both.logs()) == [f"{grid.sum()} 7"]


def test_a_value_that_was_replaced_in_the_bucket_never_gets_to_the_cell(local):
    job = run("print(secret_sauce)\n", {"secret_sauce": [1, 2, 3]}).wait(timeout=TIMEOUT_S)
    path = next(path for path, size in list_inputs(local).items() if size == len("[1, 2, 3]"))
    api = HfApi(endpoint=local.endpoint, token=local.token)
    api.batch_bucket_files(f"{local.namespace}/jobs-artifacts", add=[(b"[6, 6, 6]", path)])
    again = job.rerun()
    with pytest.raises(hfjobs_magic.JobFailedError, match="secret_sauce is not what was sent with -i"):
        again.wait(timeout=TIMEOUT_S)
    assert "[6, 6, 6]" not in "".join(again.logs())
    api.batch_bucket_files(f"{local.namespace}/jobs-artifacts", delete=[path])
    with pytest.raises(hfjobs_magic.JobFailedError, match="secret_sauce, which was sent with -i, cannot be read"):
        job.rerun().wait(timeout=TIMEOUT_S)
    with pytest.raises(OptionError, match=r"are not in .*/jobs-artifacts\. Run its cell again"):
        job.rerun(env={"A1": "b"})
    assert list(run("print(secret_sauce)\n", {"secret_sauce": [1, 2, 3]}).wait(timeout=TIMEOUT_S).logs()) == [
        "[1, 2, 3]"
    ]


class Opaque:
    pass


@pytest.mark.parametrize(
    ("inputs", "options", "sentence"),
    [
        (
            {"thing": Opaque()},
            {},
            r"inputs=\[.thing.\] is of type .*Opaque, which has no format.*Nothing was submitted\.$",
        ),
        ({"rows": [Opaque()]}, {}, r"inputs=\[.rows.\] holds a value of type .*Opaque"),
        ({"run": run}, {}, r"inputs=\[.run.\] is code, which comes along by itself"),
        ({"t": "hf_" + "a1B2" * 8}, {}, r"inputs=\[.t.\] is a text that looks like a secret"),
        (
            {"cfg": {"password": "abc"}},
            {},
            r"inputs=\[.cfg.\] is a dict that holds .*\(cfg\[.password.\]\).*PASSWORD",
        ),
        (["nothing_here"], {}, r"inputs=\[.nothing_here.\]: the notebook has no nothing_here"),
        (["x=1 / 0"], {}, r"inputs=\[.x.\]: 1 / 0 fails here: ZeroDivisionError"),
        ({"x": np.zeros(200)}, {"max_input": "1kB"}, r"inputs take up 1\.\d kB, x 1\.\d kB of that\..*yes=True"),
        ({"x": 1}, {"script": True}, "inputs needs IPython in the job"),
        ({"x": 1}, {"volumes": ["hf://buckets/me/b:/hfjob"]}, "/hfjob is where the values of inputs are"),
        ({"x": np.broadcast_to(np.zeros(1), (10**9,))}, {}, "take up 8.0 GB; at most 5.0 GB can be sent"),
        ({"a/b": 1}, {}, r"inputs=\[.a/b.\]: write the name of a variable of the notebook"),
    ],
)
def test_what_cannot_go_along_is_refused_before_anything_is_sent(local, inputs, options, sentence: str):
    before = list_inputs(local)
    with pytest.raises(OptionError, match=sentence):
        run("print(1)\n", inputs, **options)
    assert list_inputs(local) == before


def test_an_open_file_goes_as_its_path(local, tmp_path: Path):
    path = tmp_path / "a b.txt"
    path.write_text("hello")
    with path.open() as file, pytest.raises(OptionError) as refused:
        run("print(file)\n", {"file": file})
    way = f"file=Path({str(path)!r})"
    assert str(refused.value).endswith(f"has no format; send {way}. Nothing was submitted.")
    job = run("print(file.read_text())\n", [way], outputs=["again=Path(file.name + '.gone')"])
    assert list(job.wait(timeout=TIMEOUT_S).logs()) == [
        "hello",
        "[values] again leads to nothing: there is no a b.txt.gone.",
    ]


def test_a_dry_run_says_what_would_be_sent_and_asked():
    large = {"data": np.zeros(200)}
    shown = repr(hfjobs_magic.run("print(data)\n", inputs=large, local=True, max_input="1kB", dry_run=True))
    assert "as npy, 1.7 kB); more than 1.0 kB (--max-input), so you are asked first (--yes)" in shown
    sure = hfjobs_magic.run("print(data)\n", inputs=large, local=True, max_input="1kB", yes=True, dry_run=True)
    assert "asked first" not in repr(sure)
    runs = repr(hfjobs_magic.sweep("print(n)\n", {"n": [1, 2]}, local=True, dry_run=True))
    assert runs.startswith("A sweep of 2 runs")


def test_a_script_gets_no_values(local):
    with pytest.raises(OptionError, match="inputs sends values to a cell, which IPython runs"):
        run("# /// script\n# dependencies = []\n# ///\nprint(x)\n", {"x": 1})


def test_a_public_bucket_gets_no_values(local):
    api = HfApi(endpoint=local.endpoint, token=local.token)
    bucket = f"{local.namespace}/jobs-artifacts"
    api.create_bucket(bucket, private=True, exist_ok=True)
    before = list_inputs(local)
    api.update_bucket_settings(bucket, private=False)
    try:
        with pytest.raises(OptionError, match="is public"):
            run("print(x)\n", {"x": "not for everybody"})
        assert list_inputs(local) == before
    finally:
        api.update_bucket_settings(bucket, private=True)


def test_a_schedule_has_the_values_of_its_making(local):
    numbers = [1, 2]
    nightly = hfjobs_magic.schedule(
        "total = sum(numbers)\n", "0 3 * * *", inputs=["numbers"], outputs=["total"], local=True, python=sys.executable
    )
    try:
        numbers.append(3)
        nightly.trigger().wait(timeout=TIMEOUT_S)
        last = nightly.last_run
        assert last is not None
        assert last.values["total"].get() == 3
    finally:
        nightly.delete()


def test_large_values_are_sent_by_a_process_of_their_own(local, capsys):
    grid = np.random.default_rng().bytes(25_000_000)
    job = run("import hashlib\nprint(hashlib.sha256(data).hexdigest())\n", {"data": np.frombuffer(grid, "u1")})
    assert list(job.wait(timeout=TIMEOUT_S).logs()) == [hashlib.sha256(grid).hexdigest()]
    said = capsys.readouterr().err
    assert "Sending values, 25." in said
    assert said.rstrip().endswith("done")


PICKLED = """\
import collections
assert model == collections.Counter("abca"), model
model.update("b")
import os
assert not [name for name in os.environ if "VALUE_KEY" in name]
"""


def test_a_pickle_goes_both_ways_signed(local, capfd):
    job = run(PICKLED, {"model:pickle": Counter("abca")}, outputs=["model:pickle"]).wait(timeout=TIMEOUT_S)
    model = job.values["model"]
    assert model.get() == Counter("abcab")
    again = job.rerun(env={"A1": "b"}).wait(timeout=TIMEOUT_S)
    assert again.values["model"].get() == Counter("abcab")
    # The local service keeps no secrets, so they are sent anew.
    once_more = hfjobs_magic.attach(job.id, local=True).rerun().wait(timeout=TIMEOUT_S)
    assert once_more.values["model"].get() == Counter("abcab")
    with pytest.raises(OptionError, match="are signed for its name"):
        job.rerun(name="other")
    key = key_of(job.name).hex()
    assert key not in json.dumps(job.client.details(job.id)) + "".join(job.logs()) + repr(vars(job)) + str(
        capfd.readouterr()
    )
    # Whoever can write to the bucket writes a manifest that fits his file, and has no key.
    bucket, prefix = f"{local.namespace}/jobs-artifacts", job.facts.folder.partition("jobs-artifacts/")[2]
    forged = pickle.dumps(Counter("zzz"))
    manifest = next(item for item in job.client.run_folder(job.facts).values() if item["name"] == "model")
    manifest["files"] = [{"path": "value.pickle", "size": len(forged), "sha256": hashlib.sha256(forged).hexdigest()}]
    files = [
        (forged, f"{prefix}/values/1/model/value.pickle"),
        (json.dumps(manifest).encode(), f"{prefix}/values/1/model.json"),
    ]
    HfApi(endpoint=local.endpoint, token=local.token).batch_bucket_files(bucket, add=files)
    with pytest.raises(ValueUnavailableError, match="is a pickle that is not signed with the key of its job"):
        job.values["model"].get()


def test_a_pickle_is_asked_for_by_name_only(local):
    with pytest.raises(OptionError, match=r"inputs=\[.model.\] is of type ValueError, .* or write model:pickle"):
        run("print(model)\n", {"model": ValueError("x")})
    with pytest.raises(OptionError, match=r"inputs=\[.gen.\] is of type generator, .* send gen=list\(gen\)\."):
        run("print(gen)\n", {"gen": (n for n in range(3))})
    with pytest.raises(OptionError, match=r"inputs=\[.gen.\] cannot be pickled"):
        run("print(gen)\n", {"gen:pickle": (n for n in range(3))})


class Model:
    def save_pretrained(self, folder: Path) -> None:
        (folder / "config.json").write_text("{}")


def test_what_would_arrive_as_something_else_goes_only_where_the_line_names_the_format(local):
    """And comes back as that, which the log says."""
    with pytest.raises(OptionError, match=r"inputs=\[.model.\] travels as a folder; .*\[.model:dir.\] sends that"):
        run("model\n", {"model": Model()})
    code = (
        "assert (model / 'config.json').read_text() == '{}'\nclass Tokenizer:\n    def save_pretrained(self, folder):\n"
    )
    code += "        (folder / 'vocab.txt').write_text('a')\nback = Tokenizer()\n"
    job = run(code, {"model:dir": Model()}, outputs=["back"]).wait(timeout=TIMEOUT_S)
    assert (job.values["back"].get() / "vocab.txt").read_text() == "a"
    note = "[values] back travels as a folder; Tokenizer.from_pretrained(PATH) makes it a Tokenizer again."
    assert note in list(job.logs())


class Slow:
    """Is interrupted while it is written."""

    def save_pretrained(self, _folder: Path) -> None:
        raise KeyboardInterrupt


def test_ctrl_c_while_values_are_written_says_that_nothing_was_submitted(local):
    with pytest.raises(TransferInterruptedError, match=r"^Nothing was submitted\."):
        run("x", {"x": Slow()})
