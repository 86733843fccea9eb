"""The magics: each parses a line, calls one public function and displays once."""

from hfjobs_magic.magics.hfjob import HfJobMagic
from hfjobs_magic.magics.hfjobs import HfJobsMagic
from hfjobs_magic.magics.welcome import greet

__all__ = ["HfJobMagic", "HfJobsMagic", "greet"]
