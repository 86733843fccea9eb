"""Tensors of torch, jax and TensorFlow, and dicts of them, as safetensors, which holds numbers and nothing else."""

from __future__ import annotations

import importlib
import importlib.util
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from .format import MissingPackageError, RefusedError, Written, find_module, name_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import ModuleType

NAME = "safetensors"

_ONE = "value"
"""Name of a tensor that is not a dict's."""

_TYPES = {"torch": ("Tensor",), "jax": ("Array",), "tensorflow": ("Tensor", "Variable")}
"""Types of tensors by the module that has them."""

_PARTS = {"torch": "torch", "jax": "flax", "tensorflow": "tensorflow", "numpy": "numpy"}
"""What safetensors calls its module for each."""

_DETACHED = {
    True: "send {name}={x}.detach()",
    False: "send {name}={k: t.detach() for k, t in {x}.items()}",
}
"""What to do, by whether it is one tensor, not a dict of them."""


def accepts(value: Any) -> bool:
    """Return whether it is a tensor, or a dict of tensors of one library by text."""
    return find_library(value) is not None or _find_common(value) is not None


def needs(value: Any) -> tuple[str, ...]:
    """Return what reading it takes."""
    library = find_library(value) or _find_common(value) or "numpy"
    # safetensors reads arrays of jax by way of flax' module, which takes jax alone.
    return ("safetensors", library)


def find_library(value: Any) -> str | None:
    """Return the library whose tensor it is."""
    for name, kinds in _TYPES.items():
        module = find_module(name)
        types = tuple(kind for kind in (getattr(module, kind, None) for kind in kinds) if isinstance(kind, type))
        if types and isinstance(value, types):
            return name
    return None


def _find_common(value: Any) -> str | None:
    if type(value) not in (dict, OrderedDict) or not value or not all(type(key) is str for key in value):
        return None
    libraries = {find_library(item) for item in value.values()}
    return libraries.pop() if len(libraries) == 1 else None


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write ``stem.safetensors``."""
    library = find_library(value)
    if library is not None:
        return write_dict(library, {_ONE: value}, folder / f"{stem}.safetensors", {"single": True})
    return write_dict(_find_common(value) or "numpy", value, folder / f"{stem}.safetensors", {})


def write_dict(library: str, tensors: dict[str, Any], path: Path, extra: dict[str, Any]) -> Written:
    """Write tensors of one library by name.

    Raises
    ------
    RefusedError
        When one would come back otherwise.
    """
    whole = _detach(tensors) if library == "torch" else dict(tensors)
    part = _import_part(library)
    try:
        part.save_file(whole, path)
    except Exception as error:  # of the library's, of torch's, and of safetensors' own class
        path.unlink(missing_ok=True)
        raise RefusedError(f"cannot be safetensors: {_first_line(error)}") from error
    # The file has the names in an order of its own, and of types only their width.
    extra = {
        **extra,
        "library": library,
        "ordered": isinstance(tensors, OrderedDict),
        "types": [[name, str(item.dtype), [int(length) for length in item.shape]] for name, item in tensors.items()],
    }
    return Written((path.name,), extra)


def read(folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Any:
    """Read it."""
    library = str(extra.get("library"))
    if library not in _PARTS:
        raise RefusedError("is damaged (it is of no library that has tensors)")
    part = _import_part(library)
    try:
        there = part.load_file(folder / files[0])
    except Exception as error:  # of the library's, and of safetensors' own class
        raise RefusedError(f"is not a file of safetensors ({_first_line(error)})") from error
    tensors: dict[str, Any] = OrderedDict() if extra.get("ordered") else {}
    for name, dtype, shape in extra.get("types", ()):
        item = there.pop(name, None)
        if item is None or (str(item.dtype), [int(length) for length in item.shape]) != (dtype, list(shape)):
            raise RefusedError(f"would be changed: {name} does not have the type or shape that was sent")
        tensors[name] = item
    if there or (extra.get("single") and list(tensors) != [_ONE]):
        raise RefusedError("is damaged (its tensors are not those that were sent)")
    return tensors[_ONE] if extra.get("single") else tensors


def _detach(tensors: dict[str, Any]) -> dict[str, Any]:
    """Return tensors of torch as safetensors takes them: on the CPU, in order, and each with memory of its own."""
    import torch  # noqa: PLC0415 - the value is torch's

    made, seen = {}, set()
    for name, tensor in tensors.items():
        what = "" if name == _ONE else f" (its {name})"
        if type(tensor) is not torch.Tensor:
            raise RefusedError(
                f"is or holds a {name_type(tensor)}{what}, which would come back as a plain tensor",
                way=_DETACHED[name == _ONE].replace(".detach()", ".detach().as_subclass(torch.Tensor)"),
            )
        if tensor.requires_grad:
            raise RefusedError(f"needs a gradient{what}, which safetensors leaves out", way=_DETACHED[name == _ONE])
        if tensor.layout is not torch.strided or tensor.is_quantized or tensor.device.type == "meta":
            raise RefusedError(f"is sparse, quantized or without data{what}, which safetensors cannot hold")
        whole = tensor.cpu().contiguous()
        if whole.is_conj() or whole.is_neg():
            whole = whole.resolve_conj().resolve_neg()
        # Tied weights share theirs, which safetensors refuses.
        place = whole.storage().data_ptr() if whole.numel() else 0
        made[name] = whole.clone() if place in seen else whole
        seen.add(place)
    return made


def _import_part(library: str) -> ModuleType:
    try:
        return importlib.import_module(f"safetensors.{_PARTS[library]}")
    except ImportError:
        missing = next((name for name in ("safetensors", library) if not _is_installed(name)), library)
        raise MissingPackageError(f"needs {missing} to travel", missing) from None


def _is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _first_line(error: BaseException) -> str:
    said: Iterable[str] = (str(error) or type(error).__name__).strip().splitlines()
    return next(iter(said)).rstrip(".")
