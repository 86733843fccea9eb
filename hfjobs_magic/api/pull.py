"""Files of a job, brought to a folder of this machine: each whole or not at all, and none of the reader's written over.

Files are downloaded beside their places, under their hash, looked at, and moved. So what was stopped goes on where it
was, and what arrives otherwise than the job says is thrown away.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from hfjobs_magic.errors import FilesError
from hfjobs_magic.values.copies import hash_file
from hfjobs_magic.values.sizes import format_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from huggingface_hub import BucketFile

    from hfjobs_magic.exchange.files import JobFile
    from hfjobs_magic.hub.run_folder import RunFolder

STAGE = ".hfjob-part"
"""Folder in the target for what is not whole yet."""

NAMED = 3
"""Files that a sentence names; of more, their number."""


@dataclass(frozen=True)
class Pulled:
    """What became of each file."""

    folder: Path
    """Where they are."""
    fetched: tuple[str, ...] = ()
    """Downloaded now."""
    present: tuple[str, ...] = ()
    """There already, and the same."""
    kept: tuple[str, ...] = ()
    """Something else was in their place, and is still."""
    missing: tuple[str, ...] = ()
    """Not in the job's folder as the job says, or changed while they were downloaded."""

    def __repr__(self) -> str:
        said = [f"{count_files(len(self.fetched))} fetched into {self.folder}"]
        said += [f"{count_files(len(self.present))} there already"] if self.present else []
        return f"{', '.join(said)}.{' ' if self.trouble else ''}{self.trouble}"

    @property
    def trouble(self) -> str:
        """Sentences on what did not come; empty where everything is here."""
        sentences = []
        if self.kept:
            sentences.append(
                f"{_name(self.kept)} in {self.folder} differ{'s' if len(self.kept) == 1 else ''} from the job's and "
                f"{'was' if len(self.kept) == 1 else 'were'} kept; "
                "job.files.pull(OTHER_FOLDER) brings the job's, with overwrite=True in their place."
            )
        if self.missing:
            sentences.append(
                f"{_name(self.missing)} did not arrive whole; pull again. Only another run makes what was deleted."
            )
        return " ".join(sentences)


def pull(
    source: RunFolder, files: Sequence[JobFile], target: Path, known: Mapping[str, str], *, overwrite: bool
) -> Pulled:
    """Download what is not here.

    Parameters
    ----------
    source
        The job's folder.
    files
        What the job says of its files.
    target
        Where to, without links in its path.
    known
        SHA-256, by path, of files of jobs that were brought there before: these give way to the job's.
    overwrite
        Whether other files give way, too.

    Raises
    ------
    FilesError
        When the disk has no room for them, or what is at the target is not a folder.
    HubError
        When the bucket does not answer.
    """
    there = source.tree("files")
    present: list[str] = []
    kept: list[str] = []
    missing: list[str] = []
    wanted: dict[str, JobFile] = {}
    for file in files:
        item, place = there.get(file.place), target / file.place
        if item is None or item.size != file.size:
            missing.append(file.path)
        elif (digest := _look(place, target)) == file.sha256:
            present.append(file.path)
        elif digest is None or (digest != ELSE and (overwrite or digest == known.get(file.path))):
            wanted[file.place] = file
        else:
            kept.append(file.path)
    fetched: list[str] = []
    if wanted:
        for key, came in _fetch(source, there, wanted, target):
            (fetched if came else missing).append(wanted[key].path)
    return Pulled(target, tuple(fetched), tuple(present), tuple(kept), tuple(missing))


ELSE = "else"
"""In the place of a hash: something that is not a file, or lies behind a link."""


def _look(place: Path, target: Path) -> str | None:
    """Return the SHA-256 of the file in a place; None where there is nothing."""
    if _is_blocked(place, target):
        return ELSE
    return hash_file(place) if place.exists() else None


def _is_blocked(place: Path, target: Path) -> bool:
    parent = place.parent
    while parent != target:
        if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
            return True
        parent = parent.parent
    return place.is_symlink() or (place.exists() and not place.is_file())


def _fetch(
    source: RunFolder, there: Mapping[str, BucketFile], wanted: Mapping[str, JobFile], target: Path
) -> Iterator[tuple[str, bool]]:
    """Download files and move them to their places; yield the path of each, and whether it came as it should."""
    stage = target / STAGE
    try:
        stage.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FilesError(f"{target} cannot be made a folder for the job's files: {error.strerror}.") from error
    if stage.is_symlink():
        raise FilesError(f"{stage} is a link. Remove it, and pull again.")
    by_hash = {file.sha256: path for path, file in wanted.items()}
    left = {digest: path for digest, path in by_hash.items() if not _is_whole(stage / digest, wanted[path])}
    size = sum(wanted[path].size for path in left.values())
    if size > (free := shutil.disk_usage(target).free):
        raise FilesError(
            f"The job's files need {format_size(size)}, and the disk of {target} has {format_size(free)} left. "
            "Pull them into a folder of another disk."
        )
    hashes = source.fetch([(there[path], stage / digest) for digest, path in left.items()], "files of a job")
    came = {digest for digest, path in left.items() if _is_whole(stage / digest, wanted[path], hashes)}
    whole = (by_hash.keys() - left.keys()) | came
    uses = Counter(file.sha256 for file in wanted.values())
    for path, file in wanted.items():
        uses[file.sha256] -= 1
        # Another file of the same content may still need it.
        yield path, file.sha256 in whole and _move(stage / file.sha256, target, file, copy=uses[file.sha256] > 0)
    shutil.rmtree(stage, ignore_errors=True)


def _move(staged: Path, target: Path, file: JobFile, *, copy: bool) -> bool:
    place = target / file.place
    if _is_blocked(place, target):
        return False  # somebody was here meanwhile
    place.parent.mkdir(parents=True, exist_ok=True)
    if copy:
        partial = staged.with_name(f"{staged.name}.copy")
        shutil.copyfile(staged, partial)
        staged = partial
    with suppress(OSError):
        os.utime(staged, (file.modified, file.modified))
    staged.replace(place)
    return True


def _is_whole(path: Path, file: JobFile, hashes: Mapping[Path, str] = MappingProxyType({})) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size != file.size:
        return False
    return hashes.get(path) == file.sha256 or hash_file(path) == file.sha256


def count_files(number: int) -> str:
    """Return a number of files as a person reads it."""
    return f"{number:,} file{'' if number == 1 else 's'}"


def _name(paths: Sequence[str]) -> str:
    named = ", ".join(paths[:NAMED])
    return named if len(paths) <= NAMED else f"{named} and {len(paths) - NAMED:,} more"
