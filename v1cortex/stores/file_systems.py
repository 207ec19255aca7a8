"""The file system of a folder, and whether other machines share it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import psutil

__all__ = ["Mount", "file_system_of", "is_network"]

NETWORK = frozenset(
    {
        "9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "fhgfs", "glusterfs",
        "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "orangefs", "panfs", "pvfs2",
        "smb2", "smb3", "smbfs", "virtiofs", "vboxsf", "webdav", "wekafs",
    }
)  # fmt: skip
"""Types of file systems shared by several machines."""

LOCAL_FUSE = frozenset(
    {"fuseblk", "fuse.ntfs-3g", "fuse.exfat", "fuse.fuse-overlayfs", "fuse.gocryptfs", "fuse.encfs"}
)
"""User-space types that are local; others, such as fuse.sshfs, mostly are not (*choice*)."""


class Mount(Protocol):
    """A line of the mount table, as returned by psutil."""

    @property
    def mountpoint(self) -> str:
        """Where it is mounted."""

    @property
    def fstype(self) -> str:
        """Its type."""


def file_system_of(path: Path, mounts: Iterable[Mount] | None = None) -> str:
    """Return the type of a path's file system, such as ``ext4`` or ``nfs4``.

    Parameters
    ----------
    path
        A file or folder, which need not exist.
    mounts
        The mount table; None reads the machine's.

    Returns
    -------
    str
        Empty if it is not in the table.
    """
    table = psutil.disk_partitions(all=True) if mounts is None else mounts
    place, found, depth = path.resolve(), "", -1
    for mount in table:
        point = Path(mount.mountpoint)
        # Of two mounts at the same place, the later one hides the earlier (as with autofs).
        if place.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = mount.fstype, len(point.parts)
    return found


def is_network(fstype: str) -> bool:
    """Return whether a type of file system is shared by several machines."""
    kind = fstype.lower()
    return kind in NETWORK or (kind.startswith("fuse") and kind not in LOCAL_FUSE)
