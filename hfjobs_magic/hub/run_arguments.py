"""What huggingface_hub is given when a job or a scheduled job is made: its script, and how it is to run."""

from __future__ import annotations

import contextlib
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import Volume, parse_hf_uri
from huggingface_hub.errors import HfUriError

from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub.input_folder import send_inputs
from hfjobs_magic.options.mounts import parse_mount
from hfjobs_magic.options.option_values import INPUT_MOUNT
from hfjobs_magic.script.runner_archive import archive
from hfjobs_magic.script.script import Script

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from huggingface_hub import HfApi, JobInfo

    from hfjobs_magic.hub.request import Request
    from hfjobs_magic.options.mounts import Mount
    from hfjobs_magic.options.run_options import RunOptions

RUNNER = "runner.pyz"
"""File of the job's folder that runs the cell; see `hfjobs_magic.runner`."""

NOTEBOOK = "from_the_notebook.py"
"""File of the job's folder with the definitions that came along."""

RUNS = "runs.json"
"""File of the job's folder with the values of every run of its sweep."""

VALUES = "values.json"
"""File of the job's folder that says which values were sent along, and which are to come back."""

OUT_DIR = "--out-dir="
"""What the word begins with that tells the runner which folder is to come back."""

MAX_ARGUMENT = 255
"""Bytes of an argument: huggingface_hub looks whether it is a file, and file systems take no longer name."""

_READ_ONLY_TYPES = ("model", "dataset", "space")


@contextlib.contextmanager
def script_arguments(script: Script, request: Request) -> Iterator[dict[str, Any]]:
    """Arguments that only a uv script has, for as long as its files are uploaded.

    Each file is an argument of its own: huggingface_hub uploads those to the job's folder, and the command names them
    where the job has them.
    """
    options = request.options
    for word in options.script_args:
        if len(word.encode()) > MAX_ARGUMENT:
            raise OptionError(
                f"The argument {word[:20]}… behind -- has more than {MAX_ARGUMENT} bytes, and huggingface_hub takes it "
                "for a file's name. Pass it as -e NAME=VALUE."
            )
    with tempfile.TemporaryDirectory(prefix="hfjob-") as folder:
        name = request.stem or "script"
        if script.is_cell and name.isidentifier():
            # A cell imports from the folder of its file, and a job may be named after what it imports.
            name = f"cell-{name}"
        own = _file(folder, f"{name}.py", script.text.encode())
        words = list(options.script_args)
        if script.is_cell:
            names = [_file(folder, NOTEBOOK, script.notebook.encode())] if script.notebook else []
            if options.outputs or request.sent.items:
                back = [asdict(item) for item in options.values_back]
                values = json.dumps({"in": request.sent.as_json(), "out": back})
                names += [_file(folder, VALUES, values.encode()), INPUT_MOUNT]
            if options.folder_back:
                names.append(f"{OUT_DIR}{options.folder_back}")
            if request.run:
                names.append(_file(folder, RUNS, request.run.file.encode()))
            own, words = _file(folder, RUNNER, archive()), [own, *names, "--", *words]
        yield {
            "script": own,
            "script_args": words,
            "dependencies": list(script.extra),
            "python": options.python,
            "image": options.image,
        }


def _file(folder: str, name: str, content: bytes) -> str:
    path = Path(folder) / name
    path.write_bytes(content)
    return str(path)


def settings(
    api: HfApi,
    namespace: str,
    request: Request,
    *,
    env: Mapping[str, str],
    secrets: Mapping[str, str],
    first: JobInfo | None = None,
) -> dict[str, Any]:
    """Arguments of every way to make a job; values and folders of this machine among the volumes are uploaded.

    A run of a sweep has the volumes of the sweep's `first` job, which have its files.
    """
    options, run = request.options, request.run
    volumes = (
        list(first.volumes or ()) if first else [_volume(api, namespace, parse_mount(item)) for item in options.volumes]
    )
    if request.sent.files and first is None:
        volumes.append(send_inputs(api, namespace, request.sent))
    labels = {**options.label_values, **({"name": request.name} if request.name else {}), **(run.labels if run else {})}
    is_cell = isinstance(request.work, Script) and request.work.is_cell
    return {
        "env": {**env, **(run.environment(is_cell=is_cell) if run else {})},
        "secrets": dict(secrets) or None,
        "flavor": options.flavor,
        "timeout": options.timeout_s,
        "attempts": options.attempts,
        "labels": labels or None,
        "volumes": volumes or None,
        "namespace": namespace,
        **_reach(options),
    }


def command_of(info: JobInfo) -> dict[str, Any]:
    """Return what `HfApi.run_job` is given to run what another job runs."""
    image = info.docker_image or f"hf.co/spaces/{info.space_id}"
    return {"image": image, "command": [*(info.command or ()), *(info.arguments or ())]}


def _reach(options: RunOptions) -> dict[str, Any]:
    """How a job can be reached; what was not asked for is left to the Hub."""
    wanted = {
        "expose": [int(port) for port in options.expose],
        "expose_public": [int(port) for port in options.expose_public],
        "ssh": options.ssh,
        "network_group": options.network_group,
        "network_aliases": list(options.network_aliases),
        "resource_group_id": options.resource_group_id,
    }
    return {name: value for name, value in wanted.items() if value}


def _volume(api: HfApi, namespace: str, mount: Mount) -> Volume:
    if not mount.source.startswith("hf://"):
        folder = Path(mount.source).expanduser()
        read_only = mount.read_only is not False
        return api.sync_job_volume(folder, mount.path, read_only=read_only, namespace=namespace)
    try:
        uri = parse_hf_uri(mount.source)
    except HfUriError as error:
        raise OptionError(f"--volume {mount.source}: {error}") from None
    return Volume(
        type=uri.type,
        source=uri.id,
        mount_path=mount.path,
        revision=uri.revision,
        read_only=True if uri.type in _READ_ONLY_TYPES else mount.read_only,
        path=uri.path_in_repo or None,
    )
