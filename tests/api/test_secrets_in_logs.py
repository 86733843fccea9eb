"""What a job prints of the secrets that this kernel sent reaches nobody here; real jobs on the local service."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

import hfjobs_magic
from hfjobs_magic.errors import RemoteError
from hfjobs_magic.widgets.card import JobCard

if TYPE_CHECKING:
    from hfjobs_magic.local.daemon import Service

SECRET = "sk-live-0123456789abcdef"
LEAKS = """import base64, os, sys
value = os.environ["API_KEY"]
print("key", value, flush=True)
print(base64.b64encode(b"user:" + value.encode()).decode())
display({"text/plain": value, "text/html": f"<b>{value}</b>"}, raw=True)
raise ValueError(f"bad key {value}")
"""


@pytest.fixture(autouse=True)
def _api_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", SECRET)


def encoded() -> str:
    return base64.b64encode(b"user:" + SECRET.encode()).decode()[8:-3]


def everything_of(job: hfjobs_magic.Job, error: RemoteError) -> str:
    """What can be seen of a job in a notebook."""
    card = JobCard(job)
    log = job.open_follower(card).log
    seen = [
        *log.lines(0, 99),
        *job.logs(),
        str(card.get_state()),
        str(card._repr_mimebundle_()),
        str(error),
        error.traceback,
        *error._render_traceback_(),
        str(error.frames),
        *error.log_tail,
        *(str(item.data) for item in job.outputs),
        str(job.status),
    ]
    card.close()
    return "\n".join(seen)


def test_values_of_secrets_reach_no_trait_snapshot_exception_or_file(local: Service):
    job = hfjobs_magic.run(LEAKS, local=True, secrets=["API_KEY"])
    with pytest.raises(RemoteError) as raised:
        job.wait(timeout=120)
    seen = everything_of(job, raised.value)
    assert SECRET not in seen
    assert encoded() not in seen
    assert "key ***" in seen
    assert "ValueError: bad key ***" in str(raised.value)
    again = hfjobs_magic.attach(job.id, local=True)
    assert [item.data for item in again.outputs] == [item.data for item in job.outputs]
    assert "<b>***</b>" in str(again.outputs[0].data)


def test_no_mask_shows_them(local: Service):
    job = hfjobs_magic.run(LEAKS, local=True, secrets=["API_KEY"], no_mask=True)
    with pytest.raises(RemoteError, match=f"bad key {SECRET}") as raised:
        job.wait(timeout=120)
    seen = everything_of(job, raised.value)
    assert f"key {SECRET}" in seen
    assert encoded() in seen
    assert "key ***" not in seen


def test_another_job_that_prints_what_one_was_given(local: Service):
    hfjobs_magic.run("print(1)", local=True, secrets=["API_KEY"], script=True).wait(timeout=120)
    job = hfjobs_magic.run(f"print('{SECRET[:8]}' + '{SECRET[8:]}')", local=True, script=True).wait(timeout=120)
    assert any(line == "***" for line in job.logs())


NAMED = """import os, pathlib
value = os.environ["API_KEY"]
pathlib.Path("results").mkdir(exist_ok=True)
for name in (f"{value}.txt", f"{value}2.txt", "plain.txt"):
    pathlib.Path("results", name).write_text(name)
table = {value: [1, value]}
folder = pathlib.Path("results")
for at in range(0, len(value), 6):
    print(value[at : at + 6], flush=True)
"""


def test_files_and_values_that_are_named_like_a_secret_come_back_whole_and_are_not_shown(local: Service, tmp_path):
    job = hfjobs_magic.run(NAMED, local=True, secrets=["API_KEY"], outputs=["table", "folder"], out_dir="results")
    job.wait(timeout=120)
    done = job.files.pull(tmp_path / "here")
    assert {path.name for path in (tmp_path / "here").iterdir()} == {f"{SECRET}.txt", f"{SECRET}2.txt", "plain.txt"}
    assert len(done.fetched) == 3
    assert done.missing == ()
    assert SECRET not in repr(done) + repr(job.files) + str(job.files.listed.files[0].path)
    assert len(job.files.pull(tmp_path / "here").present) == 3
    assert job.values["table"].get() == {SECRET: [1, SECRET]}
    assert (job.values["folder"].get() / f"{SECRET}.txt").read_text() == f"{SECRET}.txt"
    assert SECRET not in repr(job.values.manifests()["table"].repr)
    for tail in range(1, 6):
        assert not any(SECRET[at : at + 6] in line for line in job.logs(tail=tail) for at in range(0, len(SECRET), 6))
