"""From a stored job to a running supervisor: directories, volumes, environment, sandbox."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from hfjobs_magic.local import tools
from hfjobs_magic.local.jobs import append_only, bare_python, sandbox, temporary
from hfjobs_magic.local.jobs.environment import build_environment
from hfjobs_magic.local.jobs.limits import is_only_uv
from hfjobs_magic.local.jobs.mounts import BucketMount, write_mounts
from hfjobs_magic.local.jobs.volumes import materialise, protect, remove
from hfjobs_magic.local.spec import DEFAULT_TIMEOUT
from hfjobs_magic.local.storage.data_dir import write_private

if TYPE_CHECKING:
    from pathlib import Path

    from hfjobs_magic.local.jobs.conditions import Conditions
    from hfjobs_magic.local.spec import VolumeSpec
    from hfjobs_magic.local.storage.content import Content
    from hfjobs_magic.local.storage.data_dir import DataDir
    from hfjobs_magic.local.storage.store import FileRow, JobRow


@dataclass(frozen=True)
class MountedVolume:
    """A volume of a job and where its files come from."""

    spec: VolumeSpec
    """What was asked for."""
    bucket: str = ""
    """Id of the bucket; empty for a repository."""
    files: list[FileRow] = field(default_factory=list)
    """The files of the bucket's folder."""
    folder: Path | None = None
    """The copy of a repository."""


def write_secrets(folder: Path, secrets: dict[str, str]) -> None:
    """Hand the secrets' values to the supervisor, in a file that it deletes when it starts."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if secrets:
        write_private(folder / "secrets.json", json.dumps(secrets))


def prepare(
    job: JobRow, volumes: list[MountedVolume], directory: DataDir, content: Content, conditions: Conditions
) -> None:
    """Make the directory of a job ready for its supervisor."""
    folder = directory.job(job.id)
    if (folder / "spec.json").exists():
        # A service that was killed got this far, perhaps even to the supervisor; its files are the job's by now.
        return
    for name in ("work", "home", "tmp"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    remove(folder / "volumes")
    mounts, writable = [], []
    shared = _find_shared(volumes)
    for number, volume in enumerate(volumes):
        source = folder / "volumes" / str(number)
        if number in shared:
            owner, part = shared[number]
            source = folder / "volumes" / str(owner) / part
        elif volume.folder is None:
            snapshot = materialise(content, volume.files, volume.spec.path, source)
            if not volume.spec.read_only:
                writable.append(BucketMount(number, volume.bucket, snapshot))
        elif sandbox.find_bwrap() is not None:
            source = volume.folder
        else:
            # A copy: where nothing can be mounted read-only, what the job does must not reach the original.
            shutil.copytree(volume.folder, source, symlinks=True)
        if volume.spec.read_only and volume.folder != source:
            protect(source)
        mounts.append(sandbox.Mount(volume.spec.mount_path, source, volume.spec.read_only))
    for number in shared:
        # A bucket has no empty folders, so this one may not be there yet.
        mounts[number].source.mkdir(parents=True, exist_ok=True)
    write_mounts(folder, writable)
    # Last: it says that everything is here.
    write_private(folder / "spec.json", json.dumps(_plan(job, mounts, folder, directory, conditions)))


def _find_shared(volumes: list[MountedVolume]) -> dict[int, tuple[int, str]]:
    """Return which writable volumes are in another one: the same folder of a bucket, or one below it.

    A job sees in each of them what it writes to the other, and neither undoes the other in the bucket.

    Returns
    -------
    dict
        By number of a volume, the number of the one that it is in, and its path there.
    """
    shared: dict[int, tuple[int, str]] = {}
    owners: dict[tuple[str, str], int] = {}
    # Those above come first.
    for number, volume in sorted(enumerate(volumes), key=lambda item: len(item[1].spec.path)):
        if not volume.bucket or volume.spec.read_only:
            continue
        path = PurePosixPath(volume.spec.path)
        for above in (path, *path.parents):
            if (owner := owners.get((volume.bucket, str(above)))) is not None:
                shared[number] = owner, str(path.relative_to(above))
                break
        else:
            owners[volume.bucket, str(path)] = number
    return shared


def _plan(
    job: JobRow, mounts: list[sandbox.Mount], folder: Path, directory: DataDir, conditions: Conditions
) -> dict[str, Any]:
    """Return what the supervisor reads."""
    argv = bare_python.isolate([*job.spec.command, *job.spec.arguments], job.spec.docker_image, mounts)
    own = job.spec.environment
    program = argv[0]
    if sandbox.find_bwrap() is None:
        argv = [sandbox.rewrite(word, mounts) for word in argv]
        own = sandbox.rewrite_all(own, mounts)
        program = argv[0]
    else:
        shown = [sandbox.Mount(str(folder / name), folder / name) for name in ("work", "home")]
        shown.append(sandbox.Mount(temporary.MOUNT, folder / "tmp"))
        shown.append(sandbox.Mount(str(directory.bin), directory.bin, read_only=True))
        view = sandbox.JobView(mounts, directory.root, shown, tools.find_directories())
        argv = sandbox.wrap(argv, folder / "work", view)
    if conditions.append_only:
        is_shown = sandbox.find_bwrap() is not None
        writable = [mount.target if is_shown else str(mount.source) for mount in mounts if not mount.read_only]
        argv = append_only.wrap(argv, [os.path.realpath(folder) for folder in writable])
    programs = [directory.bin]
    if is_only_uv(job.spec.docker_image, program):
        programs.append(directory.bin / tools.BARE)
    environment = build_environment(job.id, job.spec.flavor, folder, programs, own)
    environment.setdefault("TMPDIR", temporary.place(job.id, folder / "tmp"))
    if sandbox.is_covered(sys.base_prefix, mounts):
        # The PATH may lead to scripts in the covered directory, such as pyenv's.
        environment["PATH"] += f"{os.pathsep}{sys.base_prefix}/bin"
    return {
        "program": program,
        "argv": argv,
        "cwd": str(folder / "work"),
        "environment": environment,
        "timeout": job.spec.timeout or DEFAULT_TIMEOUT,
        "attempts": job.spec.attempts,
        "grace": conditions.grace,
    }


def start_supervisor(folder: Path) -> subprocess.Popen[bytes]:
    """Start the supervisor of a prepared job, detached."""
    descriptor = os.open(folder / "supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            # -s: nothing of the user's own site directory, which takes time to look through.
            [sys.executable, "-s", "-m", "hfjobs_magic.local.jobs.supervisor", str(folder)],
            env=tools.build_service_environment(),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
