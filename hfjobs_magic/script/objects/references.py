"""What a value of the notebook is called: by the notebook, by Python, or by the module that has it."""

from __future__ import annotations

import ast
import builtins
import re
import sys
import types
from typing import TYPE_CHECKING, Any

from hfjobs_magic.script.objects.calls import of_module
from hfjobs_magic.script.objects.changes import is_same
from hfjobs_magic.script.objects.definitions import is_of_notebook, lambda_text
from hfjobs_magic.script.objects.fixed_values import evaluate
from hfjobs_magic.script.objects.literals import Expression
from hfjobs_magic.script.objects.notebook_imports import find_origins
from hfjobs_magic.script.syntax.free_names import IPYTHON, names_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_SHOWN = re.compile(r"_+|_+i+|_i?\d+|_[dio]h")
"""Names by which IPython keeps what cells have shown, and their texts."""

_ATOMS = (type(None), bool, int, float, complex, str, bytes, tuple, frozenset)


class References:
    """Names by value.

    Parameters
    ----------
    namespace
        The notebook's names.
    history
        Texts of its cells.
    wanted
        Names that the cell and its functions use: data is referred to by no other, for it would come along unasked.
    """

    def __init__(self, namespace: Mapping[str, Any], history: Sequence[str], wanted: Collection[str]) -> None:
        self._namespace, self._history = namespace, history
        self._names: dict[int, str] = {}
        modules = {name: value for name, value in namespace.items() if isinstance(value, types.ModuleType)}
        self._modules = {name: value for name, value in modules.items() if not name.startswith("__")}
        for name, value in namespace.items():
            if name in IPYTHON or _SHOWN.fullmatch(name) or isinstance(value, _ATOMS):
                continue
            is_code = isinstance(value, (type, types.ModuleType)) or callable(value)
            if (is_code and not name.startswith("__")) or name in wanted:
                own = getattr(value, "__name__", "") if is_code else ""
                if name == own or id(value) not in self._names:
                    self._names[id(value)] = name

    def name_of(self, value: Any) -> str | None:
        """Return what the notebook calls a value; None where it has no name for it."""
        return self._names.get(id(value))

    def find(self, value: Any, without: str = "") -> Expression | None:
        """Return the expression of a value that has a name, or is a lambda; None for every other.

        Parameters
        ----------
        without
            The name that is being made.
        """
        if isinstance(value, _ATOMS):
            return None
        name = self._names.get(id(value))
        if name is not None and name != without:
            return Expression(name, (name,))
        own = getattr(value, "__name__", None)
        if isinstance(own, str) and getattr(builtins, own, None) is value:
            return Expression(own)
        if isinstance(value, types.FunctionType) and own == "<lambda>":
            return self._of_lambda(value)
        return self._of_class(value) or _find_origin(value) or self.of_module(value)

    def _of_class(self, value: Any) -> Expression | None:
        """Return the expression of a method of a class: ``str.upper``, ``Config.load``."""
        if isinstance(value, (types.MethodDescriptorType, types.WrapperDescriptorType)):
            owner = self.find(value.__objclass__)
        elif isinstance(value, (types.MethodType, types.BuiltinMethodType)) and isinstance(value.__self__, type):
            owner = self.find(value.__self__)
        else:
            return None
        return Expression(f"{owner.text}.{value.__name__}", owner.names) if owner else None

    def _has_same_defaults(self, value: types.FunctionType, text: str) -> bool:
        """Whether the defaults of a lambda are what its source gives: in a loop, ``n=n`` was another n."""
        arguments = ast.parse(text, mode="eval").body.args  # type: ignore[attr-defined]
        nodes = [node for node in (*arguments.defaults, *arguments.kw_defaults) if node is not None]
        values = [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
        return len(nodes) == len(values) and all(
            is_same(evaluate(node, self._namespace), item) for node, item in zip(nodes, values, strict=True)
        )

    def of_module(self, value: Any) -> Expression | None:
        """Return the expression of what a module that the notebook imported has: ``os.environ``, ``sys.stdout``."""
        if isinstance(value, (*_ATOMS, list, dict, set)):
            return None
        for name, module in self._modules.items():
            attributes = sorted(key for key, item in list(vars(module).items()) if item is value)
            attribute = next((key for key in reversed(attributes) if key.isidentifier()), None)
            if attribute is not None:
                return Expression(f"{name}.{attribute}", (name,))
        return None

    def _of_lambda(self, value: types.FunctionType) -> Expression | None:
        text = None if value.__closure__ else lambda_text(value, self._history)
        if text is None or not self._has_same_defaults(value, text):
            return None
        free = names_of(ast.parse(f"({text})"), f"({text})").free
        return Expression(f"({text})", tuple(item.name for item in free if item.need != "possible"))


def _find_origin(value: Any) -> Expression | None:
    if isinstance(value, types.ModuleType):
        return Expression(of_module(value.__name__)) if sys.modules.get(value.__name__) is value else None
    found = next((one for one in find_origins(value) if getattr(sys.modules.get(one[0]), one[1], None) is value), None)
    return Expression(f"{of_module(found[0])}.{found[1]}") if found else None


def find_wanted(tree: ast.Module, namespace: dict[str, Any]) -> set[str]:
    """Names that the cell, or a function or class of the notebook, may use."""
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for value in list(namespace.values()):
        members = (
            list(vars(value).values()) if isinstance(value, type) and is_of_notebook(value, namespace) else [value]
        )
        waiting = [getattr(item, "__code__", None) for item in members if isinstance(item, types.FunctionType)]
        while waiting:
            code = waiting.pop()
            if code is not None:
                found |= set(code.co_names)
                waiting += [item for item in code.co_consts if isinstance(item, types.CodeType)]
    return found
