"""Lines that take options and then something with options of its own: an image's command, a script.

As on the command line of ``hf jobs``: an option that we know is ours wherever it is, any other belongs to the command,
and after ``--`` everything does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hfjobs_magic.options.option import Option


def split_options(words: Sequence[str], options: Iterable[Option]) -> tuple[list[str], list[str]]:
    """Return our own options with their values, and the other words; both in order.

    Raises
    ------
    OptionError
        For short options in one word after the first word that is not an option: ``ls -la`` would lose its ``-la`` to
        the label ``a``, as it does with ``hf jobs run``.
    """
    kinds = {flag: option.kind for option in options for flag in option.flags}
    own: list[str] = []
    rest: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            return own, rest + left
        if word in kinds:
            own.append(word)
            if _takes_value(kinds[word]) and left:
                own.append(left.pop(0))
        elif _holds_value(word, kinds) or _is_cluster(word, kinds):
            if rest and not word.startswith("--"):
                raise OptionError(
                    f"{word} could be an option of this line ({word[:2]} {word[2:]}) or the command's own. "
                    "Write our options first, or -- before the command's own."
                )
            own.append(word)
        else:
            rest.append(word)
    return own, rest


def _takes_value(kind: str) -> bool:
    return kind not in {"flag", "switch"}


def _holds_value(word: str, kinds: Mapping[str, str]) -> bool:
    """Whether a word is an option and its value: ``--flavor=t4-small``, ``-eNAME``."""
    name = word.partition("=")[0] if word.startswith("--") else word[:2]
    return name != word and name in kinds and _takes_value(kinds[name])


def _is_cluster(word: str, kinds: Mapping[str, str]) -> bool:
    """Whether a word is several short options: ``-dq``."""
    return len(word) > 2 and word[0] == "-" != word[1] and all(kinds.get(f"-{letter}") == "flag" for letter in word[1:])
