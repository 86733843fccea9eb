"""The ways in which the value of a secret may be written in a log."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import re
from typing import Any
from urllib.parse import quote, quote_plus, unquote

MIN_CHARS = 6
"""Shortest text that is masked: shorter ones are in every other word."""

MAX_BREAKS = 16
"""Spaces of a value at which a line may have been wrapped, one at a time."""

_SAFE = ("", "/", "!'()*~", "!#$&'()*+,/:;=?@~")
"""Characters that are left as they are in a URL: by `urllib` in a query and in a path, by JavaScript's
``encodeURIComponent`` and ``encodeURI``."""

_NAMED = re.compile(r"key|token|secret|passw|pwd|credential", re.IGNORECASE)
"""In the name of a field of a secret: what it holds is secret by itself; an account's name beside it is not."""

_ADDRESS = re.compile(r"https?://[^@]*$")
_PASSWORD = re.compile(r"\w+://[^/\s:@]*:([^/\s]+)@")
"""Of an address such as a database's."""

_URL_ALPHABET = str.maketrans("+/", "-_")


def secret_forms(value: str) -> frozenset[str]:
    r"""Give all texts, of `MIN_CHARS` at least, that stand for a secret: as it is, escaped, in URLs and in base64.

    Lines of a log are searched without the ends of lines, and without spaces around them, so a value of several lines
    is one of these texts, too; each of its lines is masked wherever it stands alone.

    >>> sorted(secret_forms("hunter2"))
    ['aHVudGVyM', 'aHVudGVyMg', 'aHVudGVyMg==', 'h1bnRlcj', 'h1bnRlcjI', 'h1bnRlcjI=', 'hunter2', 'odW50ZXIy']
    """
    forms = _forms(value).union(*map(_forms, _parts(value.strip())))
    return frozenset(form for form in forms if len(form.strip()) >= MIN_CHARS)


def _forms(value: str) -> set[str]:
    if len(value.strip()) < MIN_CHARS:
        return set()
    forms = {value, *_escape(value), *_wrap(value), *_encode(value)}
    whole = value.strip()
    if whole != value:
        forms |= {whole, *_escape(whole), *_encode(whole)}
    lines = [line.strip() for line in value.splitlines()]
    return forms | {"".join(lines), *lines}


def _parts(value: str) -> set[str]:
    """Give the secrets within one: of fields of JSON (a service account's key), of ``NAME=VALUE``, of an address."""
    found = {part for password in _PASSWORD.findall(value) for part in (password, unquote(password))}
    for line in value.splitlines():
        name, _, text = line.partition("=")
        if name.strip().isidentifier() and _NAMED.search(name):
            found.add(text.strip().strip("'\""))
    if value.startswith(("{", "[")):
        with contextlib.suppress(ValueError, RecursionError):
            found |= _fields(json.loads(value))
    return found - {value}


def _fields(value: Any, name: str = "") -> set[str]:
    if isinstance(value, str):
        # Not where a token is to be had (``token_uri``).
        return {value} if _NAMED.search(name) and not _ADDRESS.match(value) else set()
    if isinstance(value, dict):
        return set().union(*(_fields(item, key) for key, item in value.items()))
    return set().union(*(_fields(item, name) for item in value)) if isinstance(value, list) else set()


def _escape(value: str) -> set[str]:
    """As JSON, Python, HTML and a shell write it, and in a URL; also as JSON that is a field of JSON, as in a log."""
    found = {repr(value.encode(errors="surrogatepass"))[2:-1], json.dumps(json.dumps(value)[1:-1])[1:-1]}
    found |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    found |= {repr(value)[1:-1], ascii(value)[1:-1], html.escape(value), html.escape(value, quote=False)}
    found |= {value.replace("'", "'\\''"), value.replace("'", "'\"'\"'"), json.dumps(value)[1:-1].replace("/", "\\/")}
    in_urls = {quote(value, safe=safe, errors="replace") for safe in _SAFE} | {quote_plus(value, errors="replace")}
    return found | in_urls | {_lower(form) for form in in_urls}


def _lower(form: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), form)


def _wrap(value: str) -> set[str]:
    """Give it as it is where a line was wrapped at a space, and nobody sees the space."""
    spaces = [place.span() for place in re.finditer(r"\s+", value.strip())]
    return {value.strip()[:start] + value.strip()[end:] for start, end in spaces[:MAX_BREAKS]}


def _encode(value: str) -> set[str]:
    """Give what any text that has the value somewhere holds in base64: by where in three bytes it begins.

    Characters at its edges depend on what stands beside it; so each is there without them, and with the last ones as
    they are where nothing follows (``user:PASSWORD`` of a header).
    """
    data = value.encode(errors="surrogatepass")
    found = set()
    for before in range(3):
        text = base64.b64encode(b"\0" * before + data).decode()
        start, end = -(-8 * before // 6), 8 * (before + len(data)) // 6
        found |= {text[start:end], text[start:].rstrip("="), text[start:]}
    found |= {text.translate(_URL_ALPHABET) for text in found}
    return found
