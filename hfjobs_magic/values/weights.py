"""Modules of torch as the tensors of their ``state_dict``: a class is code, and code of a file is never run."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from .format import RefusedError, Written, find_module
from .tensors import NAME, find_library, read, write_dict

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NAME", "accepts", "needs", "read", "write"]


def accepts(value: Any) -> bool:
    """Return whether it is a module of torch's."""
    torch = find_module("torch")
    kind = getattr(getattr(torch, "nn", None), "Module", None)
    return kind is not None and isinstance(value, kind)


def needs(value: Any) -> tuple[str, ...]:  # noqa: ARG001 - every format's signature
    """Return what reading it takes."""
    return ("safetensors", "torch")


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write ``stem.safetensors``."""
    kind = type(value).__name__
    tensors = OrderedDict(value.state_dict())
    if not tensors:
        raise RefusedError(f"is a {kind} without weights, of which nothing would travel")
    other = next((name for name, item in tensors.items() if find_library(item) != "torch"), None)
    if other is not None:
        raise RefusedError(f"is a {kind} whose state_dict holds {other}, which is not a tensor")
    note = f"travels as its state_dict; load_state_dict() of a {kind} takes it"
    written = write_dict("torch", tensors, folder / f"{stem}.safetensors", {})
    return Written(written.files, written.extra, note)
