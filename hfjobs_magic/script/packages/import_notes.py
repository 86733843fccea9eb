"""What is to be said of imports: modules of one service, of no package that can be told, and those that are spared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.script.packages.requirements import InferredRequirement, distribution_of, is_local, is_unknown
from hfjobs_magic.script.syntax.branches import find_host

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.script.packages.imports import Import
    from hfjobs_magic.script.packages.requirements import Kernel


def describe_imports(imports: Sequence[Import], kernel: Kernel) -> list[str]:
    """Return a sentence for each import that a job cannot follow."""
    notes: list[str] = []
    unknown: dict[str, Import] = {}
    for item in imports:
        if host := find_host(item.module):
            if not item.optional:
                notes.append(
                    f"Line {item.line} imports {item.module}, which only {host} has, and the job stops there. "
                    "Delete it; secrets go with --secrets, and files with --volume."
                )
        elif is_local(item, kernel):
            continue  # what is here is looked at where it is known what is sent
        elif not item.optional and is_unknown(item, kernel):
            unknown.setdefault(item.top, item)
    return [*notes, *_describe_unknown([*unknown.values()])]


def _describe_unknown(imports: Sequence[Import]) -> list[str]:
    """Say of which modules no package can be told, in one sentence: most are files of one folder."""
    if not imports:
        return []
    said = ", ".join(f"{'line' if at else 'Line'} {item.line} imports {item.module}" for at, item in enumerate(imports))
    what, way = ("its package cannot be told from this name", "Name it")
    if len(imports) > 1:
        what, way = ("their packages cannot be told from these names", "Name them")
    return [f"{said}: {what}. {way} with --with, or bring your own code with --volume."]


def find_spared(imports: Sequence[Import], kernel: Kernel) -> tuple[InferredRequirement, ...]:
    """Find what is here and imported only where it can be, so that a job does without."""
    return tuple(
        InferredRequirement(distribution_of(item.module, kernel)[0], item.module, item.line, "kernel")
        for item in imports
        if item.optional and kernel.has(item.module) and not is_local(item, kernel) and not find_host(item.module)
    )


def describe_fetched(item: InferredRequirement) -> str:
    """Say of a module that it is taken for one of a folder which the script fetches."""
    return (
        f"Line {item.line} imports {item.module}, which is taken for a part of what the cell fetches. "
        f"If it is a package, add --with {item.requirement}."
    )
