"""The Hub's own document of its Jobs API, and every JSON answer that the tests see held against it."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema_rs import Draft202012Validator

if TYPE_CHECKING:
    import httpx2

DOCUMENT: dict[str, Any] = json.loads(Path(__file__).with_name("openapi.json").read_text())
BUCKETS: dict[str, Any] = json.loads(Path(__file__).with_name("openapi_buckets.json").read_text())
"""What the document says buckets answer; its jobs part, in DOCUMENT, has the requests too."""
ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string", "minLength": 1}}}
# Newer than the document: huggingface_hub 2.x reads it (`JobInfo.network`).
DOCUMENT["components"]["schemas"]["Job"]["properties"]["network"] = {
    "type": "object",
    "properties": {"group": {"type": "string"}, "aliases": {"type": "array", "items": {"type": "string"}}},
    "required": ["group"],
    "additionalProperties": False,
}


@cache
def operation(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    """The documented operation of a request, the most literal path first; None for other APIs."""
    paths = {**DOCUMENT["paths"], **BUCKETS}
    for template in sorted(paths, key=lambda template: template.count("{")):
        pattern = re.sub(r"\{\w+\}", "[^/]+", template.replace("{path}", ".+"))
        if re.fullmatch(pattern, path) and method.lower() in paths[template]:
            return f"{method} {template}", paths[template][method.lower()]
    return None


def problems(method: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with an answer; empty when it is as documented."""
    found = operation(method, path)
    if found is None:
        return []
    validator = _validator(found[0], status)
    if validator is None:
        return [f"{method} {path}: status {status} is not documented"]
    return [f"{method} {path}: {error.message}" for error in validator.iter_errors(body)]


@cache
def _validator(named: str, status: int) -> Draft202012Validator | None:
    """What holds answers of an operation against the document; None where it has no such status, but others."""
    method, path = named.split(" ", 1)
    documented = {**DOCUMENT["paths"], **BUCKETS}[path][method.lower()]["responses"]
    schema: dict[str, Any] = {}
    if str(status) in documented:
        schema = documented[str(status)]["content"]["application/json"]["schema"]
    elif status >= 400:
        schema = ERROR
    elif documented:
        return None
    return Draft202012Validator({"components": DOCUMENT["components"], **schema})


def check(response: httpx2.Response) -> None:
    """Fail where an answer is not what the document says."""
    has_body = response.request.method != "HEAD"
    if has_body and response.headers.get("content-type", "").startswith("application/json"):
        response.read()
        wrong = problems(response.request.method, response.request.url.path, response.status_code, response.json())
        assert wrong == [], wrong
