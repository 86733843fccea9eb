"""What a job used, and which flavors would have had the memory: no peak is lost, and nothing is claimed unseen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.metrics.bins import MetricsBuffer
from hfjobs_magic.metrics.right_size import fitting, right_size
from hfjobs_magic.metrics.usage import Peak, Usage, join
from tests.fakes import HARDWARE

GB = 10**9
FLAVORS = {item.flavor: item for item in HARDWARE}


def make_sample(memory: float, *gpus: tuple[float, float], replica: str = "") -> dict[str, object]:
    return {
        "memory_used_bytes": memory,
        "memory_total_bytes": 16 * GB,
        "gpus": {
            str(index): {"utilization": pct, "memory_used_bytes": used, "memory_total_bytes": 24 * GB}
            for index, (pct, used) in enumerate(gpus)
        },
        "replica": replica,
    }


def make_usage(memory_gb: float, gpu_gb: float | None = None, *, gpus: int = 1, seconds: float = 600) -> Usage:
    gpu = None if gpu_gb is None else Peak(gpu_gb * GB)
    return Usage(seconds, Peak(memory_gb * GB), gpu, 0 if gpu is None else gpus, None if gpu is None else 50.0)


@given(st.lists(st.tuples(st.integers(1, 10**10), st.integers(0, 100), st.integers(0, 10**10)), min_size=1))
def test_no_peak_is_lost_and_the_mean_is_over_time(samples: list[tuple[int, int, int]]):
    metrics = MetricsBuffer(max_points=4)
    for second, (memory, pct, gpu) in enumerate(samples):
        metrics.append(float(second), make_sample(memory, (pct, gpu)))
    usage = metrics.usage()
    assert usage.seconds == len(samples)
    assert usage.memory == Peak(max(memory for memory, _, _ in samples), 16 * GB)
    assert usage.gpu_memory == Peak(max(gpu for _, _, gpu in samples), 24 * GB)
    assert usage.gpu_pct == pytest.approx(sum(pct for _, pct, _ in samples) / len(samples))


def test_time_that_nobody_saw_is_not_covered_and_a_rare_sample_stands_for_its_span():
    metrics = MetricsBuffer()
    for second in range(0, 100, 2):
        metrics.append(float(second), {**make_sample(1, (0, 0)), "span": 2})
    for second in range(500, 600):
        metrics.append(float(second), make_sample(1, (100, 2 * GB)))
    assert metrics.usage().seconds == pytest.approx(200, abs=2)
    assert metrics.usage().gpu_pct == pytest.approx(50, abs=1)


def test_gpus_of_one_machine_are_counted_that_did_anything():
    metrics = MetricsBuffer()
    for second, replica in enumerate("ab" * 5):
        metrics.append(float(second), make_sample(1, (90, 4 * GB), (0, GB / 2), (0, 8 * GB), replica=replica))
    usage = metrics.usage()
    assert usage.gpus_used == 2
    assert usage.gpu_memory == Peak(8 * GB, 24 * GB)
    assert usage.seconds == 10


def test_nothing_is_known_without_samples():
    assert MetricsBuffer().usage() == Usage()
    assert fitting(Usage(), None, HARDWARE) == []
    assert join([Usage(), Usage()]) == Usage()


@pytest.mark.parametrize(
    ("usage", "ran_on", "cheaper"),
    [
        (make_usage(3, 5), "a10g-small", ["t4-small", "l4x1"]),
        (make_usage(3, 14.5), "a10g-small", ["t4-small", "l4x1"]),
        # A tenth is left to spare.
        (make_usage(3, 14.6), "a10g-small", ["l4x1"]),
        (make_usage(20, 5), "a10g-large", ["l4x1"]),
        # Its own flavor costs as much, and what it used is more than others have.
        (make_usage(3, 22), "l4x1", []),
        # It used four GPUs: one that has as much memory is not the same.
        (make_usage(3, 5, gpus=4), "t4x4", []),
        (make_usage(3, 5), "t4x4", ["t4-small", "l4x1", "a10g-small", "a10g-large"]),
        # A GPU that nobody used is not needed.
        (replace(make_usage(3, 0.4, gpus=0), gpu_pct=0.0), "t4-small", ["cpu-basic", "cpu-upgrade"]),
        (make_usage(3), "cpu-upgrade", ["cpu-basic"]),
        (make_usage(15), "cpu-upgrade", []),
        # Accelerators that nobody measured are taken to have been needed.
        (make_usage(3), "a10g-large", ["l4x1", "a10g-small"]),
        (make_usage(3), "inf2x6", []),
        # Of most of its time nobody knows.
        (make_usage(3, 5, seconds=400), "a10g-small", []),
    ],
)
def test_cheaper_flavors_have_the_memory(usage: Usage, ran_on: str, cheaper: list[str]):
    found = right_size(usage, 600, FLAVORS[ran_on], HARDWARE)
    assert [item.flavor for item in found.cheaper] == cheaper
    assert bool(found.advice) is bool(cheaper)


def test_it_is_said_in_sentences():
    usage = Usage(600, Peak(3.5 * 2**30, 14 * 2**30), Peak(5 * 2**30, 20 * 2**30), 1, 12.4)
    size = right_size(usage, 600, FLAVORS["t4x4"], HARDWARE)
    used = "Peak memory 3.50 of 14.0 GB (25 %), peak GPU memory 5.00 of 20.0 GB (25 %), GPU 12 % on average (sampled)"
    cheaper = (
        "t4-small $0.40, l4x1 $0.80, a10g-small $1.00 and 1 more; t4x4 is $1.80 an hour. "
        "Memory only; speed is not known."
    )
    assert size.rows() == [("Used", used), ("Cheaper", cheaper)]
    assert str(size) == size.advice == f"{used}. Cheaper with memory for that: {cheaper}"


def test_what_was_seen_in_part_or_here_is_said_and_offers_nothing():
    partly = right_size(replace(make_usage(3, 5, seconds=100), gpus_used=0), 600, FLAVORS["a10g-small"], HARDWARE)
    assert str(partly) == "Peak memory 2.79 GB, GPU not used (sampled for 1:40 of 10:00)."
    here = right_size(make_usage(3), 600, None, HARDWARE)
    assert (str(here), here.rows()[1]) == ("Peak memory 2.79 GB (sampled).", ("Cheaper", ""))


def test_of_several_jobs_the_highest_peaks_count_and_time_weighs_the_mean():
    usage = join([make_usage(3, 5, seconds=100), replace(make_usage(9, 2), gpu_pct=10.0, seconds=300), Usage()])
    assert usage == Usage(400, Peak(9 * GB), Peak(5 * GB), 1, 20.0)
