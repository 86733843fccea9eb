"""Calls of a script that write to the Hub, and so need a token."""

from __future__ import annotations

import ast
from dataclasses import dataclass

_WRITERS = frozenset(
    {
        *("push_to_hub", "upload_file", "upload_folder", "upload_large_folder", "create_commit", "create_repo"),
        *("login", "notebook_login", "interpreter_login", "batch_bucket_files", "sync_bucket"),
    }
)
"""Functions and methods of huggingface_hub 2.4, transformers, datasets and others."""

_LOGINS = frozenset({"login", "notebook_login", "interpreter_login"})
_TOKENS = frozenset({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN"})


@dataclass(frozen=True)
class HubCall:
    """A call that needs a token."""

    name: str
    """As it is written."""
    line: int
    """Line of the script."""


def find_hub_calls(tree: ast.AST) -> tuple[HubCall, ...]:
    """Return calls that write to the Hub, in order of lines; none where the script names a token of its own."""
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    found: list[HubCall] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            keywords = {word.arg: word.value for word in node.keywords}
            if "token" in keywords or (name in _LOGINS and node.args):
                return ()
            if name in _WRITERS and _is_of_hub(node, name, names):
                found.append(HubCall(f"{name}()", node.lineno))
            elif getattr(keywords.get("push_to_hub"), "value", False) is True:
                found.append(HubCall("push_to_hub=True", node.lineno))
        elif isinstance(node, ast.Assign) and any(_is_token(target) for target in node.targets):
            return ()
    return tuple(sorted(found, key=lambda call: call.line))


def _is_of_hub(call: ast.Call, name: str, imported: set[str]) -> bool:
    """Whether it is the Hub's: many libraries have a ``login``."""
    if name not in _LOGINS - {"notebook_login", "interpreter_login"}:
        return True
    owner = getattr(getattr(call.func, "value", None), "id", "")
    return (isinstance(call.func, ast.Name) and name in imported) or owner in {"huggingface_hub", "hf_hub", "hf"}


def _is_token(target: ast.expr) -> bool:
    """Whether it is ``os.environ["HF_TOKEN"]``."""
    return isinstance(target, ast.Subscript) and getattr(target.slice, "value", None) in _TOKENS
