"""What can be known of a job before it costs anything: refused here, or said."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hfjobs_magic.api.gpu_limits import describe_gpu_limits
from hfjobs_magic.api.gpu_packages import note_unused_gpu
from hfjobs_magic.api.job_python import check_python, target_python
from hfjobs_magic.api.local_files import describe_local_files
from hfjobs_magic.api.resolution import PATIENCE_S, PLAN_PATIENCE_S, resolve_packages
from hfjobs_magic.api.surroundings import describe_surroundings
from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.help import did_you_mean
from hfjobs_magic.script.packages.kernel_packages import import_names
from hfjobs_magic.script.packages.requirements import NOTHING, alternatives, is_any_version, names_of
from hfjobs_magic.script.syntax.python_syntax import REMOVED_MODULES
from hfjobs_magic.values import pickles

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hfjobs_magic.facts import Hardware
    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.packages.requirements import InferredRequirement
    from hfjobs_magic.script.script import Script


def check_before(
    script: Script,
    options: RunOptions,
    *,
    env: Mapping[str, str],
    secrets: Collection[str],
    offered: Sequence[Hardware] = (),
    plan: bool = False,
) -> tuple[str, ...]:
    """Refuse a script that cannot run, and return what its author should know, a sentence each.

    Parameters
    ----------
    script, options
        What the job runs, and how.
    env
        The job's environment.
    secrets
        Names of its secrets.
    offered
        All flavors; none for a job on this machine, and where they are not known.
    plan
        Whether only a plan is made, which may take longer.

    Raises
    ------
    OptionError
        When packages are misspelt, missing or in conflict, when there is no such Python, or when it reads no pickles of
        the kernel's.
    """
    notes = [*describe_local_files(script, options), *script.notes]
    notes += check_python(options.python or script.python)
    _check_pickles(script, options)
    found = resolve_packages(script, options, env, patience_s=PLAN_PATIENCE_S if plan else PATIENCE_S)
    if found.refusal:
        raise OptionError(_refusal(found.refusal, script, env))
    present = (
        found.packages if found.packages is not None else frozenset(map(canonicalize_name, _list_packages(script)))
    )
    # A job on this machine costs nothing: what uv says there comes early enough.
    notes += [found.note] if found.note and (plan or not options.local) else []
    notes += _describe_builds(found.built, script.header) if plan or not options.local else []
    notes += _missing_packages(script, present, is_certain=found.packages is not None)
    if found.packages is not None:
        notes += note_unused_gpu(options, present)
    notes += _describe_removed_modules(script, options, present)
    notes += _describe_dropped_arguments(script)
    notes += _describe_screen_packages(script, options)
    notes += describe_gpu_limits(script, options.flavor, offered)
    notes += describe_surroundings(script, options, {*env, *secrets})
    return tuple(notes)


def _check_pickles(script: Script, options: RunOptions) -> None:
    wanted = (*(("-i", one) for one in options.values_sent), *(("-o", one) for one in options.values_back))
    flag, name = next(((flag, one.name) for flag, one in wanted if one.format == pickles.NAME), ("", ""))
    if not name:
        return
    python, is_certain = target_python(script, options)
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if is_certain and python.split(".")[:2] != here.split("."):
        raise OptionError(
            f"{flag} {name}:pickle goes between two Pythons {here} only, as this kernel has; the job has {python}. "
            f"Add -p {here}. Nothing was submitted."
        )


def _refusal(reason: str, script: Script, env: Collection[str]) -> str:
    """Return the sentence for packages that cannot be installed, with the line that asks for them."""
    missing = re.match(r"([\w.-]+) was not found", reason)
    name = canonicalize_name(missing[1]) if missing else ""
    asked = next(
        (item for item in script.inferred if name in {canonicalize_name(one) for one in names_of([item.requirement])}),
        None,
    )
    line = f" ({str(asked).partition(' (')[2]}" if asked else ""
    hint = ""
    if missing:
        meant = import_names().get(missing[1], import_names().get(missing[1].replace("-", "_"), NOTHING))
        package = alternatives(meant)[0]
        if meant == NOTHING:
            hint = _nearest(missing[1])
        elif canonicalize_name(package) == name:
            hint = " That is its name: check the address of the index that uv asks, and the login that it wants."
        else:
            hint = f" Its package is {package}."
    way = " Name the right package with --with." if asked else ""
    if asked and asked.source == "pip":
        way = " Correct the line."
    elif asked and ("PYTHONPATH" in env or script.contents.changes_path):
        place = "PYTHONPATH" if "PYTHONPATH" in env else "a folder that the job puts on its path"
        way = f" If it lies on {place}, add --deps none and name packages with --with."
    return f"The job's packages cannot be installed: {reason}{line}.{hint}{way} Nothing was submitted."


def _nearest(name: str) -> str:
    """Return a question with names like this: of what jobs install most, else of all, if it is nearly the same."""
    packages = {alternatives(row)[0] for row in import_names().values()} - {NOTHING}
    return did_you_mean(name, _POPULAR) or did_you_mean(name, packages)


_POPULAR = frozenset(
    {
        *("accelerate", "bitsandbytes", "datasets", "diffusers", "evaluate", "gradio", "huggingface_hub", "jax"),
        *("keras", "lightning", "matplotlib", "numpy", "openai", "pandas", "peft", "plotly", "polars", "pyarrow"),
        *("pytorch-lightning", "requests", "rich", "safetensors", "scipy", "seaborn", "sentence-transformers"),
        *("sentencepiece", "setfit", "tensorflow", "timm", "tokenizers", "torch", "torchaudio", "torchvision"),
        *("tqdm", "trackio", "transformers", "trl", "vllm", "wandb", "xgboost"),
    }
)
"""What jobs install most; a misspelling is most likely one of these."""


def _list_packages(script: Script) -> tuple[str, ...]:
    return names_of(script.requirements)


_NEED_TORCH = frozenset(
    {
        *("apex", "causal-conv1d", "detectron2", "flash-attn", "mamba-ssm", "natten", "pytorch3d", "torch-cluster"),
        *("torch-scatter", "torch-sparse", "torch-spline-conv", "transformer-engine"),
    }
)
"""Packages whose build imports torch and does not ask for it (the ``setup.py`` of each)."""


def _describe_builds(names: Collection[str], header: str) -> list[str]:
    """Say what has no wheel: its build is paid for, and may fail."""
    # A header may say what a build gets: https://docs.astral.sh/uv/concepts/projects/config/#build-isolation
    is_told = "build-dependencies" in header or "no-build-isolation" in header
    torch = sorted(name for name in names if name in _NEED_TORCH and not is_told)
    other = sorted(set(names) - set(torch))
    return [
        *(
            f"{name} has no wheel, and its build fails in a job: it wants torch first. "
            f"Name a wheel's address with --with '{name} @ https://….whl'."
            for name in torch
        ),
        *(f"{name} has no wheel: the job builds it first, which takes its time and may fail." for name in other),
    ]


def _missing_packages(script: Script, present: Collection[str], *, is_certain: bool) -> list[str]:
    unless = "" if is_certain else ", unless another package brings it"
    notes = _describe_undeclared(
        [
            item
            for item in script.contents.undeclared
            if canonicalize_name(names_of([item.requirement])[0]) not in present
        ],
        unless,
    )
    notes += [
        f"Line {item.line} imports {item.module} only if it can, and the job will not have it{unless}. "
        f"Add --with {item.requirement} if it should."
        for item in script.contents.spared
        if canonicalize_name(item.requirement) not in present
    ]
    said = {canonicalize_name(name) for item in script.contents.undeclared for name in names_of([item.requirement])}
    notes += [
        f"Line {need.line} uses {need.call}, which needs {need.distribution}{unless}. Add --with {need.distribution}."
        for need in script.contents.needs
        if canonicalize_name(need.distribution) not in {*present, *said}
    ]
    return notes


def _describe_undeclared(missing: Sequence[InferredRequirement], unless: str) -> list[str]:
    """Say which imports a header lacks, in one sentence: with no index to ask, they may be half a dozen."""
    if not missing:
        return []
    said = ", ".join(f"{'line' if at else 'Line'} {item.line} imports {item.module}" for at, item in enumerate(missing))
    names = list(dict.fromkeys(item.requirement for item in missing))
    lacks = f"{', and' if len(missing) == 1 else ':'} the job has no {' and no '.join(names)}{unless}"
    return [f"{said}{lacks}. Add {' '.join(f'--with {name}' for name in names)}."]


def _describe_removed_modules(script: Script, options: RunOptions, present: Collection[str]) -> list[str]:
    """Say which imports are of an older standard library than the job's; setuptools brings distutils back."""
    python, is_certain = target_python(script, options)
    if not is_certain:
        return []
    minor = int(python.split(".")[1])
    return [
        f"Line {item.line} imports {item.module}, which Python 3.{removed} removed, and the job has Python {python}. "
        f"Add -p 3.{removed - 1}, or use another module."
        for item in script.contents.imports
        if not item.optional
        and (removed := REMOVED_MODULES.get(item.top, 99)) <= minor
        and not (item.top == "distutils" and "setuptools" in present)
    ]


