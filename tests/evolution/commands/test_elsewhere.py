"""The error of a folder that must not be written to names the option that writes elsewhere."""

import errno
from pathlib import Path

import pytest

from evolution.commands.elsewhere import or_elsewhere
from nestml_models.common import write_whole
from v1cortex.errors import FileError


def refuse(number):
    try:
        raise OSError(number, "refused")
    except OSError as error:
        raise FileError("run/report.html cannot be written: refused") from error


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_the_way_out_is_named(number):
    with pytest.raises(FileError, match=r"cannot be written: refused.*--out$"), or_elsewhere(None):
        refuse(number)


@pytest.mark.parametrize(
    ("chosen", "number"), [(Path("page.html"), errno.EROFS), (None, errno.ENOSPC)]
)
def test_it_is_not_where_it_would_not_help(chosen, number):
    with pytest.raises(FileError, match=r"refused$"), or_elsewhere(chosen):
        refuse(number)


def test_files_that_can_be_written_are(tmp_path):
    with or_elsewhere(None):
        write_whole(tmp_path / "page.html", "text")
    assert (tmp_path / "page.html").read_text() == "text"
