"""Which file systems count as shared, with mount tables from real machines."""

from collections import namedtuple
from pathlib import Path

import pytest

from v1cortex.stores import file_system_of, is_network

Mount = namedtuple("Mount", "mountpoint fstype")

CLUSTER = [
    Mount("/", "ext4"),
    Mount("/proc", "proc"),
    Mount("/home", "autofs"),
    Mount("/home", "nfs4"),
    Mount("/home/local disk", "xfs"),
    Mount("/scratch", "lustre"),
    Mount("/mnt/remote", "fuse.sshfs"),
    Mount("/mnt/stick", "fuseblk"),
    Mount("/gpfs/project", "gpfs"),
    Mount("/dev/shm", "tmpfs"),
]


@pytest.mark.parametrize(
    ("path", "fstype", "shared"),
    [
        ("/var/run7", "ext4", False),
        ("/home/me/run", "nfs4", True),
        ("/home/local disk/run", "xfs", False),
        ("/homes/run", "ext4", False),
        ("/scratch", "lustre", True),
        ("/mnt/remote/run", "fuse.sshfs", True),
        ("/mnt/stick/run", "fuseblk", False),
        ("/gpfs/run", "ext4", False),
        ("/gpfs/project/me/run", "gpfs", True),
        ("/dev/shm/run", "tmpfs", False),
    ],
)
def test_the_innermost_mount_counts(path, fstype, shared):
    assert file_system_of(Path(path), CLUSTER) == fstype
    assert is_network(fstype) == shared


def test_links_are_followed(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    table = [Mount("/", "ext4"), Mount(str(real), "nfs")]
    assert file_system_of(link / "run", table) == "nfs"


def test_the_own_table_is_read(tmp_path):
    assert file_system_of(Path("/proc/self")) == "proc"
    assert file_system_of(tmp_path)
    assert file_system_of(tmp_path, []) == ""
    assert not is_network("")
