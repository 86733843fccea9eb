"""Where a cell's job leaves what it makes, as its volumes and its command say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub.run_arguments import OUT_DIR, RUNNER
from hfjobs_magic.options.option_values import SCRIPT_MOUNT, parse_out_dir

if TYPE_CHECKING:
    from huggingface_hub import JobInfo


def folder_of(info: JobInfo) -> str:
    """Find the folder of a job's run through its volumes; empty for a job that is not a cell."""
    words = _words(info)
    mount = next((item for item in info.volumes or () if item.mount_path == SCRIPT_MOUNT), None)
    if mount is None or mount.type != "bucket" or f"{SCRIPT_MOUNT}/{RUNNER}" not in words:
        return ""
    return "/".join(filter(None, (mount.source, mount.path, "run", info.id)))


def out_dir_of(info: JobInfo) -> str:
    """Find the folder that a cell's job brings back; empty without one."""
    words = _words(info)
    word = next((word for word in words[: words.index("--")] if word.startswith(OUT_DIR)), "") if "--" in words else ""
    try:
        return parse_out_dir(word.removeprefix(OUT_DIR)) if word and folder_of(info) else ""
    except OptionError:
        return ""


def _words(info: JobInfo) -> list[str]:
    return [*(info.command or ()), *(info.arguments or ())]
