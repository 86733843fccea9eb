"""The form that runs a job again: priced as it is filled in, and sent once.

Message of the page: ``{"type": "rerun", "id": int, "change": {option: text} | None, "send": bool, "anyway": bool}``.
Without a change the answer has what is suggested. Answer: ``{"type": "rerun", "id", "flavors": [[flavor, label]],
"change": {option: text}, "cost", "wrong", "question", "sent": job id | None}``; where packages cannot be added, there
is no ``dependencies`` in its ``change``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.repeat import find_timeout_s
from hfjobs_magic.api.rerun_offer import Offer, make_offer, suggest
from hfjobs_magic.errors import BudgetError, HfJobsError, report
from hfjobs_magic.records import notebooks
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.exchange.ending import Ending
    from hfjobs_magic.hub.run_spec import RunSpec

FIELDS = ("flavor", "timeout", "dependencies")
"""Options that the form has."""


class RerunServer:
    """Asks for prices and submits on a thread of its own.

    Parameters
    ----------
    handle
        The job.
    ending
        Says why it did not end well.
    send
        Sends a message to all pages; called on that thread.
    show
        Shows the new job; called on that thread.
    """

    def __init__(
        self,
        handle: Job,
        ending: Callable[[], Ending | None],
        send: Callable[[dict[str, Any]], None],
        show: Callable[[Job], None],
    ) -> None:
        self._handle, self._ending, self._send, self._show = handle, ending, send, show
        self._worker = Worker("hfjobs-rerun")
        self._spec: RunSpec | None = None
        self._sent: set[int] = set()
        """Messages that asked for a job and got it: one that comes twice starts no second one."""

    def answer(self, asked: dict[str, Any]) -> None:
        """Answer a message of a page, later; other messages are ignored."""
        number, change = asked.get("id"), asked.get("change")
        if asked.get("type") != "rerun" or not isinstance(number, int):
            return
        wanted = {name: str(change.get(name) or "") for name in FIELDS} if isinstance(change, dict) else None
        send, anyway = asked.get("send") is True, asked.get("anyway") is True
        self._worker.do(str(number), lambda: self._do(number, wanted, send=send and wanted is not None, anyway=anyway))

    def stop(self) -> None:
        """Answer no more; what is being sent is sent."""
        self._worker.stop()

    def _do(self, number: int, wanted: dict[str, str] | None, *, send: bool, anyway: bool) -> None:
        answer = {"type": "rerun", "id": number, "flavors": [], "change": wanted or {}}
        answer |= {"cost": "", "wrong": "", "question": "", "sent": None}
        questions: list[str] = []

        def ask(question: str) -> bool:
            questions.append(question)
            return anyway

        try:
            offer = self._price(answer, wanted)
            if send and not offer.wrong and number not in self._sent:
                self._sent.add(number)
                job = self._handle.repeat(offer.changes, ask=ask)
                answer["sent"] = job.id
                notebooks.notes().link(job.id, self._handle.id)
                self._show(job)
        except BudgetError as error:
            answer["question" if questions else "wrong"] = questions[-1] if questions else str(error)
        except HfJobsError as error:
            answer["wrong"] = str(error)
        except Exception as error:  # noqa: BLE001 - a page waits for an answer
            answer["wrong"] = report(error)
        self._send(answer)

    def _price(self, answer: dict[str, Any], wanted: dict[str, str] | None) -> Offer:
        handle, client = self._handle, self._handle.client
        if self._spec is None:
            self._spec = client.spec(handle.id)
        offered = [] if client.local else client.hardware()
        if wanted is None:
            ending = self._ending()
            # A longer timeout can be named only by who knows the one of before.
            ending = ending and ending.with_timeout(find_timeout_s(handle.facts, handle.options, self._spec))
            wanted = dict(suggest(ending, handle.facts.flavor, offered))
        offer = make_offer(client, handle.facts, handle.options, self._spec, wanted)
        answer["flavors"] = [[item.flavor, item.label] for item in offered]
        answer["change"] = {"flavor": offer.flavor, "timeout": offer.timeout}
        if offer.packages is not None:
            answer["change"]["dependencies"] = offer.packages
        answer |= {"cost": offer.cost, "wrong": offer.wrong}
        return offer
