"""The magics: each parses a line, calls one public function and displays once."""

from hfjobs_magic.magics.hfjob import HfJobMagic
from hfjobs_magic.magics.hfjobs import HfJobsMagic

__all__ = ["HfJobMagic", "HfJobsMagic"]
