"""Where the code of `run` and `schedule` comes from: text, a file, an address on the web."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.identifiers import valid_job_name
from hfjobs_magic.options.values import parse_labels
from hfjobs_magic.script.script import Script, from_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hfjobs_magic.options.run_options import RunOptions

MAX_STEM = 80
"""Characters of a file's name in the name of a job: the hash of its text follows, and a name has 100 at most."""


def read_source(code_or_path: str | Path, settings: Mapping[str, Any]) -> Script:
    """Make a script of source text, of a file, or of an address.

    Parameters
    ----------
    code_or_path
        Text with a newline, or without ``.py`` at its end, is code.
    settings
        Keywords of `from_source`.

    Raises
    ------
    OptionError, CellError, HubUnreachableError
        When there is no such file, it is no text, or it cannot become a script.
    """
    if not _is_file(code_or_path):
        return from_source(str(code_or_path), **settings)
    # A file is somebody's finished script: nothing is added to what it declares, unless asked for.
    return from_source(_text_of(code_or_path), **{**settings, "deps": settings.get("deps") or "note"})


def named_after(code_or_path: str | Path, script: Script, options: RunOptions) -> RunOptions:
    """Name a job after the file of its script, where it has no name and there is a file."""
    if options.name or "name" in parse_labels(options.labels) or not _is_file(code_or_path):
        return options
    path = code_or_path.partition("?")[0] if isinstance(code_or_path, str) else code_or_path
    stem = valid_job_name(Path(path).stem)[:MAX_STEM]
    return replace(options, name=f"{stem}-{script.digest}") if stem else options


def _is_file(code_or_path: str | Path) -> bool:
    if isinstance(code_or_path, Path):
        return True
    return "\n" not in code_or_path and (code_or_path.endswith(".py") or _is_url(code_or_path))


def _is_url(text: str) -> bool:
    return text.startswith(("https://", "http://"))


def _text_of(path: str | Path) -> str:
    if isinstance(path, str) and _is_url(path):
        from hfjobs_magic.hub.client import download  # noqa: PLC0415 - huggingface_hub is slow to import

        return download(path)
    file = Path(path).expanduser()
    if not file.is_file():
        raise OptionError(f"There is no file {path}. Paths are relative to the kernel's folder.")
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise OptionError(f"{path} is no text in UTF-8, so it is no script.") from None
