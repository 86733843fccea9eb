"""Calls that fail on a machine without a GPU of NVIDIA."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from hfjobs_magic.script.syntax.nodes import name_of, text_of

_PLACES = frozenset({"to", "device", "set_default_device"})
_KEYWORDS = frozenset({"device", "device_map"})
_OF_CUDA = frozenset({"get_device_name", "get_device_properties", "current_device", "mem_get_info", "set_device"})
"""Functions of ``torch.cuda``."""

_ASKS = frozenset({"is_available", "device_count", "is_bf16_supported", "get_device_capability"})
"""What a script calls that looks whether there is one."""


@dataclass(frozen=True)
class GpuUse:
    """A call that needs a GPU."""

    name: str
    """As a reader knows it."""
    line: int
    """Line of the script."""


def find_gpu_uses(tree: ast.AST) -> tuple[GpuUse, ...]:
    """Return them in order of lines; none where the script looks first, or tries."""
    nodes = list(ast.walk(tree))
    if any(isinstance(node, ast.Try) or name_of(node) in _ASKS for node in nodes):
        return ()
    found = [GpuUse(use, node.lineno) for node in nodes if isinstance(node, ast.Call) and (use := _use(node))]
    return tuple(sorted(found, key=lambda item: item.line))


def _use(call: ast.Call) -> str:
    name = name_of(call.func)
    if isinstance(call.func, ast.Attribute) and name == "cuda" and not call.args:
        return ".cuda()"
    if name in _OF_CUDA and name_of(getattr(call.func, "value", None)) == "cuda":
        return f"torch.cuda.{name}()"
    first = text_of(call.args[0]) if call.args else ""
    if name in _PLACES and _is_gpu(first):
        return f'{name}("{first}")'
    named = next((word for word in call.keywords if word.arg in _KEYWORDS and _is_gpu(text_of(word.value))), None)
    return f'{named.arg}="{text_of(named.value)}"' if named else ""


def _is_gpu(text: str) -> bool:
    return text == "cuda" or text.startswith("cuda:")
