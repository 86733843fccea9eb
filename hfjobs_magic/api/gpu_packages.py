"""Packages that an install from the index leaves without the GPU that a flavor is paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from hfjobs_magic.options.run_options import RunOptions

_PARTS: dict[str, tuple[str, tuple[str, ...], bool]] = {
    # https://docs.jax.dev/en/latest/installation.html
    "jax": ("jax[cuda12]", ("jax-cuda12-plugin", "jax-cuda13-plugin"), False),
    # https://www.tensorflow.org/install/pip
    "tensorflow": ("tensorflow[and-cuda]", ("nvidia-cudnn-cu12", "nvidia-cudnn-cu13"), True),
}
"""Package -> what to ask for, packages of which one comes along then, and whether an image may bring those parts."""


def note_unused_gpu(options: RunOptions, present: Collection[str]) -> list[str]:
    """Say which of a job's packages will leave the GPU of its flavor unused.

    Parameters
    ----------
    options
        Of the job.
    present
        All packages that it gets, by their normal names.
    """
    if options.local or not options.flavor or options.flavor.startswith(("cpu", "inf", "trn")):
        return []
    return [
        f"{package} as it is runs on the CPU, and {options.flavor} has a GPU. Add --with '{wanted}'."
        for package, (wanted, parts, by_image) in _PARTS.items()
        if package in present and not set(parts) & set(present) and not (by_image and options.image)
    ]
