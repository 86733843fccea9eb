"""Loading is quick; the magics and Tab are whole whenever they are used, and stay away once unloaded."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from IPython.utils.capture import capture_output

from hfjobs_magic.magics import loading
from hfjobs_magic.magics.hfjob import HfJobMagic

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

pytestmark = pytest.mark.lowest


def owner(shell: InteractiveShell) -> object:
    return getattr(shell.magics_manager.magics["cell"].get("hfjob"), "__self__", None)


def test_stand_ins_do_what_is_asked_and_give_way_to_the_real_magics(shell: InteractiveShell):
    stand_ins = loading.StandIns(shell)
    with capture_output() as captured:
        stand_ins.hfjob("--help", "")
        stand_ins.hfjobs("--help")
    assert "--flavor" in captured.outputs[0].data["text/plain"]
    assert "cancel" in captured.outputs[1].data["text/plain"]
    loading.load(shell).join()
    assert isinstance(owner(shell), HfJobMagic)


def test_magics_that_others_declare_meanwhile_are_left_to_them():
    code = (
        "from IPython.core import magic\n"
        "magic.magics['line']['theirs'] = 'theirs'\n"
        "from hfjobs_magic.magics.hfjob import HfJobMagic\n"
        "from hfjobs_magic.magics.hfjobs import HfJobsMagic\n"
        "print(magic.magics, HfJobMagic.magics, HfJobsMagic.magics)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    theirs = {"line": {"theirs": "theirs"}, "cell": {}}
    ours = [{"line": {}, "cell": {"hfjob": "hfjob"}}, {"line": {"hfjobs": "hfjobs"}, "cell": {}}]
    assert ran.stdout == f"{theirs} {ours[0]} {ours[1]}\n"


def test_what_is_imported_late_does_not_come_back_after_unloading(shell: InteractiveShell):
    thread = loading.load(shell)
    loading.unload(shell)
    thread.join()
    assert owner(shell) is None
    stand_ins = loading.StandIns(shell)
    loading._replace(shell, stand_ins)
    assert owner(shell) is None
