"""Whether anybody still writes to a file: the kernel's answer where it has one, else a guess from its age."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time

SETTLE = 1.0
"""Seconds without a change after which a file counts as closed, where the system cannot say."""


def is_open_for_writing(descriptor: int) -> bool:
    """Return whether any process has the file open for writing, or mapped into its memory.

    Linux grants a read lease only on a file that nobody has open for writing, and so answers for every process at once,
    in a sandbox or not. The lease is returned immediately: a writer that comes in between waits for microseconds. macOS
    and network file systems have no leases; there, a file that has not changed for `SETTLE` seconds counts as closed.

    Parameters
    ----------
    descriptor
        The file, open for reading.
    """
    if hasattr(fcntl, "F_SETLEASE"):
        try:
            # A writer that comes in between is announced to us by a signal. SIGIO, the default, would end the process.
            fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as error:
            if error.errno == errno.EAGAIN:
                return True
        else:
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            return False
    return time.time() - os.fstat(descriptor).st_ctime < SETTLE
