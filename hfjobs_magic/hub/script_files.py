"""The script of a job, read back from the bucket that it was submitted through."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hfjobs_magic.hub.run_arguments import NOTEBOOK
from hfjobs_magic.options.option_values import SCRIPT_MOUNT

if TYPE_CHECKING:
    from huggingface_hub import HfApi, JobInfo


def read_script_texts(api: HfApi, info: JobInfo) -> tuple[str, str] | None:
    """Return a job's script and what came along from the notebook; None where it was not submitted as a file."""
    words = [*(info.command or ()), *(info.arguments or ())]
    names = [word.removeprefix(f"{SCRIPT_MOUNT}/") for word in words if _is_script(word)]
    mount = next((item for item in info.volumes or () if item.mount_path == SCRIPT_MOUNT), None)
    if not names or mount is None or mount.type != "bucket":
        return None
    wanted = [names[0], *(name for name in names[1:] if name == NOTEBOOK)]
    with tempfile.TemporaryDirectory(prefix="hfjob-") as folder:
        paths = {name: Path(folder) / name for name in wanted}
        sources = [("/".join(filter(None, (mount.path, name))), path) for name, path in paths.items()]
        api.download_bucket_files(mount.source, sources)  # type: ignore[arg-type]
        found = [path.read_text("utf-8", "replace") if path.exists() else "" for path in paths.values()]
    return (found[0], "".join(found[1:])) if found[0] else None


def _is_script(word: str) -> bool:
    return word.startswith(f"{SCRIPT_MOUNT}/") and word.endswith(".py")
