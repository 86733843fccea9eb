"""Where in a training a line stands: its step and its epoch, in all the ways that loops count.

A batch within an epoch becomes a step of the whole training where the line says of how many batches it is:
``Epoch 2/3, Batch 100/938`` of a training that began with epoch 1 is step 1,038.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hfjobs_magic.metrics.numbers import COUNT, is_rounded, read_count, read_number
from hfjobs_magic.metrics.training_words import EPOCHS

if TYPE_CHECKING:
    from hfjobs_magic.metrics.progress_frames import Frame

MAX_EPOCH = 1e8
"""What counts further counts seconds since 1970."""

MAX_COUNTERS = 100
"""Different numbers of steps that counters are remembered by."""

_BEGINS = r"(?<![\w/?&.-])"
_OF = rf"(?:\s*(?:/|of|out\sof)\s*({COUNT}))?"
_ENDS = r"(?![\w%]|[.,]\d|\s*%)"
_WHOLE = r"(?:\.0{1,6}(?!\d))?"
# In all patterns here: no two runs of blanks side by side, and no run that can begin anywhere in itself, so that a line
# of nothing but blanks or digits takes one pass.
_GLOBAL = re.compile(
    rf"{_BEGINS}(?:num_updates|global[_ ]step|total[_ ](?:num[_ ])?(?:time)?steps)\s*(?:[=:]\s*)?"
    rf"({COUNT}){_WHOLE}{_ENDS}",
    re.IGNORECASE,
)
_STEP = re.compile(
    rf"{_BEGINS}(?:(?:global|train(?:ing)?|optimi[sz]er|optim|current|env)[ _])?"
    rf"(?:step|iter(?:ation)?|update|it|round|timestep|episode)\s*(?:no\.?|number)?(?:[=:#]\s*)?(?:[\[(]\s*)?({COUNT}){_WHOLE}{_OF}{_ENDS}",
    re.IGNORECASE,
)
_BATCH = re.compile(
    rf"{_BEGINS}(?:mini[-_ ]?)?batch(?:[ _](?:idx|index|id|no\.?|num(?:ber)?))?\s*(?:[=:#]\s*)?(?:[\[(]\s*)?"
    rf"({COUNT}){_OF}{_ENDS}",
    re.IGNORECASE,
)
_EPOCH = re.compile(
    rf"{_BEGINS}(?:current[_ ])?(?:epoch|epch)(?:\s*(?:no\.?|number|nr\.?)|[-_])?\s*(?:[=:#]\s*)?(?:[\[(]\s*)?"
    rf"(\d{{1,9}}[.,]\d{{1,9}}(?![\w.,]\d)|{COUNT})(?:\s*(?:/|of)\s*{COUNT})?(?![\w%]|[.,]\d)",
    re.IGNORECASE,
)
_EP = re.compile(rf"{_BEGINS}ep\s*(?:[=:#]\s*)?(?:[\[(]\s*)?({COUNT})(?![\w%]|[.,]\d)", re.IGNORECASE)
# "Steps: 210005, Loss: 0.5": so many are done; "max steps: 100" are those to come.
_DONE = re.compile(
    rf"{_BEGINS}(?<!max )(?<!num )(?<!total )(?<!of )(?<!per )(?<!warmup )"
    rf"(?<!train )(?<!training )(?<!val )(?<!valid )(?<!validation )(?<!test )(?<!eval )"
    rf"(?:steps|iter(?:ation)?s)\s*[=:]\s*({COUNT}){_WHOLE}{_ENDS}",
    re.IGNORECASE,
)
# "3epoch:train:101-200batch: loss=0.5" and "3epoch results: ..." of ESPnet, "3rd epoch: loss 0.5".
_EPOCH_FIRST = re.compile(
    r"(?<![\w.])(\d{1,9})(?:(?:st|nd|rd|th)\s)?epoch(?::(?P<inside>\w{1,20}:\d{1,9}-(\d{1,9})batch))?(?=:|\sresults:)",
    re.IGNORECASE,
)
# "after 100 iterations: loss = 0.5"
_AFTER = re.compile(
    rf"{_BEGINS}after\s+({COUNT})\s+(?:training\s+)?(steps|iter(?:ation)?s|updates|batches|episodes|(?P<epochs>epochs))(?!\w)",
    re.IGNORECASE,
)
_OF_EPISODES = re.compile(r"rewards?|return|score|episode|smpl", re.IGNORECASE)
# "Train: 3 [ 50/1251 (4%)]", "Train Epoch: 1 [640/60000 (1%)]", "Epoch: [0][  10/5005]", "epoch 001:   100 / 1000",
# "Epoch(train) [1][ 4/16]", "Train:  1/3 ( 33%) [  49/323 ( 15%)]", "Epoch 3/5 - 100/938".
_INSIDE = re.compile(
    rf"(?:train\w{{0,20}}|epoch)(?:\(\w{{1,20}}\)|\s+epoch)?\s*(?::\s*)?"
    rf"(?:\[({COUNT})(?:/{COUNT})?\]\s*(?:[,|-]\s*)?[\[(]\s*|({COUNT})(?:/{COUNT})?\s*(?:\([^)]{{0,20}}\)\s*)?[\[:(|,-]\s*)({COUNT})\s*/\s*({COUNT})(?!\w)",
    re.IGNORECASE,
)
# "| epoch 010  1000 / 8223 loss=1.3"
_INSIDE_BLANK = re.compile(rf"epoch\s(\d{{1,9}})\s{{1,9}}({COUNT})\s?/\s?({COUNT})(?=\s)", re.IGNORECASE)
# "[0/5][50/1583]": epoch, then batch; nothing else names them.
_TWICE = re.compile(
    rf"[\[(]\s*({COUNT})\s*/\s*{COUNT}\s*[\])]\s*(?:[,|-]\s*)?[\[(]\s*({COUNT})\s*/\s*({COUNT})\s*[\])]"
)
# Where nothing better is said: "[12/100] train loss: 0.5", "loss: 0.5  [ 640/60000]", "[1,  2000] loss: 2.173",
# and "[10 | 36.40] loss=3.71" of gpt-2-simple, with seconds.
_COUNTER = re.compile(
    rf"^\[({COUNT}),\s+({COUNT})\]|^\[(?P<alone>{COUNT})\s\|\s\d{{1,9}}\.\d\d\]|[\[(]\s*({COUNT})\s*/\s*({COUNT})[\])]|^\s*({COUNT})\s*/\s*({COUNT})(?=\s)(?!\s-\s\d{{1,9}}s\s)"
)


# Not the "it/s" of a bar.
_ITS = ("iter", "it:", "it=", "it ", "it#", "it[", "it(", "it\t")


def _may_have_step(low: str) -> bool:
    return "step" in low or any(map(low.__contains__, _ITS)) or "update" in low or "round" in low or "episode" in low


class Place(NamedTuple):
    """What a line says of where it stands."""

    step: float | None = None
    epoch: float | None = None
    is_inside: bool = False
    """Whether the step is one of this epoch, or of this pass over held-out data."""
    is_rounded: bool = False
    """Whether the step was printed as so many thousands."""
    text: str = ""
    """What was read, such as ``Epoch 3/30``."""

    @property
    def is_episode(self) -> bool:
        """Whether it counts episodes of reinforcement learning."""
        return self.text[:3].lower() in {"epi", "ep ", "ep:", "ep="}

    @property
    def is_known(self) -> bool:
        """Whether the line says anything of it."""
        return self.step is not None or self.epoch is not None


class PlaceReader:
    """Reads places of one log; keeps the epoch that the log is in."""

    def __init__(self) -> None:
        self.epoch: float | None = None
        """The last epoch named, which holds for the lines that follow."""
        self._first: float | None = None
        # Of counters that name both a step and how many there are: epoch and step, and whether it begins again with
        # each epoch; by how many there are, because training and validation count apart.
        self._counters: dict[float, tuple[float, float, bool]] = {}

    def read(self, text: str) -> Place:  # noqa: PLR0911 - one way to name a place after the other
        """Read the place that a text names."""
        low = text.lower()
        everywhere = _GLOBAL.search(text) if "updates" in low or "step" in low else None
        has_epoch = "epoch" in low
        if "/" in text and (has_epoch or "train" in low) and (found := _INSIDE.search(text)):
            return self._inside(read_count(found[1] or found[2]), found[3], found[4], found, everywhere)
        if has_epoch and ("epoch:" in low or "epoch res" in low) and (found := _EPOCH_FIRST.search(text)):
            self.epoch = read_count(found[1])
            return Place(read_count(found[3]) if found[3] else None, self.epoch, bool(found[3]), text=found[0])
        epoch, named = self._read_epoch(text) if has_epoch or "ep" in low else (None, "")
        if epoch is None and "]" in text and (found := _TWICE.search(text)):
            return self._inside(read_count(found[1]), found[2], found[3], found, everywhere)
        if found := everywhere or (_STEP.search(text) if _may_have_step(low) else None):
            of = found[2] if found.re is _STEP else None
            step = self._read_count(epoch, read_count(found[1]), read_count(of)) if of else read_count(found[1])
            return Place(step, epoch, is_rounded=is_rounded(found[1]), text=named or found[0])
        if has_epoch and "/" in text and (found := _INSIDE_BLANK.search(text)):
            return self._inside(read_count(found[1]), found[2], found[3], found, None)
        if ("steps" in low or "iter" in low) and (found := _DONE.search(text)):
            return Place(read_count(found[1]), epoch, is_inside=True, text=named or found[0])
        if "ep" in low and epoch is None and (found := _EP.search(text)):
            return Place(read_count(found[1]), text=found[0])
        if "after" in low and (found := _AFTER.search(text)):
            n = read_count(found[1])
            return Place(None, n, text=found[0]) if found["epochs"] else Place(n, epoch, text=found[0])
        if "batch" in low and (found := _BATCH.search(text)):
            place = self._inside(self.epoch if epoch is None else epoch, found[1], found[2], found, None)
            return place._replace(text=named or found[0])
        return Place(None, epoch, text=named)

    @staticmethod
    def has_counter(text: str) -> bool:
        """Whether a line has a counter, such as ``[12/100]``, whatever it counts."""
        return ("/" in text or text[:1] == "[") and bool(_COUNTER.search(text))

    def begin(self, frame: Frame) -> None:
        """Take a bar that has not moved yet: bars of batches below one of epochs are of the first of them."""
        if frame.unit in EPOCHS and self.epoch is None:
            self.epoch = 0.0

    def read_counter(self, text: str, frame: Frame | None, epoch: float | None) -> Place:
        """Read the place of a line that names no step, by its bar or by a counter in brackets."""
        at = self.epoch if epoch is None else epoch
        if frame is not None and frame.unit in EPOCHS:
            self.epoch = frame.n
            return Place(None, frame.n)
        if frame is not None:
            return Place(self._within(at, frame.n, frame.total), epoch, is_inside=True)
        if ("/" in text or text[:1] == "[") and (found := _COUNTER.search(text)):
            if found[1]:
                return Place(read_count(found[2]), read_count(found[1]), is_inside=True)
            if found["alone"]:
                return Place(read_count(found["alone"]), epoch)
            n, total = read_count(found[4] or found[6]), read_count(found[5] or found[7])
            return Place(self._within(at, n, total), epoch, is_inside=True)
        return Place(None, epoch)

    def _within(self, epoch: float | None, n: float, total: float | None) -> float:
        """Return the step of the whole training at batch `n` of `total` in an epoch, from the first epoch seen."""
        if epoch is None or total is None or n > total or not float(epoch).is_integer():
            return n
        if self._first is None:
            self._first = epoch
        return max(0.0, epoch - self._first) * total + n

    def _inside(
        self, epoch: float | None, n: str, total: str | None, found: re.Match[str], everywhere: re.Match[str] | None
    ) -> Place:
        self.epoch = self.epoch if epoch is None else epoch
        if everywhere:
            return Place(read_count(everywhere[1]), epoch, text=found[0])
        step = self._within(epoch, read_count(n), read_count(total) if total else None)
        return Place(step, epoch, is_inside=True, text=found[0])

    def _read_epoch(self, text: str) -> tuple[float | None, str]:
        found = _EPOCH.search(text)
        if found is None and not _OF_EPISODES.search(text):
            found = _EP.search(text)
        if found is None:
            return None, ""
        try:
            epoch = read_number(found[1])
        except ValueError:
            epoch = read_count(found[1])
        if epoch > MAX_EPOCH:
            return None, ""
        self.epoch = epoch
        return epoch, found[0]

    def _read_count(self, epoch: float | None, n: float, total: float) -> float:
        """Return the step for ``step n/total``: of the training, or of the epoch where it begins again with each."""
        at = self.epoch if epoch is None else epoch
        if at is None:
            return n
        before, last, begins_again = self._counters.get(total, (at, n, False))
        if at != before:
            begins_again = n <= last
        if len(self._counters) < MAX_COUNTERS or total in self._counters:
            self._counters[total] = (at, n, begins_again)
        if self._first is None:
            self._first = at
        return self._within(at, n, total) if begins_again else n
