"""Texts that look like secrets: tokens, keys, passwords."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:hf_|api_org_)[A-Za-z0-9]{16,}|sk-(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{16,}"
    r"|github_pat_\w{16,}|glpat-\S{16,}|(?:AKIA|ASIA)[A-Z0-9]{12,}|AIza[\w-]{30,}|xox[abprs]-\S{10,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+)"
    r"|\b(?i:bearer|basic)\s+(?=\S*\d)[\w.~+/=-]{16,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|\w+://[^/\s:@]+:[^/\s@{}$]+@"
)
"""How tokens of the Hub, OpenAI, GitHub, GitLab, AWS, Google, Slack, JWT, keys and addresses with a password begin,
and headers of HTTP."""

_STANDS_FOR_ONE = re.compile(r"[A-Za-z]*[_-][xX_*-]+")
"""``hf_xxxxxxxxxxxxxxxx``, as in documentation."""

_PRIVATE = frozenset({"password", "passwd", "pwd", "passphrase", "secret", "secrets", "credential", "credentials"})
_PERHAPS = frozenset({"token", "tokens", "key", "apikey", "auth", "bearer"})
_HARMLESS = frozenset(
    {
        *("additional", "bos", "cache", "cls", "column", "end", "eos", "extra", "foreign", "group", "image", "index"),
        *("join", "label", "lookup", "mask", "max", "min", "new", "next", "pad", "page", "partition", "primary"),
        *("public", "row", "sep", "sort", "special", "start", "state", "stop", "unique", "unk"),
    }
)
"""Words before "key" and "token" that make them a column, a mark of a tokenizer or a place in a list of results."""
_EXAMPLES = frozenset(
    {"changeme", "example", "here", "hidden", "none", "null", "placeholder", "required", "str", "your"}
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONG = 20
"""Characters from which on the value of a variable called ``…_KEY`` is one; ``bert-base-2023`` is a model."""
_SHORTEST = 6
"""Characters of a password that stands in code."""
_OWNERS = {
    "hf_": "HF_TOKEN",
    "api_org_": "HF_TOKEN",
    "sk-": "OPENAI_API_KEY",
    "gh": "GITHUB_TOKEN",
    "gl": "GITLAB_TOKEN",
}
"""What the variable is called that holds a token which begins so."""


def has_secret(text: str) -> bool:
    """Whether a text holds what looks like a secret, whatever it is called."""
    return any(not _STANDS_FOR_ONE.fullmatch(found[0]) for found in _SECRET.finditer(text))


def looks_secret(name: str, value: object) -> bool:
    """Whether a value, called `name`, is or holds a text that should not be written anywhere."""
    return find_secret(name, value) is not None


def find_secret(name: str, value: object) -> tuple[object, ...] | None:
    """Find a text that should not be written anywhere in a value, called `name`.

    A name that says "token" or "key" may be that of a column or of a tokenizer's mark: there the text decides.

    Returns
    -------
    tuple of object or None
        The keys and indices that lead to it: empty for a text itself. None where there is no such text.
    """
    # Not by calls: it may contain itself, or lie deeper than they may; and not as a copy: it may be large.
    within: list[tuple[tuple[object, ...], Iterator[tuple[object, str, object]]]] = [((), iter([(None, name, value)]))]
    known: set[int] = set()
    while within:
        path, parts = within[-1]
        found = next(parts, None)
        if found is None:
            within.pop()
            continue
        key, called, one = found
        here = path if key is None else (*path, key)
        if isinstance(one, (dict, list, tuple, set, frozenset, deque)):
            if id(one) not in known:
                known.add(id(one))
                within.append((here, _parts(called, one)))
        elif isinstance(one, (str, bytes)) and one.strip() and _is_private(called, _text(one)):
            return here
    return None


def describe_secret(name: str, value: object) -> str:
    """Say where a value, called `name`, holds what looks like a secret, and the next step; empty for others.

    >>> describe_secret("CFG", {"db": {"password": "hunter2"}}).partition(",")[0]
    'a dict that holds a text that looks like a secret (CFG["db"]["password"])'
    """
    path = find_secret(name, value)
    if path is None:
        return ""
    inside: Any = value
    for key in path:
        inside = inside[key]
    text = _text(inside) if isinstance(inside, (str, bytes)) else ""
    way = way_for_secret(secret_variable([name, *path], text))
    if isinstance(value, (str, bytes)):
        return f"a text that looks like a secret, and it would be written into the job's files. {way}"
    place = name + "".join(f'["{key}"]' if isinstance(key, str) else f"[{key!r}]" for key in path)
    return (
        f"a {type(value).__name__} that holds a text that looks like a secret ({place}), "
        f"and it would be written into the job's files. Leave it out of {name}. {way}"
    )


def _parts(name: str, value: Any) -> Iterator[tuple[object, str, object]]:
    """Yield the key, the name and the value of what a container holds; a set has no keys."""
    if isinstance(value, dict):
        # Keys first: a path has none that is a secret itself.
        yield from ((None, "", key) for key in value)
        yield from ((key, key if isinstance(key, str) and key else name, item) for key, item in value.items())
    else:
        keyed = not isinstance(value, (set, frozenset))
        yield from ((index if keyed else None, name, item) for index, item in enumerate(value))


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _is_private(name: str, value: str) -> bool:
    return has_secret(value) or _is_of(name, _PRIVATE) or (_is_of(name, _PERHAPS) and _is_random(value, 8))


def is_secret_in_code(name: str, value: str | bytes) -> bool:
    """Whether a text that stands in code is a secret; code calls many a text "key", "token" or "password"."""
    text = _text(value)
    if has_secret(text):
        return True
    if _is_of(name, _PERHAPS) and _is_long(text):
        return True
    words = _words(text)
    plain = re.fullmatch(r"[^\s<>{}/]+", text) and len(text) >= _SHORTEST
    # A name of a variable (HF_TOKEN), a word for the thing itself, or one that stands for it.
    named = re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", text) or words & _EXAMPLES or words <= _PRIVATE | _PERHAPS
    return bool(_is_of(name, _PRIVATE) and plain and not named)


def is_secret_variable(name: str, value: str) -> bool:
    """Whether an environment variable is a secret: a word of its name says so, or its value."""
    words = _words(name)
    return has_secret(value) or (bool(value) and bool(words & _PRIVATE)) or (bool(words & _PERHAPS) and _is_long(value))


def is_secret_name(name: str) -> bool:
    """Whether the name of an environment variable alone says that it is a secret."""
    return bool(_words(name) & (_PRIVATE | _PERHAPS)) and not _is_of(name, _HARMLESS)


def secret_variable(names: Sequence[object], value: str = "") -> str:
    """Name the environment variable that should hold a secret.

    >>> secret_variable(["CFG", "db", "password"])
    'DB_PASSWORD'
    """
    owner = next((owner for start, owner in _OWNERS.items() if value.startswith(start) and has_secret(value)), "")
    words = [re.sub(r"\W+", "_", item).strip("_").upper() for item in names if isinstance(item, str)]
    said = [word for word in words if word and not word[0].isdigit()]
    telling = bool(said) and bool(_words(said[-1]) & (_PRIVATE | _PERHAPS))
    if owner and not telling:
        return owner
    if len(said) > 2 and said[-1].lower() in _PRIVATE | _PERHAPS:
        return "_".join(said[-2:])
    return said[-1] if said else "SECRET"


def way_for_secret(variable: str) -> str:
    """Return the sentence that says how a secret gets into a job."""
    return (
        f"Set {variable} in the kernel's environment, pass --secrets {variable}, "
        f'and read os.environ["{variable}"] in the job.'
    )


def _is_of(name: str, kinds: frozenset[str]) -> bool:
    words = _words(name)
    return bool(words & kinds) and not (kinds is _PERHAPS and words & _HARMLESS)


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def _is_random(value: str, length: int) -> bool:
    return len(value) >= length and bool(re.search(r"\d", value)) and not re.search(r"[\s<>]", value)


def _is_long(value: str) -> bool:
    """Whether a text could be a key, by its length and its characters; a path or an address is none."""
    return _is_random(value, _LONG) and not re.search(r"[/:]", value)
