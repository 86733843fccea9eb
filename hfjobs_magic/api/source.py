"""Requests for jobs: read from a cell, from text, a file or an address on the web, or from an image's command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub.request import ImageCommand, Request
from hfjobs_magic.hub.secrets import read_env, read_secrets
from hfjobs_magic.hub.transfer import NOT_SENT, interrupt_says
from hfjobs_magic.options.identifiers import valid_job_name
from hfjobs_magic.options.layers import Layer, resolve
from hfjobs_magic.options.mounts import parse_mount
from hfjobs_magic.options.option_values import SCRIPT_MOUNT
from hfjobs_magic.options.sweep_grid import make_grid, parse_table
from hfjobs_magic.script.cell import from_cell
from hfjobs_magic.script.names.cell_names import Notebook
from hfjobs_magic.script.names.earlier_cells import history_of
from hfjobs_magic.script.names.inputs import choose_inputs
from hfjobs_magic.script.names.omissions import find_omissions
from hfjobs_magic.script.packages import pep723
from hfjobs_magic.script.packages.kernel_packages import find_modules, read_kernel
from hfjobs_magic.script.script import from_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.options.sweep_grid import Grid
    from hfjobs_magic.script.names.inputs import Input
    from hfjobs_magic.script.script import Script

OF_UV = {"dependencies": "--with", "python": "--python", "deps": "--deps", "image": "--image", "reuse": "--reuse"}
"""Options that only a uv script has, by keyword, as they are written."""

OF_CELLS = ("script", "names")
"""Options that only a cell has, and text that is run like one."""

MAX_STEM = 80
"""Characters of a file's name in the name of a job: the hash of its text follows, and a name has 100 at most."""


def read_cell(line: str, cell: str, layers: Sequence[Layer], names: dict[str, Any] | None = None) -> Request:
    """Read a cell below a ``%%hfjob`` line.

    Parameters
    ----------
    line
        What follows the magic's name, continued lines included.
    cell
        The text below it.
    layers
        Where options come from, the line first.
    names
        The notebook's.

    Raises
    ------
    OptionError, CellError
        When an option or the cell cannot be used.
    """
    # Blank lines in place of the magic line, so that the header's own errors name the editor's lines.
    header = pep723.read("\n" * (line.count("\n") + 1) + cell)
    options = _resolve(layers, header)
    with interrupt_says(NOT_SENT):
        inputs = choose_inputs(options.values_sent, names or {}) if header is None else ()
    notebook = notebook_of(names or {})
    of_cell = _cell_settings(options, notebook, inputs)
    script = from_cell(cell, magic_line=f"%%hfjob {line}", **_settings(options), **of_cell)
    script = _with_omissions(script, cell, options, notebook)
    return Request(script, options, is_cell=True, inputs=inputs)


def read_source(
    code_or_path: str | Path,
    layers: Sequence[Layer],
    notebook: Notebook | None = None,
    values: Mapping[str, Any] | None = None,
) -> Request:
    """Read source text, a file, or an ``https://`` address.

    Parameters
    ----------
    code_or_path
        Text with a newline, or without ``.py`` at its end, is code.
    layers
        Where options come from, the call or line first.
    notebook
        Where names come from that the text uses and does not define; a file is complete in itself.
    values
        Where ``-i`` finds values.

    Raises
    ------
    OptionError, CellError, HubUnreachableError
        When there is no such file, it is not text, or it cannot become a script.
    """
    is_file = _is_file(code_or_path)
    text = _read_text(code_or_path) if is_file else str(code_or_path)
    header = pep723.read(text)
    options = _resolve(layers, header)
    settings = _settings(options)
    inputs: tuple[Input, ...] = ()
    if is_file:
        # A file is somebody's finished script: nothing is added to what it declares, unless asked for.
        settings["deps"] = settings["deps"] or "note"
        script = from_source(text, **settings)
    else:
        with interrupt_says(NOT_SENT):
            inputs = choose_inputs(options.values_sent, values or {}) if header is None else ()
        script = from_cell(text, **settings, **_cell_settings(options, notebook, inputs))
        script = _with_omissions(script, text, options, notebook)
    stem = _stem(code_or_path) if is_file else ""
    if stem and not options.name and "name" not in options.label_values:
        options = replace(options, name=f"{stem}-{script.digest}")
    return Request(script, options, inputs=inputs)


def read_image(image: str, command: Sequence[str], layers: Sequence[Layer]) -> Request:
    """Read a command for a Docker image; defaults that only a uv script has are left out."""
    first, *defaults = layers
    fit = [Layer(layer.origin, {k: v for k, v in layer.values.items() if k not in OF_UV}) for layer in defaults]
    return Request(ImageCommand(image, tuple(command)), resolve([first, *fit]))


