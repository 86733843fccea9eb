"""What the Files tab of a card asks for costs: few requests, and only while somebody looks."""

from __future__ import annotations

from tests.fakes import FakeFolder, FakeHub
from tests.waiting import wait_until
from tests.widgets.test_wire import FILES, make_card


def test_many_questions_are_one_request_and_what_a_page_has_is_not_sent_again():
    hub = FakeHub()
    card = make_card(hub)
    hub.folder = FakeFolder()
    hub.folder.lists = [FILES]
    assert hub.folder.asked == []

    def ask(has: str | None) -> None:
        card._handle_custom_msg({"type": "files", "has": has}, [])
        wait_until(lambda: card._file_server._worker.is_idle)

    ask(None)
    wait_until(lambda: len(card.sent) == 1)
    stamp = card.sent[0]["stamp"]
    ask(stamp)
    ask(stamp)
    ask(None)  # another page, which has nothing yet
    wait_until(lambda: len(card.sent) == 2)
    assert card.sent[1] == card.sent[0]
    assert hub.folder.asked == ["files"]
    assert card.sent[0]["summary"] == "1 file, 3 B"

    # What the bucket does not answer is said, and what was known stays.
    card._file_server._due = 0.0
    hub.folder.refusals = 1
    ask(stamp)
    wait_until(lambda: len(card.sent) == 3)
    assert card.sent[2]["note"] == "Nothing answers at https://hub.test."
    assert card.sent[2]["files"] == card.sent[0]["files"]
    card.close()
    ask(None)
    assert len(card.sent) == 3, "a card that was closed asks for nothing"
