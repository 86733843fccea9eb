"""``%hfjobs run IMAGE COMMAND…``: a plain Docker job, as in ``hf jobs run``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import OptionError
from hfjobs_magic.launch import submit_image
from hfjobs_magic.options import given_with_rest
from hfjobs_magic.session import SESSION
from hfjobs_magic.settings import Layer, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hfjobs_magic.job import Job

OF_UV = {"dependencies": "--with", "python": "--python", "deps": "--deps", "image": "--image", "reuse": "--reuse"}
"""Options that say something of a uv script, which a plain command is not."""


def run(words: Sequence[str], names: Mapping[str, Any], ask: Callable[[str], bool]) -> Job:
    """Submit ``[options] IMAGE COMMAND…``.

    Raises
    ------
    OptionError
        When the image or the command is missing, or for an option that is about uv scripts.
    """
    given, rest = given_with_rest(list(words), names)
    for key, flag in OF_UV.items():
        if key in given:
            raise OptionError(f"{flag} belongs to %%hfjob; %hfjobs run takes an image and a command.")
    if len(rest) < 2:
        raise OptionError("%hfjobs run needs an image and a command, as in: %hfjobs run python:3.12 python -V")
    defaults = [
        Layer(layer.origin, {key: value for key, value in layer.values.items() if key not in OF_UV})
        for layer in SESSION.layers()
    ]
    return submit_image(rest[0], rest[1:], resolve([Layer("line", given), *defaults]), ask=ask)
