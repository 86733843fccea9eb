"""Texts that look like secrets: tokens, keys, passwords."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:hf_|api_org_)[A-Za-z0-9]{16,}|sk-(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{16,}"
    r"|github_pat_\w{16,}|glpat-\S{16,}|(?:AKIA|ASIA)[A-Z0-9]{12,}|AIza[\w-]{30,}|xox[abprs]-\S{10,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|\w+://[^/\s:@]+:[^/\s@{}$]+@"
)
"""How tokens of the Hub, OpenAI, GitHub, GitLab, AWS, Google, Slack, JWT, keys and addresses with a password begin."""

_STANDS_FOR_ONE = re.compile(r"[A-Za-z]*[_-][xX_*-]+")
"""``hf_xxxxxxxxxxxxxxxx``, as in documentation."""

_PRIVATE = frozenset({"password", "passwd", "pwd", "passphrase", "secret", "secrets", "credential", "credentials"})
_PERHAPS = frozenset({"token", "tokens", "key", "apikey", "auth", "bearer"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONG = 20
"""Characters from which on the value of a variable called ``…_KEY`` is one; ``bert-base-2023`` is a model."""


def has_secret(text: str) -> bool:
    """Whether a text holds what looks like a secret, whatever it is called."""
    return any(not _STANDS_FOR_ONE.fullmatch(found[0]) for found in _SECRET.finditer(text))


def looks_secret(name: str, value: object) -> bool:
    """Whether a value, called `name`, is or holds a text that should not be written anywhere.

    A name that says "token" or "key" may be that of a column or of a tokenizer's mark: there the text decides.
    """
    if isinstance(value, dict):
        return any(looks_secret(str(key) if isinstance(key, str) else name, item) for key, item in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(looks_secret(name, item) for item in value)
    if not isinstance(value, str) or not value.strip():
        return False
    words = _words(name)
    return has_secret(value) or bool(words & _PRIVATE) or (bool(words & _PERHAPS) and _is_random(value, 8))


def is_secret_variable(name: str, value: str) -> bool:
    """Whether an environment variable is a secret: a word of its name says so, or its value."""
    words = _words(name)
    is_long = _is_random(value, _LONG) and not re.search(r"[/:]", value)
    return has_secret(value) or (bool(value) and bool(words & _PRIVATE)) or (bool(words & _PERHAPS) and is_long)


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def _is_random(value: str, length: int) -> bool:
    return len(value) >= length and bool(re.search(r"\d", value)) and not re.search(r"[\s<>]", value)
