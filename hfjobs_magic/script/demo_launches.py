"""Gradio demos that a script starts: who can reach them, and whether the script waits for them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax.nodes import name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.script.packages.imports import Import


@dataclass(frozen=True)
class DemoLaunch:
    """A call of ``launch()``."""

    line: int
    """Line of the script."""
    is_shared: bool
    """Whether Gradio makes an address of it that everybody can reach."""
    is_waited_for: bool
    """Whether the call, or one after it, goes on until the demo is closed; in IPython the call alone does not."""


def find_demo_launches(tree: ast.AST, imports: Sequence[Import]) -> tuple[DemoLaunch, ...]:
    """Return them in order of lines; none whose arguments are not written out."""
    if "gradio" not in {item.top for item in imports}:
        return ()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    waits = any(name_of(call.func) in {"block_thread", "wait", "sleep"} for call in calls)
    found = [
        DemoLaunch(call.lineno, _is_given(call, "share"), waits or _is_given(call, "debug"))
        for call in calls
        if name_of(call.func) == "launch" and not any(word.arg is None for word in call.keywords)
    ]
    return tuple(sorted(found, key=lambda item: item.line))


def _is_given(call: ast.Call, name: str) -> bool:
    """Whether an argument is there and may be true."""
    values = [word.value for word in call.keywords if word.arg == name]
    return any(not isinstance(value, ast.Constant) or bool(value.value) for value in values)
