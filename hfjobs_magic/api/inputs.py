"""Values that go along with a job: written, counted, and asked about where they are large."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub.transfer import NOT_SENT, interrupt_says
from hfjobs_magic.hub.value_keys import key_of
from hfjobs_magic.options.mounts import parse_mount
from hfjobs_magic.options.option_values import INPUT_MOUNT
from hfjobs_magic.script.names.inputs import write_inputs
from hfjobs_magic.script.objects.data_words import count_bytes
from hfjobs_magic.values.sizes import format_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hfjobs_magic.hub.request import Request

    Ask = Callable[[str], bool]

MAX_SIZE = 5_000_000_000
"""Bytes of all values together; what is larger belongs into a bucket or data set of its own."""

MAX_FILES = 10_000
"""Files of all values together."""


@contextmanager
def stage_inputs(request: Request) -> Iterator[Request]:
    """Write the values of a request to files of this machine, for as long as they are sent.

    Raises
    ------
    OptionError
        When one would not arrive the same, or they are too large.
    """
    if not request.inputs:
        yield request
        return
    _check_place(request)
    # What an array or a frame says of itself keeps the disk from being filled for nothing.
    _check_size(sum(count_bytes(item.value) or 0 for item in request.inputs))
    with tempfile.TemporaryDirectory(prefix="hfjob-") as folder:
        with interrupt_says(NOT_SENT):
            sent = write_inputs(request.inputs, Path(folder), key_of(request.name or ""))
        _check_size(sent.size)
        if len(sent.files) > MAX_FILES:
            raise OptionError(
                f"The values of -i are {len(sent.files):,} files; at most {MAX_FILES:,} can be sent. "
                "Pack them into one file, or mount a bucket with --volume."
            )
        yield replace(request, inputs=(), sent=sent)


def ask_about_size(request: Request, ask: Ask | None) -> None:
    """Ask before large values are sent.

    Raises
    ------
    OptionError
        When the answer is no, or nobody can be asked.
    """
    options, size = request.options, request.sent.size
    if options.yes or size <= options.max_input_bytes or request.sent.folder is None:
        return
    largest = max(request.sent.items, key=lambda item: item.size)
    what = f"The values of -i take up {format_size(size)}, {largest.name} {format_size(largest.size)} of that."
    if ask is None:
        raise OptionError(f"{what} Nothing was submitted. Add --yes (yes=True) to send them, or raise max-input.")
    if not ask(f"{what} Send them?"):
        raise OptionError(f"{what} Nothing was submitted.")


def _check_size(size: int) -> None:
    if size > MAX_SIZE:
        raise OptionError(
            f"The values of -i take up {format_size(size)}; at most {format_size(MAX_SIZE)} can be sent. "
            "Nothing was submitted. Put the data into a bucket or a data set, and mount it with --volume."
        )


def _check_place(request: Request) -> None:
    for volume in request.options.volumes:
        if parse_mount(volume).path.rstrip("/") == INPUT_MOUNT:
            raise OptionError(f"--volume {volume}: {INPUT_MOUNT} is where the values of -i are. Choose another path.")
