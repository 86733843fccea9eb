"""Which user is at the other end of a connection: what the system knows, not what the caller says.

A one-time link stands on the command line of the browser that opens it, where every user of the machine can read it.
So it only works for the user that runs the service. On Linux `/proc/net/tcp` names the owner of every socket; systems
without it never see a link on a command line, see `daemon.open_page`.
"""

from __future__ import annotations

import ipaddress
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from hfjobs_magic.local.processes import IS_LINUX

if TYPE_CHECKING:
    from collections.abc import Iterator

Address = tuple[str, int]
"""IP address and port."""

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""Linux's lists of sockets, see proc_net_tcp in the kernel's documentation."""

_LOCAL, _REMOTE, _USER, _INODE = 1, 2, 7, 9
"""Columns of the lists."""


def is_trusted(client: Address, server: Address) -> bool:
    """Return whether the socket of a client belongs to our own user or to root, from whom nothing can be hidden.

    Where the system does not tell, everybody is trusted; on Linux nobody is whose socket is not found.
    """
    return not IS_LINUX or find_user(client, server) in {os.geteuid(), 0}


def find_user(client: Address, server: Address) -> int | None:
    """Return the user id that owns the client's end of a connection to `server`; None if it is not found."""
    wanted = {(local, remote) for local, remote in zip(_spell(client), _spell(server), strict=True)}
    for table in _TABLES:
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            columns = line.split()
            # A socket that its owner has closed already has no inode, and would seem to be root's.
            if (columns[_LOCAL], columns[_REMOTE]) in wanted and columns[_INODE] != "0":
                return int(columns[_USER])
    return None


def _spell(address: Address) -> Iterator[str]:
    """Yield an address as the lists have it: as it is, and for IPv4 also as IPv6 sockets have it."""
    ip = ipaddress.ip_address(address[0])
    forms = [ip.packed]
    if ip.version == 4:
        forms.append(ipaddress.ip_address(f"::ffff:{ip}").packed)
    for packed in forms:
        words = struct.unpack(f"={len(packed) // 4}I", packed)
        yield "".join(f"{word:08X}" for word in words) + f":{address[1]:04X}"