def _describe_dropped_arguments(script: Script) -> list[str]:
    """Say which arguments the newest version of a package takes no more, where the job gets that version."""
    free = set(map(canonicalize_name, names_of([item for item in script.requirements if is_any_version(item)])))
    return [
        f"Line {item.line} has {item.call}, which datasets 4 and newer ignore: they run no loading scripts. "
        "If the data set has one, add --with 'datasets<4'."
        if item.package == "datasets"
        else f"Line {item.line} has {item.call}, which the newest {item.package} takes no more. "
        f"{f'Write {item.instead}' if item.instead else 'Delete it'}, or name the version that you use with --with."
        for item in script.contents.dropped
        if item.package in free
    ]


_NEED_SCREEN = {canonicalize_name(name): f"{name}-headless" for name in ("opencv-python", "opencv-contrib-python")}
"""Packages that load libGL at their import, which Debian's images of Python do not have (opencv-python issue 370)."""


def _describe_screen_packages(script: Script, options: RunOptions) -> list[str]:
    """Say which packages want a screen's libraries; an image may have them, and a cell may install them."""
    if options.local or options.image or "libgl" in script.text.lower():
        return []
    return [
        f"{name} needs libGL, which the Hub's own image does not have, and its import fails. "
        f"Use {_NEED_SCREEN[canonicalize_name(name)]} in its place: add it with --with."
        for name in names_of(script.requirements)
        if canonicalize_name(name) in _NEED_SCREEN
    ]
