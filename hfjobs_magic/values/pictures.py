"""Pictures of Pillow's as PNG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import plain
from .format import MissingPackageError, RefusedError, Written, find_module

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "png"

_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})
"""Modes that PNG keeps; https://pillow.readthedocs.io/en/stable/handbook/image-file-formats.html#png."""

_WAYS = {
    mode: f"send {{name}}={{x}}.convert('{other}')"
    for mode, other in (
        ("CMYK", "RGB"), ("YCbCr", "RGB"), ("HSV", "RGB"), ("RGBX", "RGB"), ("RGBa", "RGBA"), ("La", "LA"),
        ("PA", "RGBA"),
    )
}  # fmt: skip
"""What makes a picture of another mode one that PNG keeps."""

_AS_ARRAY = "send {name}=np.asarray({x}), an array of numpy's"
"""What to do with modes whose numbers every other mode would cut: I, F, the other 16-bit ones and LAB."""


def accepts(value: Any) -> bool:
    """Return whether it is a picture of Pillow's."""
    pillow = find_module("PIL.Image")
    return pillow is not None and isinstance(value, pillow.Image)


def needs(value: Any) -> tuple[str, ...]:  # noqa: ARG001 - every format's signature
    """Return what reading it takes."""
    return ("PIL",)


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write ``stem.png``."""
    if value.mode not in _MODES:
        way = _WAYS.get(value.mode, _AS_ARRAY)
        raise RefusedError(f"is a picture of mode {value.mode}, which PNG cannot hold", way=way)
    if getattr(value, "n_frames", 1) > 1:
        raise RefusedError("is a picture of several frames, of which PNG would keep one")
    name = f"{stem}.png"
    value.save(folder / name, "PNG")
    if value.mode == "P" and read(folder, [name], {}).convert("RGBA").tobytes() != value.convert("RGBA").tobytes():
        raise RefusedError("has a palette that PNG would change", way="send {name}={x}.convert('RGBA')")
    info, lost = {}, []
    for key, item in value.info.items():
        try:
            info[key] = plain.encode(item)
        except RefusedError:
            lost.append(str(key))
    note = f"travels without {', '.join(lost)} of its .info" if lost else ""
    return Written((name,), {"info": info}, note)


def read(folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Any:
    """Read it."""
    try:
        from PIL.PngImagePlugin import PngImageFile  # noqa: PLC0415 - only for such a value
    except ImportError:
        raise MissingPackageError("is a picture of Pillow's", "pillow") from None
    try:
        # Not Image.open(), which takes a picture of so many pixels for an attack: they were counted, and there is room.
        with PngImageFile(folder / files[0]) as picture:
            made = picture.copy()
    except (OSError, ValueError, SyntaxError) as error:
        raise RefusedError(f"is not a PNG that can be read ({error})") from error
    if "info" in extra:
        made.info = {key: plain.decode(item) for key, item in extra["info"].items()}
    return made
