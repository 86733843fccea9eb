"""Values of the cell that the notebook wants back, as files of the job's folder.

Of each value first its files, then, when they are closed, ``values/ATTEMPT/NAME.json``, which says what they are: a
value whose manifest is there is complete. A value that has no format is refused there, in a sentence, and in the log.
"""

from __future__ import annotations

import contextlib
import json
import platform
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..values.copies import copy_file
from ..values.format import RefusedError, name_type
from ..values.pickles import NAME, sign
from ..values.table import write_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .job import CellJob

MAX_REPR = 2_000
"""Characters of a value's repr that its manifest holds."""


def send(job: CellJob, names: Mapping[str, Any], stage: Path, *, completed: bool) -> dict[str, str]:
    """Evaluate and write the values that are wanted; return why those do not come back that do not, by name.

    Parameters
    ----------
    job
        Which says what is wanted, and has the folder.
    names
        Where expressions are evaluated: the cell's.
    stage
        On the container's own disk: formats may seek there, the mount of a bucket lets nobody.
    completed
        Whether the cell ended well; of one that failed only names that are there are sent.
    """
    attempt = 1 + sum(1 for _ in job.folder.glob("exit*.json"))
    target = job.folder / "values" / str(attempt)
    refused: dict[str, str] = {}
    for wanted in job.values:
        name, expression = wanted["name"], wanted["expression"]
        if not completed and expression not in names:
            continue
        manifest: dict[str, Any] = {"version": 1, "name": name, "expression": expression}
        try:
            # As behind -i, `Path` needs no import.
            known = {"Path": Path, **names}
            value = eval(compile(expression, f"-o {name}", "eval"), known)  # noqa: S307 - it is the person's own
            manifest.update(_describe(value), **_write(job, wanted, value, stage / "values" / name, target / name))
        except RefusedError as error:
            manifest["refused"] = error.say(name, expression, in_job=True)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            manifest["refused"] = f"could not be had: {type(error).__name__}: {str(error).removesuffix('.')}"
        if "refused" in manifest:
            refused[name] = manifest["refused"]
            print(f"[values] {name} {manifest['refused']}.", file=sys.stderr)  # noqa: T201 - in the log
        with contextlib.suppress(OSError):
            target.mkdir(parents=True, exist_ok=True)
            text = json.dumps({**manifest, "created": time.time(), "python": platform.python_version()}, default=str)
            (target / f"{name}.json").write_text(text, encoding="utf-8")
    return refused


def _describe(value: Any) -> dict[str, Any]:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - of any class
        text = f"<repr failed: {type(error).__name__}>"
    return {"type": name_type(value), "repr": text[:MAX_REPR]}


def _write(job: CellJob, wanted: dict[str, Any], value: Any, stage: Path, target: Path) -> dict[str, Any]:
    """Write a value on the own disk, then copy its files once, in order."""
    stage.mkdir(parents=True)
    key, written = write_value(value, stage, "value", wanted["format"], wanted["expression"])
    if key == NAME:
        written.extra["hmac"] = sign(job.key, wanted["name"], stage / written.files[0], written.extra)
    files = [{"path": name, **_copy(stage / name, target / name)} for name in written.files]
    shutil.rmtree(stage, ignore_errors=True)
    if written.note:
        print(f"[values] {wanted['name']} {written.note}.", file=sys.stderr)  # noqa: T201 - in the log
    return {"format": key, "files": files, "extra": written.extra, "note": written.note}


def _copy(source: Path, target: Path) -> dict[str, Any]:
    size, digest = copy_file(source, target)
    return {"size": size, "sha256": digest}
