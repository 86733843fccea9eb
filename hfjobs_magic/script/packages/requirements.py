"""Which distributions a script's imports need: by the kernel's own packages, by tables, or by a guess."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hfjobs_magic.script.packages.imports import SHARED, is_standard
from hfjobs_magic.script.syntax.branches import find_host

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from hfjobs_magic.script.packages.imports import Import
    from hfjobs_magic.script.packages.needs import Need

_PARTS = {
    "google": 2,
    "google.cloud": 3,
    "azure": 2,
    "azure.ai": 3,
    "azure.mgmt": 3,
    "azure.storage": 3,
    "azure.cognitiveservices": 3,
    "opentelemetry": 2,
    "opentelemetry.instrumentation": 3,
    "opentelemetry.exporter": 3,
    "ruamel": 2,
    "pyannote": 2,
    "autogluon": 2,
    "zope": 2,
    "openinference.instrumentation": 3,
    "jaraco": 2,
    "backports": 2,
    "keyrings": 2,
    "aspose": 2,
    "azureml": 2,
    "anemoi": 2,
    "botbuilder": 2,
    "llama_index.llms": 3,
    "llama_index.embeddings": 3,
    "llama_index.vector_stores": 3,
    "llama_index.readers": 3,
}
"""How many parts of a module's name make its distribution's, below a shared package: their projects document
``google.cloud.storage`` as ``google-cloud-storage``, and so on."""

NOTHING = "-"
"""In the table: no distribution can be told from this name."""

GUESS = "?"
"""In the table, before a distribution: another could be meant."""


@dataclass(frozen=True)
class Kernel:
    """What the kernel knows of its own packages."""

    distributions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Distributions by import name, as ``importlib.metadata.packages_distributions`` has them;
    names with dots tell the parts of a namespace package apart."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Installed version by distribution."""
    local: frozenset[str] = frozenset()
    """Import names that are files or folders of this machine, not packages of an index."""
    table: Mapping[str, str] = field(default_factory=dict)
    """Distribution by import name for what is not installed, others with the same import after a ``|``; `NOTHING`
    where none can be told, `GUESS` before the first where it is not sure. ``<2`` after it where later versions have the
    module no more."""
    modules_of: Callable[[str], frozenset[str]] = field(default=lambda _: frozenset(), compare=False)
    """Import names of a folder, given as a path that may begin at the current folder."""
    place_of: Callable[[str], Path | None] = field(default=lambda _: None, compare=False)
    """File or folder of what `local` names."""

    def has(self, module: str) -> bool:
        """Whether a module can be imported here; a package that many distributions share does not count as such."""
        parts = module.split(".")
        prefixes = {".".join(parts[:count]) for count in range(1, len(parts) + 1)} - SHARED
        return parts[0] in self.local or any(prefix in self.distributions for prefix in prefixes)


_FILE = re.compile(r"[^:@]+\.(?:whl|zip|tar\.\w+|tgz)")


def path_of(requirement: str) -> str:
    """Return the path that a requirement is, or is to be taken from; empty for what an index or an address has.

    >>> path_of("./mylib"), path_of("mylib @ file:///code/mylib"), path_of("torch")
    ('./mylib', '/code/mylib', '')
    """
    place = re.sub(r"^[\w.-]+(?:\[[^\]]*\])?\s*@\s*", "", requirement.strip())
    if place.startswith("file:"):
        return re.sub("^file:(?://(?:localhost)?(?=/))?", "", place).partition("#")[0] or "."
    return place if place.startswith((".", "/", "~")) or _FILE.fullmatch(place) else ""


def is_any_version(requirement: str) -> bool:
    """Whether it takes the newest version that there is.

    >>> is_any_version("torch[opt]"), is_any_version("torch<2"), is_any_version("torch @ https://x.test/t.whl")
    (True, False, False)
    """
    try:
        read = Requirement(requirement)
    except InvalidRequirement:
        return False
    return not read.url and all(item.operator in {">=", ">"} for item in read.specifier)


@dataclass(frozen=True)
class InferredRequirement:
    """A requirement that nobody wrote down, and where it comes from."""

    requirement: str
    """PEP 508."""
    module: str
    """What the script imports; for a line of pip, the line; for a value, ``-i df`` or ``-o df``; or a call."""
    line: int
    """Line of the script."""
    source: str
    """How the name was found: "kernel", "table", "rule", "guess", "pip", "input", "output" or "need"."""
    written: str = field(default="", compare=False)
    """The statement that imports it, where that is not ``import`` with the module."""

    def __str__(self) -> str:
        """Return a clause for the plan and the Details tab."""
        if self.source in {"input", "output"}:
            return f"{self.requirement} (for {self.module})"
        statement = self.written or f"import {self.module}"
        how = {
            "kernel": f"{statement}, by the kernel's packages",
            "table": f"{statement}, by the table of names",
            "guess": f"{statement}, a guess from its name",
            "pip": self.module,
            "need": f"{self.module} needs it",
        }
        return f"{self.requirement} (line {self.line}: {how.get(self.source, statement)})"


