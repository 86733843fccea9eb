"""Loading is quick; the magics and Tab are whole whenever they are used, and stay away once unloaded."""

from __future__ import annotations

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


def test_what_is_imported_late_does_not_come_back_after_unloading(shell: InteractiveShell):
    thread = loading.load(shell)
    loading.unload(shell)
    thread.join()
    assert owner(shell) is None
    stand_ins = loading.StandIns(shell)
    loading._replace(shell, stand_ins)
    assert owner(shell) is None
