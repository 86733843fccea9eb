"""The folder of a cell's job in its bucket: what it has shown, and how it ended."""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import BucketFile
from huggingface_hub.errors import HfHubHTTPError

from hfjobs_magic.hub.bucket_folder import BucketFolder, parse_record
from hfjobs_magic.hub.error_translation import translate_errors
from hfjobs_magic.hub.run_arguments import VALUES
from hfjobs_magic.hub.silence import silence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

MAX_BYTES = 6_000_000
"""Largest file that is fetched unasked; the runner writes no larger output (`hfjobs_magic.runner.outputs`)."""

MAX_SINGLE = 8
"""Files that are asked for one by one, which is a request each; more are six requests together, and hf_xet's start:
measured with one file, 17 ms beside 250."""

MAX_LIST_BYTES = 40_000_000
"""Largest list of files that is read; 100,000 files with paths of 200 characters."""

_OUTPUT = re.compile(r"outputs/(\d{1,6})\.json")
_REPORT = re.compile(r"exit(-\d+)?\.json")
_MANIFEST = re.compile(r"values/\d+/[^/]+\.json")


@dataclass(frozen=True)
class RunFolder(BucketFolder):
    """Files of one run."""

    attempts: int = 1
    """Tries of the job, at most."""
    has_files: bool = False
    """Whether the job brings a folder back, of which there may be very many files."""

    def large_output(self, number: int) -> dict[str, Any] | None:
        """Download an output that is more than is shown; None where its file is not there."""
        item = self.tree("large").get(f"{number:06}.json")
        if item is None:
            return None
        with tempfile.TemporaryDirectory(prefix="hfjob-") as folder:
            path = Path(folder) / "output.json"
            self.fetch([(item, path)], "an output")
            record = parse_record(path.read_bytes())
        return self._mask(record) if record else None

    def outputs(self, numbers: Iterable[int], *, room: int = sys.maxsize) -> list[dict[str, Any]]:
        """Give files of what was shown, by their numbers, as `hfjobs_magic.exchange.outputs.collect` takes them.

        Those that are not there, or not yet, are left out. What does not fit into `room` bytes is a record without its
        output.
        """
        bucket, prefix = self._place
        wanted = list(numbers)
        made: list[dict[str, Any]] = []
        with translate_errors(self.api.endpoint), silence():
            if len(wanted) <= MAX_SINGLE:
                made, wanted = self._read_singly(wanted, room)
                room -= sum(int(record["bytes"]) for record in made)
            if wanted:
                paths = [f"{prefix}/{_name_output(number)}" for number in wanted]
                made += self._records(list(self.api.get_bucket_paths_info(bucket, paths)), room)
        return made

    def end(
        self, *, without: Collection[int] = (), room: int = sys.maxsize
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """Look through the whole folder: what was shown, but for some numbers, and the newest ``exit.json``.

        The latter is None where the job has written none, or not yet.
        """
        with translate_errors(self.api.endpoint), silence():
            tree = self._look_through() if not self.has_files else self._look_past_files()
            reports = [item for item in tree if _REPORT.fullmatch(self._name(item))]
            outputs = [item for item in tree if (number := self._number(item)) and number not in without]
            report = max(self._read(reports).values(), key=lambda item: item.get("finished") or 0.0, default=None)
            return self._records(outputs, room), report

    def read_report(self) -> dict[str, Any] | None:
        """Read the newest ``exit.json`` and nothing else: one request as a rule, one more for each unused attempt.

        None where the job has written none.
        """
        with translate_errors(self.api.endpoint), silence():
            for name in reversed(self._names("exit")):
                content = self._read_beginning(f"{self.path}/{name}", MAX_BYTES)
                if content is not None and (record := parse_record(content)) is not None:
                    return self._mask(record)
        return None

    def _look_through(self) -> list[BucketFile]:
        bucket, prefix = self._place
        found = self.api.list_bucket_tree(bucket, prefix=prefix, recursive=True)
        return [item for item in found if isinstance(item, BucketFile)]

    def _look_past_files(self) -> list[BucketFile]:
        """List outputs and reports only: a page of the list has 1,000 files, and those of the folder come first."""
        bucket, prefix = self._place
        reports = self.api.get_bucket_paths_info(bucket, [f"{prefix}/{name}" for name in self._names("exit")])
        shown = self.api.list_bucket_tree(bucket, prefix=f"{prefix}/outputs", recursive=True)
        return [*reports, *(item for item in shown if isinstance(item, BucketFile))]

    def _names(self, stem: str) -> list[str]:
        """Names of a file of JSON of which each attempt has its own."""
        return [f"{stem}{'' if number == 1 else f'-{number}'}.json" for number in range(1, self.attempts + 1)]

    def values(self) -> list[dict[str, Any]]:
        """Return the manifests of values, as `hfjobs_magic.exchange.values.read_manifests` takes them."""
        bucket, prefix = self._place
        with translate_errors(self.api.endpoint), silence():
            tree = self.api.list_bucket_tree(bucket, prefix=f"{prefix}/values", recursive=True)
            manifests = [
                item for item in tree if isinstance(item, BucketFile) and _MANIFEST.fullmatch(self._name(item))
            ]
            read = self._read([item for item in manifests if item.size <= MAX_BYTES], self._mask_words)
        # One that is there and cannot be read is one that says nothing.
        return [
            {"name": item.path.split("/")[-1].removesuffix(".json"), "version": 1, "attempt": item.path.split("/")[-2]}
            | read.get(item.path, {})
            for item in manifests
        ]

    def read_wanted(self) -> tuple[str, ...]:
        """Return the names of values that the job was asked for; none where its folder does not say."""
        root, _, _ = self.path.rpartition("/run/")
        with translate_errors(self.api.endpoint), silence():
            content = self._read_beginning(f"{root}/{VALUES}", MAX_BYTES) if root else None
        found = (parse_record(content or b"") or {}).get("out")
        items = found if isinstance(found, list) else []
        return tuple(str(item["name"]) for item in items if isinstance(item, dict) and "name" in item)

    def file_lists(self, known: str = "") -> tuple[str, list[dict[str, Any]] | None]:
        """Return the lists of files of each attempt, the oldest first, as `hfjobs_magic.exchange.files` reads them.

        Parameters
        ----------
        known
            What this gave before: where nothing has changed since, one request is enough.

        Returns
        -------
        tuple
            What tells these lists from others, and the lists; None in their place where they are the known ones.
        """
        bucket, prefix = self._place
        paths = [f"{prefix}/{name}" for name in self._names("files")]
        with translate_errors(self.api.endpoint), silence():
            found = {item.path: item for item in self.api.get_bucket_paths_info(bucket, paths)}
            items = [item for path in paths if (item := found.get(path)) and item.size <= MAX_LIST_BYTES]
            stamp = " ".join(item.xet_hash for item in items)
            if stamp and stamp == known:
                return stamp, None
            read = self._read(items, self._mask_paths)
        # One that is there and cannot be read is one that says nothing.
        return stamp, [read.get(item.path, {}) for item in items]

    def _mask_words(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Mask what a manifest says to people; names, paths and columns are those of the value."""
        return {**manifest, **self._mask({key: manifest[key] for key in ("repr", "refused") if key in manifest})}

    def _mask_paths(self, files: dict[str, Any]) -> dict[str, Any]:
        """Mask a list of files; each of which the path is shown otherwise says with `place` where it lies."""
        masked, listed = self._mask(files), files.get("files")
        if masked is not files and isinstance(listed, list):
            for shown, item in zip(masked["files"], listed, strict=True):
                if isinstance(item, dict) and shown != item:
                    shown["place"] = item.get("path")
        return masked

    def _read_singly(self, numbers: Iterable[int], room: int) -> tuple[list[dict[str, Any]], list[int]]:
        """Read outputs; and the numbers of those that are too large for it, or that the Hub does not give this way."""
        made: list[dict[str, Any]] = []
        others: list[int] = []
        for number in numbers:
            limit = min(MAX_BYTES, max(room, 0))
            try:
                content = self._read_beginning(f"{self.path}/{_name_output(number)}", limit + 1)
            except HfHubHTTPError as error:
                status = error.response.status_code
                if status in {401, 429} or status >= 500:
                    raise
                others.append(number)
                continue
            if content is None:
                continue
            if len(content) > limit:
                others.append(number)
            elif (record := parse_record(content)) is not None:
                room -= len(content)
                made.append({**self._mask(record), "bytes": len(content), "folder": self._address})
        return made, others

    def _number(self, item: BucketFile) -> int | None:
        found = _OUTPUT.fullmatch(self._name(item))
        return int(found[1]) if found else None

    def _records(self, items: Sequence[BucketFile], room: int) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        wanted: list[BucketFile] = []
        for item in sorted(items, key=lambda item: item.path):
            room -= item.size
            if item.size <= MAX_BYTES and room >= 0:
                wanted.append(item)
            else:
                large = {"bytes": item.size, "file": self._name(item)}
                made.append({"version": 1, "number": self._number(item), "large": large})
        for path, record in self._read(wanted).items():
            made.append({**record, "bytes": next(item.size for item in wanted if item.path == path)})
        for record in made:
            record["folder"] = self._address
        return sorted(made, key=lambda record: str(record.get("number")).zfill(6))


def _name_output(number: int) -> str:
    return f"outputs/{number:06}.json"