def infer(
    modules: Sequence[Import], *, kernel: Kernel, pin: bool = False, without: Sequence[str] = ()
) -> tuple[InferredRequirement, ...]:
    """Return the distributions of what a script imports and needs.

    Parameters
    ----------
    modules
        What `hfjobs_magic.script.packages.imports.find_imports` found.
    kernel
        What is installed here, which is what the author means; its table comes next.
    pin
        Require the versions installed in the kernel, where it has one.
    without
        Names of distributions that are declared already.
    """
    seen = {canonicalize_name(name) for name in without}
    declared = frozenset(seen)
    found: dict[str, InferredRequirement] = {}
    for item in modules:
        if item.optional or is_standard(item.module) or is_local(item, kernel) or find_host(item.module):
            continue
        name, module, source = distribution_of(item.module, kernel)
        bare = alternatives(name)[0]
        key = canonicalize_name(bare)
        if key in found and name != bare and found[key].requirement == bare:
            found[key] = replace(found[key], requirement=name)
        elif name != NOTHING and key not in seen and not _is_provided(module, bare, kernel, declared):
            seen.add(key)
            version = _pin(key, kernel) if pin and name == bare else ""
            where = f" in {item.within}" if item.within else ""
            written = item.written and f"{item.written}{where}"
            found[key] = InferredRequirement(f"{name}{version}", f"{module}{where}", item.line, source, written)
    return tuple(found.values())


def infer_needs(
    needs: Sequence[Need], *, kernel: Kernel, pin: bool, without: Sequence[str]
) -> tuple[InferredRequirement, ...]:
    """Return the distributions of calls that fail without them; parameters are those of `infer`."""
    declared = frozenset(map(canonicalize_name, without))
    missing = [need for need in needs if not _is_provided(need.distribution, need.distribution, kernel, declared)]
    return tuple(
        InferredRequirement(
            need.distribution + (_pin(canonicalize_name(need.distribution), kernel) if pin else ""),
            need.call,
            need.line,
            "need",
        )
        for need in missing
        if canonicalize_name(need.distribution) not in declared
    )


def names_of(requirements: Sequence[str]) -> tuple[str, ...]:
    """Return the distributions that requirements name; of an address, the one that it seems to hold."""
    return tuple(name for item in requirements if (name := _name_of(item)))


def _name_of(requirement: str) -> str:
    try:
        return Requirement(requirement).name
    except InvalidRequirement:
        egg = re.search(r"#egg=([\w.-]+)", requirement)
        last = requirement.partition("#")[0].rstrip("/").rpartition("/")[2]
        return egg[1] if egg else re.sub(r"(?:\.git)?(?:@.*)?$|-\d.*\.(?:whl|tar\.gz|zip)$", "", last)


_VARIANT = re.compile(
    r"(?:-(?:cpu|gpu|binary|bin|headless|nightly|slim|simd|mkl|rocm|lts-cpu|cu\d+|cuda\d*x?|macos|intel))+"
)
"""Ends of names of builds that are imported as the plain one: ``onnxruntime-gpu``, ``tensorflow-cpu``."""


def _is_provided(module: str, name: str, kernel: Kernel, declared: frozenset[str]) -> bool:
    """Whether a declared distribution is another build of the one that an import was told to need."""
    others = {canonicalize_name(item) for item in alternatives(kernel.table.get(module, ""))}
    plain = {canonicalize_name(name), canonicalize_name(module.replace(".", "-"))}
    return bool(others & declared) or any(
        item.startswith(one) and _VARIANT.fullmatch(item[len(one) :]) for item in declared for one in plain
    )


def is_local(module: Import, kernel: Kernel) -> bool:
    """Whether a module is a file or folder of this machine, which no index may be asked for."""
    return module.top in kernel.local


def is_unknown(module: Import, kernel: Kernel) -> bool:
    """Whether no distribution can be told from a module's name."""
    return not is_standard(module.module) and distribution_of(module.module, kernel)[0] == NOTHING


def distribution_of(module: str, kernel: Kernel) -> tuple[str, str, str]:
    """Return the requirement of a module, the part of the module's name that told it, and how it was told."""
    parts = module.split(".")
    for count in range(len(parts), 0, -1):
        prefix = ".".join(parts[:count])
        offered = kernel.distributions.get(prefix)
        # A shared top name alone says nothing: `google` is a folder of fifty distributions.
        if offered and (count > 1 or prefix not in SHARED):
            return _nearest(prefix, offered), prefix, "kernel"
        if prefix in _PARTS and len(parts) > count:
            shared = ".".join(parts[: _PARTS[prefix]])
            return re.sub(r"_v\d+\w*$", "", shared).replace(".", "-").replace("_", "-"), shared, "rule"
        if prefix in kernel.table:
            row = kernel.table[prefix]
            return row.removeprefix(GUESS).partition("|")[0], prefix, "guess" if row.startswith(GUESS) else "table"
    return parts[0], parts[0], "guess"


def alternatives(row: str) -> list[str]:
    """Return the names of the distributions that a row of the table has, the likeliest first."""
    return [item.partition("<")[0] for item in row.removeprefix(GUESS).split("|")]


def _nearest(module: str, offered: Sequence[str]) -> str:
    wanted = canonicalize_name(module.replace(".", "-"))
    return next((name for name in offered if canonicalize_name(name) == wanted), offered[0])


def _pin(name: str, kernel: Kernel) -> str:
    versions: dict[str, str] = {canonicalize_name(key): value for key, value in kernel.versions.items()}
    try:
        version = Version(versions[name])
    except (KeyError, InvalidVersion):
        return ""
    # No index has development versions or local ones such as 2.4.0+cu121.
    return "" if version.is_devrelease else f"=={version.public}"
