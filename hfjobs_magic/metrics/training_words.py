"""Words for steps, epochs and data, and what data a text names."""

from __future__ import annotations

import re

STEPS = frozenset(
    {
        *("step", "steps", "global_step", "global step", "train_step", "training_step", "current_step", "step_num"),
        *("iter", "iters", "iteration", "iterations", "it", "update", "num_updates", "trainer/global_step", "#"),
        *("current_steps", "total_timesteps", "num_timesteps", "timestep", "timesteps", "env_step", "env_steps"),
        *(
            "train/step",
            "train/global_step",
            "train_iter",
            "iter_num",
            "iteration_num",
            "n_iter",
            "round",
            "boosting_round",
        ),
        *("episode", "num_episodes", "total_steps_so_far"),
    }
)
"""Names of what counts steps, in lower case."""

EPOCHS = frozenset(
    {"epoch", "epch", "ep", "e", "train/epoch", "current_epoch", "epoch_num", "trainer/epoch", "n_epoch"}
)
"""Names of what counts epochs, in lower case."""

BATCHES = frozenset({"batch", "batch_idx", "batch_id", "batch_num", "minibatch", "mini_batch"})
"""Names of what counts batches, from the first of each epoch, in lower case."""

PLACES = STEPS | EPOCHS | BATCHES
"""All three."""

TRAIN = frozenset({"train", "training", "trn", "learn"})
"""Words for the data that is trained on."""

HELD_OUT = {
    **{
        word: word for word in ("test", "val", "valid", "validation", "eval", "evaluation", "dev", "holdout", "heldout")
    },
    "testing": "test",
    "validating": "val",
    "validate": "val",
    "evaluating": "eval",
    "evaluate": "eval",
    "sanity": "sanity",
}
"""Words for other data, in lower case, and the one that stands before a key for each."""

HELD_OUT_WORDS = frozenset(HELD_OUT.values())
"""Those that stand before a key."""

SPLIT = re.compile(
    rf"(?<![\w/.@'-])({'|'.join(sorted({*TRAIN, *HELD_OUT}, key=len, reverse=True))})(?![\w/=@-]|\.\w)"
    r"(?!\s(?:steps?|samples?|batches|examples|rows|images|size|time)\b)",
    re.IGNORECASE,
)
"""One of them on its own; not in a path, an option, a name, or of what is counted, as in ``Val steps: 2``."""

_STEMS = ("train", "val", "eval", "test", "trn", "learn", "dev", "ldout", "sanity")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
"""Where a word begins within another one: ``valLoss``."""

TOKENS = re.compile(r"[^\W_\d]+")
"""A word, without digits."""


def split_of(text: str) -> str:
    """Say what data a label names last, in the words of `Key.split`; nothing where it names none."""
    if not text:
        return ""
    low = text.lower()
    # Before anything slower: most lines name none.
    if not any(map(low.__contains__, _STEMS)):
        return ""
    found = SPLIT.findall(text)
    return _canonical(found[-1].lower()) if found else ""


def prefix_split(split: str, name: str) -> str:
    """Return the name of a metric of held-out data."""
    return f"{split} {name}" if split and split not in TRAIN else name


def tokens(text: str) -> list[str]:
    """Return the words of a key, in lower case; ``valLoss`` has two."""
    return [token.lower() for token in TOKENS.findall(CAMEL.sub(" ", text))]


def first_split(text: str) -> str:
    """Say what data a key names first, in the words of `Key.split`; nothing where it names none."""
    return next((_canonical(token) for token in tokens(text) if token in TRAIN or token in HELD_OUT), "")


def _canonical(word: str) -> str:
    return "train" if word in TRAIN else HELD_OUT[word]
