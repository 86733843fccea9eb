"""What a script asks of a GPU and its flavor does not have: said before it is paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hfjobs_magic.facts import Hardware
    from hfjobs_magic.script.gpu_wants import GpuWant
    from hfjobs_magic.script.script import Script

HEADROOM = 1.2
"""Memory that a model needs for each GB of its weights at least, where a flavor is proposed for it."""

_OLD = "T4"
"""The only GPU of the Hub before Ampere (its page of hardware)."""


_OLD_WAY = 'write attn_implementation="sdpa"'


def describe_gpu_limits(script: Script, flavor: str, offered: Sequence[Hardware]) -> list[str]:
    """Return a sentence or two for each thing that the flavor is too small for.

    Parameters
    ----------
    script
        What the job runs.
    flavor
        On what.
    offered
        All flavors; none where they are not known.
    """
    now = next((item for item in offered if item.flavor == flavor), None)
    if now is None or now.accelerator not in {"", "gpu"}:
        return []
    return [said for want in script.contents.gpu_wants if (said := _describe(want, now, offered))]


def _describe(want: GpuWant, now: Hardware, offered: Sequence[Hardware]) -> str:
    if want.weights_gb:
        return _describe_memory(want, now, offered)
    if now.accelerator != "gpu":
        return ""
    count = max(1, now.accelerators)
    has = f"and {now.flavor} has {count} GPU{'' if count == 1 else 's'}"
    if want.gpus > count:
        more = _cheapest(item for item in offered if item.accelerators >= want.gpus)
        return f"Line {want.line} has {want.said}, {has}. {_ways(more, f'ask for {count}')}"
    if want.ampere and _OLD in now.label.split():
        newer = _cheapest(item for item in offered if _OLD not in item.label.split())
        needs = f"needs a newer GPU than the {_OLD} of {now.flavor}"
        return f"Line {want.line} has {want.said}, which {needs}. {_ways(newer, _OLD_WAY)}"
    return ""


def _describe_memory(want: GpuWant, now: Hardware, offered: Sequence[Hardware]) -> str:
    room, kind = (now.gpu_memory_gb, "GPU memory") if now.accelerator else (now.memory_gb, "memory")
    if not room or want.weights_gb <= room:
        return ""
    larger = _cheapest(item for item in offered if item.gpu_memory_gb >= want.weights_gb * HEADROOM)
    return (
        f"Line {want.line} loads {want.said}, by its name about {want.weights_gb:.0f} GB of weights, "
        f"and {now.flavor} has {room:.0f} GB of {kind}. {_ways(larger, 'load it in 4 bits')}"
    )


def _cheapest(fitting: Iterable[Hardware]) -> Hardware | None:
    priced = [item for item in fitting if item.accelerator == "gpu" and item.usd_per_minute is not None]
    return min(priced, key=lambda item: item.usd_per_minute or 0.0, default=None)


def _ways(flavor: Hardware | None, other: str) -> str:
    """Return what to do, a sentence: a flavor that has it, or less to ask for."""
    return f"Add --flavor {flavor.flavor}, or {other}." if flavor else f"{other[0].upper()}{other[1:]}."
