"""The ``# /// script`` block of a script (PEP 723) and its ``[tool.hf-jobs]`` table.

Keys, types and refusals of the table are those of ``hf jobs uv run`` (huggingface_hub 2.4,
``cli/_uv_script_header.py``). Where uv would refuse the script in the job, that is said here: a
block that is not closed, two blocks, a dependency without a name.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.packages.placeholder_packages import describe_placeholder
from hfjobs_magic.script.syntax.lines import normalize_line_ends

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
"""PEP 723's own expression."""

_OPENING = re.compile(r"(?m)^#[ \t]*///[ \t]*script[ \t]*$")
"""What looks like the first line of a block, well written or not."""

_TOML_PLACE = re.compile(r" \(at line (\d+), column \d+\)| \(at end of document\)")

TABLE = "[tool.hf-jobs]"


@dataclass(frozen=True)
class Header:
    """What a script declares about itself."""

    line: int
    """Line of ``# /// script`` in the script; 1 is the first."""
    dependencies: tuple[str, ...] | None = None
    """Requirements (PEP 508); None where the block does not speak of them."""
    requires_python: str | None = None
    """Version specifiers, as written."""
    jobs: dict[str, Any] = field(default_factory=dict)
    """The ``[tool.hf-jobs]`` table as keyword arguments of `RunOptions`; only the keys that are there."""
    text: str = field(default="", compare=False)
    """The block's TOML."""


def read(source: str) -> Header | None:
    """Return the block, wherever it is; None where there is none.

    Raises
    ------
    CellError
        With the line, for what ``hf jobs uv run`` or uv would refuse.
    """
    text = normalize_line_ends(source)
    if not text.endswith("\n"):
        text += "\n"
    blocks = [found for found in _BLOCK.finditer(text) if found["type"] == "script"]
    _check_openings(text, blocks)
    if not blocks:
        return None
    line = _line_of(text, blocks[0].start())
    rows = blocks[0]["content"].splitlines(keepends=True)
    content = "".join(row[2:] if row.startswith("# ") else row[1:] for row in rows)
    return _Reader(content, line).header()


def write(dependencies: Sequence[str]) -> str:
    """Return a block that declares requirements.

    >>> print(write(["rich"]), end="")
    # /// script
    # dependencies = [
    #   "rich",
    # ]
    # ///
    """
    rows = "".join(f"#   {_toml_string(item)},\n" for item in dependencies)
    return f"# /// script\n# dependencies = [\n{rows}# ]\n# ///\n"


def _check_openings(text: str, blocks: Sequence[re.Match[str]]) -> None:
    inside = [range(found.start("content"), found.end()) for found in blocks]
    openings = [found for found in _OPENING.finditer(text) if not any(found.start() in item for item in inside)]
    closed = {found.start() for found in blocks}
    for found in openings:
        if found.start() not in closed:
            raise CellError(
                f"Line {_line_of(text, found.start())}: the script block cannot be read. "
                "Write exactly `# /// script`, then lines that begin with `# `, then `# ///`."
            )
    if len(blocks) > 1:
        first, second = (_line_of(text, found.start()) for found in blocks[:2])
        raise CellError(f"Lines {first} and {second} each begin a script block, and uv takes one. Merge them.")


