"""Files and modules of this machine that a script reads: refused where its job surely lacks them, else said."""

from __future__ import annotations

import ast
import importlib.util
import re
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from hfjobs_magic.api.inputs import MAX_SIZE
from hfjobs_magic.api.module_files import find_beside
from hfjobs_magic.errors import CellError
from hfjobs_magic.hub.secrets import read_env
from hfjobs_magic.options.identifiers import shorten
from hfjobs_magic.options.mounts import parse_mount
from hfjobs_magic.script.packages.requirements import path_of
from hfjobs_magic.script.syntax.python_syntax import parse_leniently

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.local_reads import LocalRead
    from hfjobs_magic.script.packages.local_imports import LocalImport
    from hfjobs_magic.script.script import Script

MODULES_MOUNT = "/code"
"""Where a folder of modules is proposed to be mounted."""


@dataclass(frozen=True)
class _Missing:
    """What a job will not have."""

    text: str
    """What is wrong, without its full stop."""
    way: str
    """What to do, a sentence."""
    is_certain: bool = False
    """Whether the job is sure to fail for it."""


def check_local_files(script: Script, options: RunOptions) -> None:
    """Refuse a script that surely reads a file or imports a module which is here and not sent.

    Raises
    ------
    CellError
        With each line, and what to write.
    """
    certain = [item for item in _find_missing(script, options) if item.is_certain]
    if certain:
        texts = " ".join(f"{item.text}." for item in certain)
        ways = " ".join(dict.fromkeys(item.way for item in certain))
        raise CellError(f"{texts} {ways} Nothing was submitted.")


def describe_local_files(script: Script, options: RunOptions) -> list[str]:
    """Return a sentence or two for each file or module that the job may lack."""
    return [f"{item.text}. {item.way}" for item in _find_missing(script, options) if not item.is_certain]


def _find_missing(script: Script, options: RunOptions) -> list[_Missing]:
    return [*_find_packages(script, options), *_find_modules(script, options), *_find_files(script, options)]


# -- packages --------------------------------------------------------------------------------------


def _find_packages(script: Script, options: RunOptions) -> list[_Missing]:
    """Find packages that are to be installed from a path which no volume of the job has."""
    mounts = [parse_mount(volume).path.rstrip("/") for volume in options.volumes]
    found = []
    for item in script.requirements:
        path = path_of(item)
        # The local service has the folders of this machine.
        has = options.local and path.startswith("/")
        if not path or has or any(f"{path}/".startswith(f"{mount}/") for mount in mounts):
            continue
        place = Path(path).expanduser()
        folder = place if place.is_dir() else place.parent
        way = "Mount its folder with --volume, and write the path that it has there."
        if place.exists():
            there = f"{MODULES_MOUNT}/{folder.resolve().name}"
            inside = "" if place.is_dir() else f"/{place.name}"
            way = f"Add -v {_mountable(folder)}:{there} to the line, and write {there}{inside} for {path}."
        found.append(
            _Missing(
                f"The job is to install {shorten(item)}, a path of this machine, which it will not have",
                way,
                options.image is None,
            )
        )
    return found


# -- modules ---------------------------------------------------------------------------------------


def _find_modules(script: Script, options: RunOptions) -> list[_Missing]:
    imports = script.contents.local_imports
    if not imports or "PYTHONPATH" in read_env(options):
        return []
    sent = " ".join([*(one.expression for one in options.values_sent), *options.volumes])
    found: dict[str, tuple[LocalImport, Path | None, bool]] = {}
    alone: dict[Path, _Missing] = {}
    for item in imports:
        place, is_whole = _find_place(item.module)
        # What the line names already is on its way, to a folder that the cell knows.
        if script.contents.changes_path and place is not None and place.name in sent:
            alone |= {place: lacking} if (lacking := _find_lacking(item, place, sent, options)) else {}
            continue
        known = found.get(item.top)
        is_certain = item.is_certain and is_whole and options.image is None
        if known is None or (is_certain and not known[2]):
            found[item.top] = (item, place, is_certain)
    is_plain = not script.is_cell
    own, brought = (_import_statements(text) for text in (script.text, script.notebook))
    ways = {
        certain: _send_modules(
            [p for _, p, c in found.values() if p and c is certain],
            is_plain,
            [brought[top] for top, (_, _, c) in found.items() if c is certain and top in brought and top not in own],
        )
        for certain in (True, False)
    }
    return [*alone.values()] + [
        _Missing(
            f"Line {item.line} {'imports' if item.top in own or item.top not in brought else 'uses'} {item.module}"
            f"{_place_words(place)}, code of this machine, which the job "
            f"{'will not have' if is_certain else 'has only if it is sent'}",
            ways[is_certain]
            if place
            else "Bring it with --volume, or install it from an address with --with git+https://….",
            is_certain,
        )
        for item, place, is_certain in found.values()
    ]


