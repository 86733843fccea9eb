"""Every documented route and every field: asked for really, and answered as the Hub's document says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.local.server.routes_account import ROUTES as ACCOUNT_ROUTES
from hfjobs_magic.local.server.routes_jobs import ROUTES as JOB_ROUTES
from hfjobs_magic.local.server.routes_scheduled import ROUTES as SCHEDULED_ROUTES
from tests.local import contract
from tests.local.serving import eventually

if TYPE_CHECKING:
    from tests.local.serving import Server

SPEC: dict[str, Any] = {
    "dockerImage": "python:3.12",
    "command": ["sleep", "60"],
    "arguments": [],
    "environment": {"AB": "c"},
    "secrets": {"S": "t"},
    "flavor": "a10g-small",
    "arch": "arm64",
    "timeoutSeconds": None,
    "attempts": 2,
    "labels": {"a.b-c_d": "e.f", "empty": ""},
    "expose": {"ports": [8001, 8002], "portsPublic": [8002]},
    "ssh": {"enabled": True},
    "network": {"group": "workers", "aliases": ["head"]},
    "resourceGroupId": "0" * 24,
    "unknown": "dropped",
}


def test_the_checker_has_teeth():
    good = {"count": 1}
    assert contract.problems("GET", "/api/jobs/local/count", 200, good) == []
    assert contract.problems("GET", "/api/jobs/local/count", 200, {**good, "more": 1})
    assert contract.problems("GET", "/api/jobs/local/count", 200, {"count": "1"})
    assert contract.problems("GET", "/api/jobs/local/count", 500, {})
    assert contract.problems("GET", "/api/jobs/local/count", 201, good)
    assert contract.problems("GET", "/api/jobs/local/0123", 200, {"id": "x"})


def test_every_documented_route_is_served():
    served = {
        (method, re.sub(r"\{\w+\}", "{}", route.path))
        for route in [*ACCOUNT_ROUTES, *JOB_ROUTES, *SCHEDULED_ROUTES]
        for method in route.methods or ()
    }
    documented = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path))
        for path, methods in contract.DOCUMENT["paths"].items()
        for method in methods
    }
    assert documented - served == set()


def test_a_walk_over_every_route_meets_documented_answers_only(server: Server):
    """`Server.http` holds each answer against the document; here it is made sure that each route is met."""
    job = server.http("POST", "/api/jobs/local", json=SPEC).json()
    at = f"/api/jobs/local/{job['id']}"
    assert job["status"]["stage"] == "SCHEDULING"
    assert (job["secrets"], job["retry"], job["timeout"], job["type"]) == (["S"], 1, 1800, "job")
    assert "unknown" not in job
    eventually(lambda: server.stage(job["id"]) == "RUNNING")
    walk = [
        ("GET", "/api/whoami-v2", None),
        ("GET", "/api/jobs/hardware", None),
        ("GET", "/api/jobs/local?stage=RUNNING&stage=SCHEDULING&label=empty=&label=a.b-c_d=e.f", None),
        ("GET", "/api/jobs/local/count?stage=RUNNING", None),
        ("GET", at, None),
        ("POST", f"{at}/auth-check/read", None),
        ("POST", "/api/jobs/local/auth-check/write", None),
        ("PUT", f"{at}/labels", {"labels": {"x": "y"}}),
        ("PUT", f"{at}/expose", {"ports": []}),
        ("POST", f"{at}/cancel", None),
        ("GET", "/api/settings/billing/usage/jobs", None),
    ]
    for method, path, body in walk:
        assert server.http(method, path, json=body).status_code == 200, path
    server.wait(job["id"])
    for stream in ("logs", "events"):
        assert server.http("GET", f"{at}/{stream}").headers["content-type"].startswith("text/event-stream")
    assert server.http("GET", f"{at}/metrics").status_code == 406
    plain = {"command": ["true"], "flavor": "cpu-basic"}
    copied = server.http("POST", "/api/jobs/local", json=plain).json()["id"]
    copy = server.http("POST", f"/api/jobs/local/{copied}/duplicate")
    assert copy.json()["initiator"] == {"type": "duplicated-job", "id": copied}
    made = server.http("POST", "/api/scheduled-jobs/local", json={"jobSpec": SPEC, "schedule": "@yearly"}).json()
    at = f"/api/scheduled-jobs/local/{made['id']}"
    for method, path, body, status in [
        ("GET", "/api/scheduled-jobs/local?label=empty=", None, 200),
        ("GET", at, None, 200),
        ("POST", f"{at}/suspend", None, 200),
        ("POST", f"{at}/resume", None, 200),
        ("POST", f"{at}/schedule", {"schedule": "@daily"}, 200),
        ("PUT", f"{at}/labels", {"labels": {}}, 200),
        ("POST", f"{at}/run", None, 200),
        ("POST", f"{at}/run", None, 409),
        ("DELETE", at, None, 204),
        ("GET", at, None, 404),
    ]:
        assert server.http(method, path, json=body).status_code == status, path
    for left in server.api.list_jobs(namespace="local", status=["RUNNING", "SCHEDULING"]):
        if left.initiator.id == made["id"]:
            server.cancel(left.id)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("command", [""]),
        ("command", "true"),
        ("arguments", "x"),
        ("arguments", [1]),
        ("environment", {"A": "one letter"}),
        ("environment", {"_AB": "underscore"}),
        ("environment", None),
        ("secrets", {"1A": "x"}),
        ("flavor", "a10g"),
        ("arch", "riscv"),
        ("dockerImage", 1),
        ("spaceId", None),
        ("timeoutSeconds", 1.5),
        ("timeoutSeconds", 0),
        ("attempts", "2"),
        ("attempts", None),
        ("labels", {"a b": "c"}),
        ("labels", None),
        ("volumes", []),
        ("volumes", [{"type": "disk", "source": "a/b", "mountPath": "/d"}]),
        ("expose", {}),
        ("expose", {"ports": [0]}),
        ("expose", {"ports": list(range(1, 22))}),
        ("ssh", {"enabled": "yes"}),
        ("ssh", True),
        ("network", {"group": "UPPER"}),
        ("network", {"group": "g", "aliases": ["x" * 35]}),
        ("resourceGroupId", "short"),
    ],
)
def test_what_the_document_does_not_allow_is_a_422_that_names_the_field(server: Server, field: str, value: Any):
    body = {"command": ["true"], "flavor": "cpu-basic", field: value}
    answer = server.http("POST", "/api/jobs/local", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(field)
    assert answer.headers["x-error-message"]
    assert answer.headers["x-request-id"]


def test_whole_numbers_may_be_written_as_javascript_reads_them(server: Server):
    body = b'{"command": ["true"], "flavor": "cpu-basic", "attempts": 2.0, "expose": {"ports": [8e3]}}'
    answer = server.http("POST", "/api/jobs/local", content=body).json()
    assert (answer["retry"], answer["expose"]["ports"]) == (1, [8000])
    assert server.http("POST", "/api/jobs/local", content=b'{"attempts": NaN}').status_code == 400


def test_questions_that_make_no_sense_are_refused(server: Server):
    for path in ("?stage=running", "?label=nothing", "?cursor=0", "/count?stage=x"):
        assert server.http("GET", f"/api/jobs/local{path}").status_code == 422
    assert server.http("POST", "/api/jobs/local/auth-check/admin").status_code == 404
    assert server.http("DELETE", "/api/jobs/local").status_code == 405
    assert server.http("POST", "/api/jobs/other/auth-check/read").status_code == 403