def _resolve(layers: Sequence[Layer], header: pep723.Header | None) -> RunOptions:
    """Resolve `layers` with the ``[tool.hf-jobs]`` of the script after the first of them."""
    first, *defaults = layers
    return resolve([first, Layer(pep723.TABLE, header.jobs if header else {}), *defaults])


def _settings(options: RunOptions) -> dict[str, Any]:
    """Collect what the making of a script needs of the options and of this kernel."""
    mounts = [parse_mount(volume) for volume in options.volumes]
    here = {item.path: Path(item.source).expanduser() for item in mounts if not item.source.startswith("hf://")}
    return {
        "dependencies": options.dependencies,
        "python": options.python,
        "deps": options.deps,
        "kernel": lambda: read_kernel(sent=find_modules(here, read_env(options).get("PYTHONPATH", "")) if here else {}),
        "mounts": [SCRIPT_MOUNT, *(item.path for item in mounts)],
    }


def _cell_settings(options: RunOptions, notebook: Notebook | None, inputs: Sequence[Input]) -> dict[str, Any]:
    if notebook is not None and options.is_sweep:
        notebook = replace(notebook, given=read_grid(options).names)
    return {
        "as_script": options.script,
        "notebook": None if options.names == "none" else notebook,
        "inputs": inputs,
        "outputs": options.values_back,
        "environment": _names_of_environment(options),
    }


def _names_of_environment(options: RunOptions) -> list[str]:
    """List the variables that the line gives the job."""
    files = {**read_env(options), **read_secrets(options)} if options.env_file or options.secrets_file else {}
    return [*(name.partition("=")[0] for name in (*options.env, *options.secrets)), *files]


def _with_omissions(script: Script, text: str, options: RunOptions, notebook: Notebook | None) -> Script:
    """Note which names of the notebook the job does not get."""
    if notebook is None:
        return script
    there = {*script.brought, *(one.name for one in options.values_sent)}
    why: Literal["unseen", "none", "script"]
    why = "script" if not script.is_cell else "none" if options.names == "none" else "unseen"
    return replace(script, omissions=find_omissions(text, notebook.namespace, there, why))


def read_grid(options: RunOptions) -> Grid:
    """Return the runs that ``--map`` and ``--map-file`` ask for.

    Raises
    ------
    OptionError
        When there is no such file, or it cannot be read; for a name that ``-i`` sends, too; and for a sample that
        draws nothing.
    """
    path = options.map_file
    table = parse_table(_read_text(path), path) if path else None
    grid = make_grid(options.map, table, sample=options.sample, seed=int(options.seed or 0))
    if both := next((one.name for one in options.values_sent if one.name in grid.names), None):
        raise OptionError(f"{both} is mapped, and -i sends it, too: a run can have only one. Leave one of them out.")
    if options.sample is not None and options.sample > grid.combinations:
        there = f"there {'is' if grid.combinations == 1 else 'are'} only {grid.combinations:,}"
        raise OptionError(f"--sample {options.sample}: {there}. Leave it out to run them all, or map more values.")
    if options.seed is not None and options.sample is None:
        raise OptionError(
            f"--seed {options.seed} is of the draw that --sample N makes, and all combinations run. Add --sample, "
            "leave --seed out, or map it, as in --map seed=1..3."
        )
    return grid


def notebook_of(names: Mapping[str, Any]) -> Notebook | None:
    """Return the notebook whose names these are; None for those of a program."""
    is_cell = "get_ipython" in names and isinstance(names.get("In"), list)
    return Notebook(dict_of(names), history_of(names)) if is_cell else None


def dict_of(names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the very dict that a namespace is, as a function's globals are told apart by it."""
    return names if isinstance(names, dict) else dict(names)


def _is_file(code_or_path: str | Path) -> bool:
    if isinstance(code_or_path, Path):
        return True
    return "\n" not in code_or_path and (code_or_path.endswith(".py") or _is_url(code_or_path))


def _is_url(text: str) -> bool:
    return text.startswith(("https://", "http://"))


def _stem(path: str | Path) -> str:
    """Return the file's name without its ending, as far as it can be a job's name."""
    plain = path.partition("?")[0] if isinstance(path, str) else path
    return valid_job_name(Path(plain).stem)[:MAX_STEM]


def _read_text(path: str | Path) -> str:
    if isinstance(path, str) and _is_url(path):
        from hfjobs_magic.hub.web_script import download  # noqa: PLC0415 - huggingface_hub is slow to import

        return download(path)
    file = Path(path).expanduser()
    if file.is_dir():
        raise OptionError(f"{path} is a folder. Write the file, with its path.")
    if not file.is_file():
        raise OptionError(f"There is no file {path}. Paths are relative to the kernel's folder.")
    if file.suffix == ".ipynb":
        raise OptionError(
            f"{path} is a notebook, which Python cannot run. "
            f"`jupyter nbconvert --to script {path}` makes a script of it."
        )
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise OptionError(f"{path} is not UTF-8 text, so it cannot be read.") from None
