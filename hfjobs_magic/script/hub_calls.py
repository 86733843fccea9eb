"""Calls and commands of a script that need a token of the Hub: they write to it, or read what is gated."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax.nodes import name_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hfjobs_magic.script.packages.programs import Program

_WRITERS = frozenset(
    {
        *("push_to_hub", "upload_file", "upload_folder", "upload_large_folder", "create_commit", "create_repo"),
        *("login", "notebook_login", "interpreter_login", "batch_bucket_files", "sync_bucket"),
        *("package_to_hub", "push_to_hub_fastai", "push_to_hub_keras", "push_dataset_to_hub", "save_to_hub"),
    }
)
"""Functions and methods of huggingface_hub 2.4, transformers, datasets and others."""

_LOGINS = frozenset({"login", "notebook_login", "interpreter_login"})
_LOADERS = frozenset({
    "from_pretrained", "from_single_file", "load_dataset", "pipeline", "snapshot_download", "hf_hub_download",
    "SentenceTransformer", "LLM", "load_lora_weights", "SFTTrainer", "GRPOTrainer", "DPOTrainer",
})  # fmt: skip
_GATED = (
    *("meta-llama/", "google/gemma-2", "google/gemma-3", "google/paligemma", "google/medgemma"),
    *("pyannote/speaker-diarization-", "pyannote/segmentation-"),
    *("black-forest-labs/FLUX.1-dev", "black-forest-labs/FLUX.1-Kontext-dev", "stabilityai/stable-diffusion-3"),
    *("bigcode/starcoder", "bigcode/the-stack", "ILSVRC/imagenet-1k", "facebook/sam3", "facebook/dinov3"),
)
"""How the names of well-known repositories begin that want an agreement first (their pages; none is asked for here)."""

_NAMED = frozenset({"model", "pretrained_model_name_or_path", "path", "repo_id"})
_UPLOADS = frozenset({"upload", "upload-large-folder", "login", "repo", "repos", "auth"})
"""Commands of ``hf`` and ``huggingface-cli``."""

_PUSHERS = frozenset({"mlagents-push-to-hf"})
_PUSH = frozenset({"--push_to_hub", "--push-to-hub"})
"""Of the scripts of transformers, diffusers, trl and autotrain."""

_TOKENS = frozenset({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN"})


@dataclass(frozen=True)
class HubCall:
    """A call that needs a token."""

    name: str
    """As it is written."""
    line: int
    """Line of the script."""
    writes: bool = True
    """Whether reading is not enough."""


def find_hub_calls(tree: ast.AST, programs: Sequence[Program] = ()) -> tuple[HubCall, ...]:
    """Return calls that need a token, in order of lines; none where the script names a token of its own.

    Parameters
    ----------
    programs
        That it starts.
    """
    if any({"--token", "--hub_token", "--hf_token"} & set(program.words) for program in programs):
        return ()
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    found = [
        HubCall(f"{item.name} {item.words[0]}", item.line)
        for item in programs
        if item.name in {"hf", "huggingface-cli"} and item.words and item.words[0] in _UPLOADS
    ]
    found += [call for item in programs for call in _find_in_words(item)]
    texts = _find_texts(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = name_of(node.func)
            keywords = {word.arg: word.value for word in node.keywords}
            if "token" in keywords or (name in _LOGINS and node.args):
                return ()
            if name in _WRITERS and _is_of_hub(node, name, names):
                found.append(HubCall(f"{name}()", node.lineno))
            elif getattr(keywords.get("push_to_hub"), "value", False) is True:
                found.append(HubCall("push_to_hub=True", node.lineno))
            if name in _LOADERS:
                found += _find_gated(node, name, texts)
        elif isinstance(node, ast.Assign) and any(_is_token(target) for target in node.targets):
            return ()
    return tuple(sorted(found, key=lambda call: call.line))


def _find_in_words(program: Program) -> Iterator[HubCall]:
    """Find what a command line writes, or reads that is gated: ``--push_to_hub``, ``git clone https://…``."""
    if program.name in _PUSHERS:
        yield HubCall(program.name, program.line)
    for word in program.words:
        option, _, value = word.partition("=")
        if option in _PUSH and value.lower() not in {"false", "0", "no"}:
            yield HubCall(f"{program.name} {option}", program.line)
            return
        named = (value or word).removeprefix("https://huggingface.co/").removeprefix("datasets/")
        if named.startswith(_GATED):
            yield HubCall(f"{program.name} … {named}, which is gated", program.line, writes=False)
            return


def _find_texts(tree: ast.AST) -> dict[str, str]:
    """Return texts that names are given: ``model_id = "meta-llama/Llama-3.1-8B"``."""
    return {
        name_of(target): text_of(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and text_of(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _find_gated(call: ast.Call, name: str, texts: Mapping[str, str]) -> Iterator[HubCall]:
    named = [word.value for word in call.keywords if word.arg in _NAMED]
    for item in (*call.args, *named):
        text = text_of(item) or (texts.get(item.id, "") if isinstance(item, ast.Name) else "")
        if text.startswith(_GATED):
            yield HubCall(f'{name}("{text}"), which is gated', call.lineno, writes=False)
            return


def _is_of_hub(call: ast.Call, name: str, imported: set[str]) -> bool:
    """Whether it is the Hub's: many libraries have a ``login``."""
    if name not in _LOGINS - {"notebook_login", "interpreter_login"}:
        return True
    owner = getattr(getattr(call.func, "value", None), "id", "")
    return (isinstance(call.func, ast.Name) and name in imported) or owner in {"huggingface_hub", "hf_hub", "hf"}


def _is_token(target: ast.expr) -> bool:
    """Whether it is ``os.environ["HF_TOKEN"]``."""
    return isinstance(target, ast.Subscript) and getattr(target.slice, "value", None) in _TOKENS