def _find_lacking(item: LocalImport, place: Path, sent: str, options: RunOptions) -> _Missing | None:
    """Return what a module that the line sends would lack in the job, which lies beside it here."""
    if not place.is_file() or any(f"{parse_mount(one).source.rstrip('/')}/" in f"{place}/" for one in options.volumes):
        return None
    beside = find_beside(place)
    missing = [one for one in beside.modules if one.name not in sent]
    if missing:
        names = ", ".join(map(_relative, missing))
        said = f"Line {item.line} imports {item.module}, which imports {names}, code of this machine, which the job "
        is_certain = item.is_certain and options.image is None
        has = "will not have" if is_certain else "has only if it is sent"
        return _Missing(f"{said}{has}", _send_modules([place, *missing], is_plain=False), is_certain)
    if beside.finds_files:
        said = f"{place.name} looks for files beside itself (__file__), and the line sends it alone"
        return _Missing(said, f"If it needs them, mount its folder: {_mount_folder(place)}.")
    return None


def _mount_folder(file: Path) -> str:
    return f"-v {_mountable(file.parent)}:{MODULES_MOUNT} -e PYTHONPATH={MODULES_MOUNT}"


def _find_place(module: str) -> tuple[Path | None, bool]:
    """Return the file or folder of a module's first part, and whether it has all that the import names."""
    top, _, rest = module.partition(".")
    spec = PathFinder.find_spec(top, [str(Path.cwd())]) or _find_spec(top)
    if spec is None:
        return None, False
    if spec.origin and spec.has_location:
        file = Path(spec.origin)
        return (file.parent if file.name == "__init__.py" else file), True
    folders = [*(spec.submodule_search_locations or ())]
    # A folder without __init__.py is a package of any name that lies around: it must have what is imported.
    below = PathFinder.find_spec(f"{top}.{rest.partition('.')[0]}", folders) if rest else None
    return (Path(folders[0]) if folders else None), below is not None


