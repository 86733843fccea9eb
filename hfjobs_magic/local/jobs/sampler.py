"""What a job uses: samples of its whole process tree in the format of the Hub's metrics."""

from __future__ import annotations

import contextlib
import hashlib
import time
from typing import Any

import psutil


class Sampler:
    """Turns counters into rates; one instance per listener."""

    def __init__(self, replica: str) -> None:
        self._replica = replica
        self._at = time.monotonic()
        # CPU seconds of each process at the last sample.
        self._cpu: dict[tuple[int, float], float] = {}
        self._net = _network()
        self._gpus = _Gpus()

    def sample(self, root: int) -> dict[str, Any]:
        """Return a sample of the process tree below `root`, without `root` itself, which is our supervisor."""
        now = time.monotonic()
        elapsed = max(now - self._at, 1e-3)
        used, memory, cpu, pids = 0.0, 0, {}, []
        for process in _tree(root):
            with contextlib.suppress(psutil.Error), process.oneshot():
                times = process.cpu_times()
                key = (process.pid, process.create_time())
                cpu[key] = times.user + times.system
                # A process that is new since the last sample counts from its start.
                used += cpu[key] - self._cpu.get(key, 0.0 if self._cpu else cpu[key])
                memory += process.memory_info().rss
                pids.append(process.pid)
        received, sent = _network()
        cores = psutil.cpu_count() or 1
        sample = {
            "cpu_usage_pct": round(min(100.0, 100 * max(0.0, used) / elapsed / cores), 1),
            "cpu_millicores": cores * 1000,
            "memory_used_bytes": memory,
            "memory_total_bytes": psutil.virtual_memory().total,
            # The whole machine's: the system does not count bytes per process.
            "rx_bps": max(0, int((received - self._net[0]) / elapsed)),
            "tx_bps": max(0, int((sent - self._net[1]) / elapsed)),
            "gpus": self._gpus.sample(),
            "replica": self._replica,
        }
        self._at, self._cpu, self._net = now, cpu, (received, sent)
        return sample


def _tree(root: int) -> list[psutil.Process]:
    try:
        return psutil.Process(root).children(recursive=True)
    except psutil.Error:
        return []


def _network() -> tuple[int, int]:
    counters = psutil.net_io_counters()
    return (0, 0) if counters is None else (counters.bytes_recv, counters.bytes_sent)


class _Gpus:
    """NVIDIA's counters; empty without such a GPU, its driver or the library."""

    def __init__(self) -> None:
        self._handles: dict[str, Any] = {}
        self._nvml: Any = None
        with contextlib.suppress(Exception):
            import pynvml  # noqa: PLC0415 - optional

            pynvml.nvmlInit()
            self._nvml = pynvml
            for index in range(pynvml.nvmlDeviceGetCount()):
                handle = pynvml.nvmlDeviceGetHandleByIndex(index)
                uuid = pynvml.nvmlDeviceGetUUID(handle)
                raw = uuid if isinstance(uuid, bytes) else str(uuid).encode()
                self._handles[hashlib.sha256(raw).hexdigest()[:8]] = handle

    def sample(self) -> dict[str, dict[str, int]]:
        found = {}
        for key, handle in self._handles.items():
            with contextlib.suppress(self._nvml.NVMLError):
                memory = self._nvml.nvmlDeviceGetMemoryInfo(handle)
                try:
                    utilization = int(self._nvml.nvmlDeviceGetUtilizationRates(handle).gpu)
                except self._nvml.NVMLError:
                    utilization = 0  # not available on a slice of a GPU
                found[key] = {
                    "utilization": utilization,
                    "memory_used_bytes": int(memory.used),
                    "memory_total_bytes": int(memory.total),
                }
        return found
