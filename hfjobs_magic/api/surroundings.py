"""What a script needs around it, and its job will not have: variables, tokens, a keyboard, a GPU."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hfjobs_magic.hub.secrets import can_token_write
from hfjobs_magic.options.secret_text import is_secret_name
from hfjobs_magic.script.variables import is_given

if TYPE_CHECKING:
    from collections.abc import Collection

    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.script import Script

_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


def describe_surroundings(script: Script, options: RunOptions, names: Collection[str]) -> list[str]:
    """Return a sentence or two for each thing that the job will lack.

    Parameters
    ----------
    script, options
        What the job runs, and how.
    names
        Of its variables and secrets.
    """
    notes = _describe_tokens(script, options, names)
    said = bool(notes)
    notes += [
        note
        for note in _describe_variables(script, options, names)
        if not (said and note.endswith(f"Add --secrets {_TOKENS[0]}."))
    ]
    return [*notes, *_describe_prompts(script), *_describe_gpu(script, options)]


def _describe_tokens(script: Script, options: RunOptions, names: Collection[str]) -> list[str]:
    calls = script.contents.hub_calls
    if not calls:
        return []
    if not set(_TOKENS) & set(names):
        return [f"Line {calls[0].line} has {calls[0].name}, and the job gets no token. Add --secrets HF_TOKEN."]
    writing = next((call for call in calls if call.writes), None)
    if writing and "HF_TOKEN" in options.secrets and not options.local and can_token_write() is False:
        return [
            f"Line {writing.line} has {writing.name}, and the token that goes along can only read. "
            "Log in with one that can write."
        ]
    return []


def _describe_variables(script: Script, options: RunOptions, names: Collection[str]) -> list[str]:
    unless = f", unless {options.image} has it" if options.image else ""
    notes = []
    for item in script.contents.variables:
        if is_given(item.name, names, item.use):
            continue
        if item.use or is_secret_name(item.name):
            way = f"Add --secrets {item.name}."
        elif item.name in os.environ:
            way = f"Add -e {item.name} to send this kernel's."
        else:
            way = f"Add -e {item.name}=…"
        what = f"has {item.use}" if item.use else f'reads os.environ["{item.name}"]'
        lacks = f"gets no {item.name}" if item.use else f"has no such variable{unless}"
        notes.append(f"Line {item.line} {what}, and the job {lacks}. {way}")
    return notes


def _describe_prompts(script: Script) -> list[str]:
    return [
        f"Line {item.line} calls {item.name}, which fails: a job has no keyboard. {item.way}"
        for item in script.contents.prompts[:1]
    ]


def _describe_gpu(script: Script, options: RunOptions) -> list[str]:
    """Say what fails on a flavor without a GPU; what this machine has, a local job finds out for nothing."""
    if options.local or not options.flavor.startswith("cpu"):
        return []
    return [
        f"Line {item.line} has {item.name}, and {options.flavor} has no GPU. Add --flavor t4-small."
        for item in script.contents.gpu_uses[:1]
    ]
