"""The tree of a bucket, page by page, as the Hub lists it.

As on the Hub, a prefix is text, not a folder: `logs` finds what is in `logs/` and also `logs.json`; clients sort that
out. Without `recursive`, everything below the next `/` is one directory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.local.errors import ApiError
from hfjobs_magic.local.server.answers import file_view

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hfjobs_magic.local.storage.lists import Lists, Walk
    from hfjobs_magic.local.storage.store import BucketRow, FileRow

PAGE = 1000
"""Entries of a page by default; the Hub's figure."""

MAX_PAGE = 5000
"""Entries of a page at most; the Hub's figure."""

_LAST = "\U0010ffff"
"""Sorts after every path with the same beginning."""


@dataclass(frozen=True)
class TreeQuery:
    """Which entries are asked for, and in which order."""

    prefix: str
    """Text with which every path begins."""
    recursive: bool
    """Whether all files are listed, or only the next level."""
    by_upload: bool
    """Whether the order is that of the uploads, or else of the paths."""
    descending: bool
    """Whether the order is reversed."""
    limit: int
    """Entries of a page."""
    cursor: str | None
    """Where the previous page ended."""

    @classmethod
    def parse(cls, prefix: str, query: Mapping[str, str]) -> TreeQuery:
        """Read the parameters of a request.

        Raises
        ------
        ApiError
            422, with a sentence that names the parameter.
        """
        recursive, sort, limit = query.get("recursive", "true"), query.get("sort", "path"), query.get("limit", "")
        direction = query.get("direction", "desc" if sort == "uploadedAt" else "asc")
        if recursive.lower() not in {"true", "false", "1", "0"}:
            raise ApiError(422, "recursive: expected true or false.")
        if sort not in {"path", "uploadedAt"} or direction not in {"asc", "desc"}:
            raise ApiError(422, "Expected sort to be path or uploadedAt, and direction to be asc or desc.")
        if limit and not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= MAX_PAGE):
            raise ApiError(422, f"limit: expected a number from 1 to {MAX_PAGE}.")
        return cls(
            prefix=prefix.lstrip("/"),
            recursive=recursive.lower() in {"true", "1"},
            by_upload=sort == "uploadedAt",
            descending=direction == "desc",
            limit=int(limit or PAGE),
            cursor=query.get("cursor"),
        )

    def read_page(self, lists: Lists, bucket: BucketRow) -> tuple[list[dict[str, Any]], str | None]:
        """Return one page, and the cursor of the next one if there is more; for a thread."""
        with lists.walk(bucket) as walk:
            return self._read_page(walk)

    def _read_page(self, walk: Walk) -> tuple[list[dict[str, Any]], str | None]:
        entries: list[dict[str, Any]] = []
        end = None
        for after, entry in self._entries(walk):
            if len(entries) == self.limit:
                return entries, end
            entries.append(entry)
            end = after
        return entries, None

    def _entries(self, walk: Walk) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what follows the cursor, each entry with the cursor that continues after it."""
        if not self.by_upload and not self.descending:
            # The database's own order: only the page is read, however large the bucket is.
            yield from self._fold(walk(self.prefix, self.cursor or ""))
            return
        found = [entry for _, entry in self._fold(walk(self.prefix, ""))]
        key = "uploadedAt" if self.by_upload else "path"
        found.sort(key=lambda entry: str(entry[key]), reverse=self.descending)
        done = int(self.cursor[:18]) if self.cursor and self.cursor.isascii() and self.cursor.isdigit() else 0
        yield from ((str(number), entry) for number, entry in enumerate(found[done:], done + 1))

    def _fold(self, files: Iterable[FileRow]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield files, and folders in place of their contents unless the query is recursive."""
        folder: dict[str, Any] | None = None
        for file in files:
            if folder is not None:
                if file.path.startswith(folder["path"] + "/"):
                    folder["uploadedAt"] = max(folder["uploadedAt"], file_view(file)["uploadedAt"])
                    continue
                yield f"{folder['path']}/{_LAST}", folder
                folder = None
            start = len(self.prefix)
            # The prefix may be a folder's name without its slash: clients then want what is in the folder.
            start += bool(start) and file.path.startswith("/", start)
            head, slash, _ = file.path[start:].partition("/")
            if slash and not self.recursive:
                path = file.path[:start] + head
                folder = {"type": "directory", "path": path, "uploadedAt": file_view(file)["uploadedAt"]}
            else:
                yield file.path, file_view(file)
        if folder is not None:
            yield f"{folder['path']}/{_LAST}", folder
