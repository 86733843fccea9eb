"""Values that the notebook sent along: checked, read, and put in place before the cell runs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from ..values.copies import copy_file, leads_below
from ..values.files import NAME as DIR
from ..values.format import RefusedError
from ..values.pickles import NAME, load
from ..values.table import FORMATS, read_value

if TYPE_CHECKING:
    from pathlib import Path

    from .job import CellJob


class InputError(Exception):
    """A value that the notebook sent along is not there as it was sent."""


def receive(job: CellJob, stage: Path) -> dict[str, Any]:
    """Return the values by name.

    Files are copied to the container's own disk once, and hashed on the way: what is read afterwards is what was
    checked, whatever becomes of the bucket.

    Raises
    ------
    InputError
        With the value and what is wrong with it.
    """
    values = {}
    for item in job.inputs:
        name, folder = item["name"], stage / "in" / item["name"]
        for file in item["files"]:
            if not (leads_below(file["path"]) and leads_below(f"{name}/{file['sha256']}")):
                raise InputError("The list of values that were sent with -i is damaged. Run the cell again.")
            try:
                size, digest = copy_file(job.sent / file["sha256"], folder / file["path"])
            except OSError as error:
                raise InputError(
                    f"{name}, which was sent with -i, cannot be read: {error.strerror}. Run the cell again to send it."
                ) from None
            if (size, digest) != (file["size"], file["sha256"]):
                raise InputError(f"{name} is not what was sent with -i. Run the cell again to send it.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            names = [file["path"] for file in item["files"]]
            if item["format"] == NAME:
                values[name] = load(job.key, name, folder, names, item["extra"])
            else:
                values[name] = read_value(item["format"], folder, names, item["extra"])
        except RefusedError as error:
            raise InputError(f"{name}, which was sent with -i, {error.say(name, name, in_job=True)}.") from None
        if FORMATS[item["format"]].NAME != DIR:  # of which the value is a path
            shutil.rmtree(folder, ignore_errors=True)
    return values
