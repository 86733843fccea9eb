"""What a cell has shown, as its folder has it: files in, outputs as a notebook has them out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Output:
    """One output, as nbformat has it."""

    number: int
    """Of its file."""
    kind: str
    """display_data, execute_result or error."""
    data: dict[str, Any] = field(default_factory=dict)
    """By MIME type: text, base64 of bytes, or JSON; of an error its traceback as text."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """By MIME type."""
    display_id: str | None = None
    """Under which later files bring it up to date."""
    error: dict[str, Any] | None = None
    """What `hfjobs_magic.runner.failure.of_error` says of an error."""

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.data, self.metadata


def collect(records: Iterable[dict[str, Any]]) -> tuple[Output, ...]:
    """Put files, in the order of their numbers, together to what is shown in the end.

    A file of an unknown version, or one that is no output, is left out.
    """
    shown: list[Output] = []
    for record in records:
        output = record.get("output")
        if record.get("version") != 1:
            continue
        if record.get("clear"):
            shown.clear()
        if not isinstance(output, dict):
            continue
        made = _output(record, output)
        if output.get("output_type") != "update_display_data":
            shown.append(made)
            continue
        shown = [
            replace(item, data=made.data, metadata=made.metadata) if item.display_id == made.display_id else item
            for item in shown
        ]
    return tuple(shown)


def _output(record: dict[str, Any], output: dict[str, Any]) -> Output:
    kind = str(output.get("output_type"))
    data = output.get("data") or {}
    if kind == "error":
        data = {"text/plain": "\n".join(map(str, output.get("traceback") or ()))}
    return Output(
        number=int(record.get("number") or 0),
        kind=kind,
        data=dict(data),
        metadata=dict(output.get("metadata") or {}),
        display_id=record.get("display_id"),
        error=record.get("error"),
    )
