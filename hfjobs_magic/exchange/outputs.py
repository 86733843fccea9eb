"""What a cell has shown, as its folder has it: files in, outputs as a notebook has them out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.views.safe_output import make_safe

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
    revision: int = 0
    """Number of the file that has brought it up to date last."""
    size: int = 0
    """Bytes of that file, where it was read."""
    is_seen: bool = True
    """Whether a page shows something of it; a library's scripts, and styles, are only needed by what is shown."""
    trusted: bool = True
    """Whether it may run scripts where it is shown."""

    def as_nbformat(self) -> dict[str, Any]:
        """Return it as a notebook has it: an ``error`` with its traceback, or an output with its ``data``."""
        if self.kind == "error":
            told = self.error or {}
            return {
                "output_type": "error",
                "ename": str(told.get("type") or "Error"),
                "evalue": str(told.get("message") or ""),
                "traceback": str(self.data.get("text/plain") or "").split("\n"),
            }
        count = {"execution_count": None} if self.kind == "execute_result" else {}
        return {"output_type": self.kind, "data": self.data, "metadata": self.metadata, **count}

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return (self.data if self.trusted else make_safe(self.data)), self.metadata


BLANK = {"text/plain": ""}
"""What the runner puts into the place of an output that a widget no longer shows."""


class OutputList:
    """What is shown at a moment, of files that may come late, twice and in any order."""

    def __init__(self) -> None:
        self._shown: dict[int, Output] = {}
        self._updates: dict[str, Output] = {}
        """Display id -> the newest update of it."""
        self._cleared = 0
        """Number of the newest file before which everything was taken away."""

    @property
    def size(self) -> int:
        """Bytes of what is held."""
        return sum(item.size for item in (*self._shown.values(), *self._updates.values()))

    def add(self, record: dict[str, Any]) -> None:
        """Take a file. One of an unknown version, or that is not an output, is left alone."""
        number = record.get("number")
        if record.get("version") != 1 or not isinstance(number, int) or number < self._cleared:
            return
        if record.get("clear"):
            self._cleared = number
            self._shown = {at: item for at, item in self._shown.items() if at > number}
            self._updates = {name: item for name, item in self._updates.items() if item.number > number}
        made = _output(record, number)
        if made is None:
            return
        if made.kind != "update_display_data":
            self._shown[number] = made
        elif made.display_id is not None:
            before = self._updates.get(made.display_id)
            if before is None or before.number < number:
                self._updates[made.display_id] = made

    def outputs(self) -> tuple[Output, ...]:
        """Return what is shown, in order."""
        shown = (self._update(self._shown[number]) for number in sorted(self._shown))
        return tuple(item for item in shown if item.data != BLANK or item.revision == item.number)

    def _update(self, item: Output) -> Output:
        update = self._updates.get(item.display_id or "")
        if update is None or update.number < item.number:
            return item
        made = replace(item, data=update.data, metadata=update.metadata, is_seen=update.is_seen)
        return replace(made, revision=update.number, size=update.size)


def collect(records: Iterable[dict[str, Any]]) -> tuple[Output, ...]:
    """Put files together to what is shown in the end."""
    shown = OutputList()
    for record in records:
        shown.add(record)
    return shown.outputs()


def _output(record: dict[str, Any], number: int) -> Output | None:
    output, large = record.get("output"), record.get("large")
    if not isinstance(output, dict):
        if not large:
            return None
        output = {"output_type": "display_data"}
    data = output.get("data") or {}
    if large:
        data = {"text/plain": _describe_large(record, large, str(data.get("text/plain") or "Output"))}
    elif output.get("output_type") == "error":
        data = {"text/plain": "\n".join(map(str, output.get("traceback") or ()))}
    return Output(
        number=number,
        kind=str(output.get("output_type")),
        data=dict(data),
        metadata=dict(output.get("metadata") or {}),
        display_id=record.get("display_id"),
        error=record.get("error"),
        revision=number,
        size=int(record.get("bytes") or 0),
        is_seen=record.get("words") not in {"", "update: nothing"},
    )


def _describe_large(record: dict[str, Any], large: dict[str, Any], words: str) -> str:
    megabytes = float(large.get("bytes") or 0) / 1e6
    return f"{words}: {megabytes:,.0f} MB are more than is shown here. `job.outputs.load({record['number']})` gets it."
