"""What a request may not ask for together, known without asking anybody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hfjobs_magic.api.local_files import check_local_files
from hfjobs_magic.api.surroundings import check_prompts
from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.mounts import parse_mount
from hfjobs_magic.options.option_values import SCRIPT_MOUNT
from hfjobs_magic.script.script import Script

if TYPE_CHECKING:
    from hfjobs_magic.hub.request import Request


def check_request(request: Request) -> None:
    """Refuse what a job of this kind cannot do.

    Raises
    ------
    OptionError, CellError
        With what to do instead.
    """
    _check_mounts(request)
    _check_values(request)
    _check_map(request)
    if isinstance(request.work, Script):
        check_local_files(request.work, request.options)
        check_prompts(request.work, request.options)


def _check_mounts(request: Request) -> None:
    """Refuse a folder that is not here, and a volume where the Hub mounts the script itself."""
    for volume in request.options.volumes if not request.is_repeat else ():
        source = parse_mount(volume).source
        if not source.startswith("hf://") and not Path(source).expanduser().is_dir():
            raise OptionError(f"--volume {source}: there is no such folder here, and it is not an hf:// address.")
    for volume in request.options.volumes if isinstance(request.work, Script) else ():
        if parse_mount(volume).path.rstrip("/") == SCRIPT_MOUNT:
            raise OptionError(
                f"--volume {volume}: {SCRIPT_MOUNT} is where the script itself is mounted. Choose another path."
            )


def _check_values(request: Request) -> None:
    """Refuse ``-i``, ``-o`` and ``--out-dir`` where no runner of ours is in the job, which takes and gives values."""
    is_cell = isinstance(request.work, Script) and request.work.is_cell
    # A job that is repeated does what it did.
    if is_cell or request.is_repeat:
        return
    for flag, does, given in (
        ("-i", "sends values to", request.options.inputs),
        ("-o", "brings back values of", request.options.outputs),
    ):
        if given:
            raise OptionError(
                f"{flag} {does} a cell, which IPython runs; this is a plain script or a command. "
                f"Leave out {flag}, or the cell's own `# /// script` block."
            )
    if request.options.out_dir:
        raise OptionError(
            "--out-dir brings back a folder of a cell; this is a plain script or a command. "
            "Let it write to a bucket, as in -v hf://buckets/NAMESPACE/NAME:/results, or run it in a cell: %run FILE."
        )


def _check_map(request: Request) -> None:
    """Refuse ``--map`` where one job is asked for."""
    if request.run is None and request.options.is_sweep and not request.is_repeat:
        raise OptionError(
            "--map and --map-file make a sweep of a cell. Start it with %%hfjob, or with hfjobs_magic.sweep(code, …)."
        )
