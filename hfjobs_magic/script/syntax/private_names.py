"""Names with two underscores, as Python keeps them in a class: ``__x`` of ``class A`` is ``_A__x``."""

from __future__ import annotations


def mangle(name: str, owner: str) -> str:
    """Return what a name that is written in the body of a class is called in its ``vars``.

    As the compiler does it (Python reference, "Private name mangling").
    """
    owner = owner.lstrip("_")
    is_private = name.startswith("__") and not name.endswith("__") and owner
    return f"_{owner}{name}" if is_private else name
