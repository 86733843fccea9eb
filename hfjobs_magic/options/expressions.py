"""``{expression}`` and ``$name`` on a magic line: the notebook's values, or an error.

The forms are those of IPython's own magics (``IPython.utils.text.DollarFormatter``) and of f-strings. But IPython
leaves a whole line as it is when anything in it fails, and a job that trains with the text ``{lr}`` costs money.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.sweep_values import write_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    Part: TypeAlias = "str | Expression | Variable | Unreadable"

_CONVERSIONS: dict[str, Callable[[object], object]] = {"": lambda value: value, "r": repr, "s": str, "a": ascii}
_LONGEST = 200
"""Characters of an exception's text that a message repeats."""


@dataclass(frozen=True)
class Expression:
    """``{source!conversion:format}``."""

    written: str
    """As it is on the line."""
    source: str
    """The Python expression."""
    conversion: str = ""
    """``r``, ``s``, ``a`` or nothing."""
    format: tuple[Part, ...] = ()
    """The format specification, as parts: it may hold expressions of its own."""

    def text(self, names: Mapping[str, Any]) -> str:
        """Evaluate it with the notebook's variables.

        Raises
        ------
        OptionError
            When it fails, with the way to write its text.
        """
        value = self.value(names)
        try:
            return format(_CONVERSIONS[self.conversion](value), join(self.format, names))
        except OptionError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the value's own format raises
            raise _describe_failure(self.written, error) from None

    def value(self, names: Mapping[str, Any]) -> Any:
        """Evaluate the expression itself; errors are those of `text`."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                code = compile(self.source, "<magic line>", "eval")
            return eval(code, dict(names))  # noqa: S307 - the reader's own line
        except OptionError:
            raise
        except NameError as error:
            raise _missing(error.name or self.source, self.written) from None
        except Exception as error:  # noqa: BLE001 - whatever the reader's own expression raises
            raise _describe_failure(self.written, error) from None


@dataclass(frozen=True)
class Variable:
    """``$name`` or ``$name.attribute``."""

    written: str
    """As it is on the line."""

    @property
    def name(self) -> str:
        """The variable."""
        return self._dotted.split(".")[0]

    @property
    def _dotted(self) -> str:
        return self.written.lstrip("$").strip("{}")

    def text(self, names: Mapping[str, Any]) -> str:
        """Return the value; behind a text or a number, a dot and what follows are text, as in ``$stem.csv``.

        Raises
        ------
        OptionError
            For a name that the notebook does not have, and for a missing attribute.
        """
        attributes = self._dotted.split(".")[1:]
        if self.name not in names:
            raise _missing(self.name, self.written)
        value = names[self.name]
        while attributes and hasattr(value, attributes[0]):
            value = getattr(value, attributes.pop(0))
        if attributes and not isinstance(value, (str, int, float, PurePath)):
            raise OptionError(
                f"{self.written}: there is no attribute {attributes[0]!r}. "
                f"Correct it, or write ${self.written} for the text itself."
            )
        try:
            return ".".join([str(value), *attributes])
        except Exception as error:  # noqa: BLE001 - whatever the value's own __str__ raises
            raise _describe_failure(self.written, error) from None


@dataclass(frozen=True)
class Unreadable:
    """Braces around what has names in it and is not Python."""

    written: str
    """As it is on the line."""

    def text(self, names: Mapping[str, Any]) -> str:
        """Refuse it.

        Raises
        ------
        OptionError
            Always: text that looks like an expression is never sent.
        """
        del names
        if not self.written.endswith("}"):
            raise OptionError(f"{self.written} has no closing brace. Close it, or write {{{{ for the brace itself.")
        raise OptionError(
            f"{self.written} is not a Python expression. "
            f"Correct it, or write {_double_braces(self.written)} for the text itself."
        )


def join(parts: Sequence[Part], names: Mapping[str, Any]) -> str:
    """Return parts as one text, with the notebook's values in place of expressions."""
    return "".join(part if isinstance(part, str) else part.text(names) for part in parts)


def write_list(parts: Sequence[Part], names: Mapping[str, Any]) -> str:
    """Return parts as `join` does, and a list of the notebook's as ``--map`` reads it."""
    if len(parts) == 1 and isinstance(part := parts[0], Expression) and not part.conversion and not part.format:
        value = part.value(names)
        is_list = hasattr(value, "__iter__") and not isinstance(value, str)
        return write_values(value, part.written) if is_list else repr(value) if _is_plain(value) else str(value)
    return join(parts, names)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (bool, int, float))


def _missing(name: str, written: str) -> OptionError:
    text = _double_braces(written) if written.startswith("{") else f"${written}"
    return OptionError(
        f"There is no variable {name!r} for {written} in the notebook. "
        f"Assign it first, or write {text} for the text itself."
    )


def _describe_failure(written: str, error: Exception) -> OptionError:
    why = f"{type(error).__name__}: {error}".splitlines()[0][:_LONGEST].rstrip(" .:")
    text = _double_braces(written) if written.startswith("{") else f"${written}"
    return OptionError(f"{written} failed with {why}. Correct it, or write {text} for the text itself.")


def _double_braces(written: str) -> str:
    return f"{{{written}}}"
