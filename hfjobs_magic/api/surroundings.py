"""What a script needs around it, and its job will not have: variables, tokens, a keyboard, a GPU."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hfjobs_magic.errors import CellError
from hfjobs_magic.hub.secrets import can_token_write
from hfjobs_magic.options.secret_text import is_secret_name
from hfjobs_magic.script.environment_variables import LAUNCHER, is_given

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.prompts import Prompt
    from hfjobs_magic.script.script import Script

_ONE_PROCESS = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""What ``init_process_group`` and the code around it read."""

_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


def describe_surroundings(script: Script, options: RunOptions, names: Collection[str]) -> list[str]:
    """Return a sentence or two for each thing that the job will lack, in order of lines.

    Parameters
    ----------
    script, options
        What the job runs, and how.
    names
        Of its variables and secrets.
    """
    notes = [
        *_describe_tokens(script, options, names),
        *_describe_variables(script, options, names),
        *_describe_prompts(script),
        *_describe_gpu(script, options),
        *_describe_launches(script, options),
    ]
    return [text for _, text in sorted(notes)]


def _describe_tokens(script: Script, options: RunOptions, names: Collection[str]) -> Iterator[tuple[int, str]]:
    calls = script.contents.hub_calls
    writing = next((call for call in calls if call.writes), None)
    if calls and not set(_TOKENS) & set(names):
        text = f"Line {calls[0].line} has {calls[0].name}, and the job gets no token. Add --secrets {_TOKENS[0]}."
        yield calls[0].line, text
    elif writing and _TOKENS[0] in options.secrets and not options.local and can_token_write() is False:
        way = "Log in with one that can write."
        yield (
            writing.line,
            f"Line {writing.line} has {writing.name}, and the token that goes along can only read. {way}",
        )


def _describe_variables(script: Script, options: RunOptions, names: Collection[str]) -> Iterator[tuple[int, str]]:
    unless = f", unless {options.image} has it" if options.image else ""
    # That there is no token is said of the call that wants it.
    said = set() if set(_TOKENS) & set(names) or not script.contents.hub_calls else set(_TOKENS)
    lacking = [
        item for item in script.contents.variables if not is_given(item.name, names, item.use) and item.name not in said
    ]
    launched = [item for item in lacking if item.name in LAUNCHER and item.name not in os.environ]
    if launched:
        reads = ", ".join(item.name for item in launched)
        way = " ".join(f"-e {name}={LAUNCHER[name]}" for name in _ONE_PROCESS if name not in names)
        text = f"Line {launched[0].line} reads {reads} of os.environ, which torchrun sets and a job does not have. "
        yield launched[0].line, f"{text}To run it as one process, add {way}."
    for item in lacking:
        if item in launched:
            continue
        if item.use or is_secret_name(item.name):
            way = f"Add --secrets {item.name}."
        elif item.name in os.environ:
            way = f"Add -e {item.name} to send this kernel's."
        else:
            way = f"Add -e {item.name}=VALUE."
        what = f"has {item.use}" if item.use else f'reads os.environ["{item.name}"]'
        lacks = f"gets no {item.name}" if item.use else f"has no such variable{unless}"
        yield item.line, f"Line {item.line} {what}, and the job {lacks}. {way}"


def check_prompts(script: Script, options: RunOptions) -> None:
    """Refuse a script that surely asks a person, unless the line says what the name means.

    Raises
    ------
    CellError
        With the line, and what to do instead.
    """
    sure = next((item for item in script.contents.prompts if item.is_certain), None)
    if sure and not options.is_sweep and not any(sure.name == f"{one.name}()" for one in options.values_sent):
        raise CellError(f"{_say_prompt(sure)} Nothing was submitted.")


def _describe_prompts(script: Script) -> Iterator[tuple[int, str]]:
    for item in script.contents.prompts[:1]:
        yield item.line, _say_prompt(item)


def _say_prompt(item: Prompt) -> str:
    return f"Line {item.line} calls {item.name}, which fails: a job has no keyboard. {item.way}"


def _describe_gpu(script: Script, options: RunOptions) -> Iterator[tuple[int, str]]:
    """Say what fails on a flavor without a GPU; what this machine has, a local job finds out for nothing."""
    if not options.local and options.flavor.startswith("cpu"):
        for item in script.contents.gpu_uses[:1]:
            text = f"Line {item.line} has {item.name}, and {options.flavor} has no GPU. Add --flavor t4-small."
            yield item.line, text


def _describe_launches(script: Script, options: RunOptions) -> Iterator[tuple[int, str]]:
    """Say of a demo that nobody can reach it, and that IPython does not wait for it, as a script does."""
    reached = options.local or bool(options.expose or options.expose_public)
    for item in script.contents.launches[:1]:
        asked = {
            "share=True": (not item.is_shared and not reached, "nobody can reach the demo"),
            "debug=True": (not item.is_waited_for and script.is_cell, "the job ends with the cell"),
        }
        words = [word for word, (lacks, _) in asked.items() if lacks]
        if words:
            why = " and ".join(reason for lacks, reason in asked.values() if lacks)
            yield item.line, f"Line {item.line} has launch(), and {why}. Write launch({', '.join(words)})."