def _line_of(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _toml_string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Reader:
    """One block being read; knows the line of a key."""

    def __init__(self, content: str, line: int) -> None:
        self.content = content
        self.line = line

    def header(self) -> Header:
        try:
            document = tomllib.loads(self.content)
        except tomllib.TOMLDecodeError as error:
            raise self._bad_toml(str(error)) from None
        return Header(
            self.line,
            dependencies=self._dependencies(document),
            requires_python=self._requires_python(document),
            jobs=self._jobs(document),
            text=self.content,
        )

    def _bad_toml(self, message: str) -> CellError:
        found = _TOML_PLACE.search(message)
        at = int(found[1]) if found and found[1] else self.content.count("\n")
        return CellError(
            f"Line {self.line + at}: {_TOML_PLACE.sub('', message)}. The script block is TOML behind `# `; correct it."
        )

    def error(self, key: str, message: str) -> CellError:
        """Return an error that names the line of a key, or the block's where the key cannot be found."""
        found = re.search(rf"""(?m)^[^\n#]*?(?<![\w-])["']?{re.escape(key)}["']?(?![\w-])""", self.content)
        at = self.line + 1 + self.content.count("\n", 0, found.end()) if found else self.line
        return CellError(f"Line {at}: {message}")

    def _dependencies(self, document: dict[str, Any]) -> tuple[str, ...] | None:
        value = document.get("dependencies")
        if value is None:
            return None
        if not isinstance(value, list) or any(not isinstance(item, str) for item in value):
            raise self.error("dependencies", f"dependencies must be a list of strings, not {value!r}.")
        for item in value:
            try:
                said = describe_placeholder([Requirement(item).name])
            except InvalidRequirement:
                raise self.error(
                    item,
                    f"{item!r} is not a requirement (PEP 508). Write a name, as in 'rich>=13' or 'name @ https://…'.",
                ) from None
            if said:
                raise self.error(item, said)
        return tuple(value)

    def _requires_python(self, document: dict[str, Any]) -> str | None:
        value = document.get("requires-python")
        if value is None:
            return None
        try:
            SpecifierSet(value if isinstance(value, str) else "?")
        except InvalidSpecifier:
            raise self.error(
                "requires-python", f"requires-python must be a version specifier such as '>=3.11', not {value!r}."
            ) from None
        return str(value)

    def _jobs(self, document: dict[str, Any]) -> dict[str, Any]:
        tool = document.get("tool", {})
        table = tool.get("hf-jobs") if isinstance(tool, dict) else None
        if table is None:
            return {}
        if not isinstance(table, dict):
            raise self.error("hf-jobs", f"hf-jobs must be a table, {TABLE}.")
        unknown = sorted(set(table) - set(_KEYS))
        if unknown:
            raise self.error(unknown[0], f"{TABLE} has no key {unknown[0]!r}. Keys are {', '.join(_KEYS)}.")
        return {key: convert(self, key, table[key]) for key, convert in _KEYS.items() if key in table}

    def type_error(self, key: str, value: Any, expected: str) -> CellError:
        return self.error(key.rpartition(".")[2], f"{key!r} in {TABLE} must be {expected}, not {value!r}.")

    def text(self, key: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self.type_error(key, value, "a string")
        return value

    def timeout(self, key: str, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise self.type_error(key, value, 'a duration such as "30m" or a number of seconds')
        return str(value)

    def pairs(self, key: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, dict):
            raise self.type_error(key, value, "a table of strings")
        for name, item in value.items():
            if not isinstance(item, str):
                raise self.type_error(f"{key}.{name}", item, "a string")
        return tuple(f"{name}={item}" for name, item in value.items())

    def texts(self, key: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or any(not isinstance(item, str) for item in value):
            raise self.type_error(key, value, "a list of strings")
        return tuple(value)

    def names(self, key: str, value: Any) -> tuple[str, ...]:
        if isinstance(value, dict) or (isinstance(value, list) and any("=" in str(item) for item in value)):
            # The values are not repeated: this text ends up in a notebook.
            raise self.error(
                key,
                f'{key!r} in {TABLE} must be a list of names, as in secrets = ["HF_TOKEN"]: '
                "values are read from the environment of whoever runs the script.",
            )
        return self.texts(key, value)


_KEYS: dict[str, Callable[[_Reader, str, Any], Any]] = {
    "image": _Reader.text,
    "flavor": _Reader.text,
    "python": _Reader.text,
    "timeout": _Reader.timeout,
    "name": _Reader.text,
    "namespace": _Reader.text,
    "network_group": _Reader.text,
    "env": _Reader.pairs,
    "secrets": _Reader.names,
    "labels": _Reader.pairs,
    "volumes": _Reader.texts,
    "network_aliases": _Reader.texts,
}
"""Keys of the table in the order of huggingface_hub, and how each is read."""
