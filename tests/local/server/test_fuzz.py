"""What nobody thinks of, drawn from the Hub's document: no failure, and no answer of another shape."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psutil
import pytest
from hypothesis import HealthCheck, given, settings

from tests.local import contract
from tests.local.serving import Server, eventually, processes_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemathesis import Case
    from schemathesis.schemas import APIOperation

WHOLE = {**contract.DOCUMENT, "paths": {**contract.DOCUMENT["paths"], **contract.BUCKETS}}
LABELS = [f"{method.upper()} {path}" for path, methods in WHOLE["paths"].items() for method in methods]
BUCKET = "fuzz"
"""What every question about a bucket is put to."""
# What is deleted could not be asked about any more.
ORDER = sorted(LABELS, key=lambda label: label.startswith("DELETE"))
STREAMS = ("/logs", "/metrics", "/events")


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, str]]]:
    """A service whose only slot is taken, so that no command that is drawn here ever runs."""
    folder: Path = tmp_path_factory.mktemp("fuzz")
    server = Server(folder / "data", {"HFJOBS_LOCAL_SLOTS": "1"})
    blocker = server.run("sleep", "3600")
    eventually(lambda: server.stage(blocker) == "RUNNING")
    scheduled = {"jobSpec": {"command": ["true"], "flavor": "cpu-basic"}, "schedule": "@yearly"}
    ids = {
        "jobs": server.run("true"),
        "scheduled-jobs": server.http("POST", "/api/scheduled-jobs/local", json=scheduled).json()["id"],
    }
    server.api.create_bucket(f"local/{BUCKET}")
    yield server, ids
    server.kill()
    for process in processes_of(blocker):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    eventually(lambda: not processes_of(blocker))


@pytest.fixture(scope="module")
def operations() -> dict[str, APIOperation]:
    """What is asked, each with what may be drawn for it."""
    import schemathesis  # noqa: PLC0415 - more than a second, which only these tests need

    found = (result.ok() for result in schemathesis.openapi.from_dict(WHOLE).get_all_operations())
    return {operation.label: operation for operation in found}


def test_all_of_the_document_is_asked(operations: dict[str, APIOperation]):
    assert set(ORDER) == operations.keys()


@pytest.mark.parametrize("label", ORDER)
def test_whatever_is_asked_the_answer_is_documented(
    busy: tuple[Server, dict[str, str]], operations: dict[str, APIOperation], label: str
):
    server, ids = busy

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(operations[label].as_strategy())
    def ask(case: Case) -> None:
        if "namespace" in case.path_parameters:
            case.path_parameters["namespace"] = "local"
        if "jobId" in case.path_parameters and not case.path.endswith(STREAMS):
            case.path_parameters["jobId"] = ids[case.path.split("/")[2]]
        if "repo" in case.path_parameters:
            case.path_parameters["repo"] = BUCKET
        for body in (case.body, case.body.get("jobSpec") if isinstance(case.body, dict) else None):
            if isinstance(body, dict) and "flavor" in body:
                # The document lets it be left out, for images that have a command; most would be refused for it.
                body.setdefault("command", ["true"])
        answer = case.call(base_url=server.endpoint, headers={"Authorization": f"Bearer {server.token}"}, timeout=30)
        assert answer.status_code < 500
        if case.method == "PUT" and "jobs" in label:
            # What the document allows here has nothing in it that one machine could not do.
            assert answer.status_code == 200, answer.text
        if answer.headers.get("content-type", [""])[0].startswith("application/json"):
            path = case.formatted_path
            assert contract.problems(case.method, path, answer.status_code, answer.json()) == []

    ask()