def _find_spec(top: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None  # a module that was made by hand has no place


def _place_words(place: Path | None) -> str:
    return f" ({_relative(place)})" if place is not None else ""


def _import_statements(text: str) -> dict[str, str]:
    """Return the statement that imports each module, by the first part of its name."""
    found: dict[str, str] = {}
    for node in ast.walk(parse_leniently(text)):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        found |= {name.partition(".")[0]: ast.unparse(node) for name in names}
    return found


def _send_modules(places: Sequence[Path], is_plain: bool, brought: Sequence[str] = ()) -> str:
    """Say what sends modules: folders are mounted, and so is the folder of a file where no value can be sent.

    Parameters
    ----------
    places
        Where they are.
    is_plain
        Whether it is a script that runs without IPython.
    brought
        Imports that come along from earlier cells: they run before the cell does, so it has to have its own.
    """
    beside = {place: find_beside(place) for place in places}
    by_place = [place for place, needs in beside.items() if needs.finds_files]
    if by_place and len({place.parent for place in places}) == 1:
        why = f"{by_place[0].name} looks for files beside itself (__file__)"
        return f"Add {_mount_folder(by_place[0])} to the line: {why}."
    needed = (one for needs in beside.values() for one in needs.modules)
    every = {place.resolve(): place for place in (*places, *needed)}.values()
    folders = [place for place in every if place.is_dir()]
    files = [place for place in every if not place.is_dir()]
    mounts = [f"-v {_mountable(place)}:{MODULES_MOUNT}/{place.name}" for place in folders]
    ways = []
    if files and is_plain:
        mounts.append(f"-v {_mountable(files[0].parent)}:{MODULES_MOUNT}{'/here' if folders else ''}")
    if mounts:
        path = f"{MODULES_MOUNT}:{MODULES_MOUNT}/here" if folders and files and is_plain else MODULES_MOUNT
        ways.append(f"Add {' '.join(mounts)} -e PYTHONPATH={path} to the line.")
    if files and not is_plain:
        names = [_value_name(place) for place in files]
        values = " ".join(f"-i {name}=Path({_relative(place)!r})" for name, place in zip(names, files, strict=True))
        paths = ", ".join(f"str({name}.parent)" for name in names)
        where = "at the top of the cell" if brought else "above the import"
        also = "".join(f" and `{statement}`" for statement in brought)
        ways.append(f"Add {values} to the line, and {where} `import sys; sys.path[:0] = [{paths}]`{also}.")
    return " ".join(ways)


def _mountable(place: Path) -> str:
    shown = _relative(place)
    return shown if shown.startswith(("/", ".")) else f"./{shown}"


# -- files -----------------------------------------------------------------------------------------


def _find_files(script: Script, options: RunOptions) -> list[_Missing]:
    found = []
    nowhere: list[LocalRead] = []
    for read in script.contents.reads:
        place = Path(read.path).expanduser()
        what = f"Line {read.line} {_verb(read)} {read.path}"
        try:
            size = place.stat().st_size
        except (OSError, ValueError):
            nowhere += [] if read.is_below_made else [read]
            continue
        # The local service may have the folders of this machine, and an image its own.
        is_certain = read.is_certain and options.image is None and not (options.local and place.is_absolute())
        kind = "folder" if place.is_dir() else "file"
        has = "will not have" if is_certain else "has only if the cell makes it"
        way = _send_file(read, place, size, is_plain=not script.is_cell)
        found.append(_Missing(f"{what}, a {kind} of this machine, which the job {has}", way, is_certain))
    return found + _describe_nowhere(nowhere)


def _describe_nowhere(reads: Sequence[LocalRead]) -> list[_Missing]:
    """Say what is not here either, in one sentence: a notebook made for another machine reads a dozen such files."""
    if not reads:
        return []
    named = [f"line {read.line} {_verb(read)} {read.path}" for read in reads[:_MOST_NAMED]]
    named += [f"{len(reads) - _MOST_NAMED} more"] if len(reads) > _MOST_NAMED else []
    text = " and ".join([", ".join(named[:-1]), named[-1]] if named[1:] else named)
    is_one = len(reads) == 1
    way = f"The job has {'it' if is_one else 'them'} only if the cell makes {'it' if is_one else 'them'}"
    what = "which is not here either" if is_one else "which are not here either"
    return [_Missing(f"{text[0].upper()}{text[1:]}, {what}", f"{way}, or from a --volume.")]


_MOST_NAMED = 3
"""Files that a note names; one more is as good as another."""


def _verb(read: LocalRead) -> str:
    return "runs" if read.is_command else "reads"


def _send_file(read: LocalRead, place: Path, size: int, *, is_plain: bool) -> str:
    if size > MAX_SIZE:
        return "Put it into a bucket or a data set, and mount that with --volume."
    if is_plain:
        folder = place if place.is_dir() else place.parent
        inside = "" if place.is_dir() else f"/{place.name}"
        return f"Mount its folder with -v {_mountable(folder)}:/files, and read /files{inside}."
    name = _value_name(place)
    shown = str(place) if read.path.startswith("~") else read.path
    # Not every reader takes a Path: datasets and OpenCV want a text.
    words = f"{{{name}}} for {read.path}" if read.is_command else f"str({name}) for {read.path!r}"
    return f"Add -i {name}=Path({shown!r}) to the line, and write {words}."


def _value_name(place: Path) -> str:
    """Return a name for the value that a path is.

    >>> _value_name(Path("data/train-1.csv"))
    'train_1_csv'
    """
    name = re.sub(r"\W+", "_", place.resolve().name, flags=re.ASCII).strip("_")
    return f"file_{name}" if not name or name[0].isdigit() else name


def _relative(place: Path) -> str:
    """Return a path as a person writes it: from the kernel's folder where it lies below."""
    try:
        return place.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return str(place)
