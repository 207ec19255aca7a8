import errno
import json
import os
import stat
import threading

import pytest

from nestml_models.common import read_json, whole_file, write_whole
from nestml_models.errors import FileError


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "folder" / "file"
    write_whole(path, b"one")
    write_whole(path, "zwei: \N{LATIN SMALL LETTER SHARP S}")
    assert path.read_text(encoding="utf-8") == "zwei: \N{LATIN SMALL LETTER SHARP S}"
    assert names(path.parent) == ["file"]


def test_names_of_files_that_are_no_text_are_escaped(tmp_path):
    name = os.fsdecode(b"\xe4.h5")  # as Latin-1 spells it
    write_whole(tmp_path / name, f'[{json.dumps(name)}, "{name}"]')
    (written,) = tmp_path.iterdir()
    assert read_json(written) == [name, name]


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(FileError, match="taken cannot be written"):
        write_whole(tmp_path / "taken", b"content")
    assert names(tmp_path) == ["taken"]


def test_a_folder_that_is_a_file_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="inner cannot be written"):
        write_whole(tmp_path / "file" / "inner", b"content")


def test_an_interrupted_writer_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    write_whole(path, b"before")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as temporary:
        temporary.write_bytes(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["file"]


def test_the_content_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_whole(path, b"old")
    synced = []
    fsync = os.fsync

    def spy(descriptor):
        status = os.fstat(descriptor)
        kind = "folder" if stat.S_ISDIR(status.st_mode) else f"{status.st_size} bytes"
        synced.append((kind, path.read_bytes()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    write_whole(path, b"newer")
    assert synced == [("5 bytes", b"old"), ("folder", b"newer")]
    write_whole(path, b"cache", lasting=False)
    assert len(synced) == 2


def fsync_fails(monkeypatch, number, of_folders):
    fsync = os.fsync

    def fails(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode) == of_folders:
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fails)


def test_a_disk_that_does_not_keep_the_content_is_an_error(tmp_path, monkeypatch):
    write_whole(tmp_path / "file", b"old")
    fsync_fails(monkeypatch, errno.EIO, of_folders=False)
    with pytest.raises(FileError, match="file cannot be written: Input/output error"):
        write_whole(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_file_systems_that_sync_no_folders_are_served(tmp_path, monkeypatch):
    fsync_fails(monkeypatch, errno.EINVAL, of_folders=True)
    write_whole(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_the_umask_decides_who_may_read(tmp_path, umask):
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~umask


def test_one_of_many_writers_wins_whole(tmp_path):
    path, contents = tmp_path / "file", [bytes([65 + k]) * 100_000 for k in range(8)]
    writers = [threading.Thread(target=write_whole, args=(path, each)) for each in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_bytes() in contents
    assert names(tmp_path) == ["file"]
