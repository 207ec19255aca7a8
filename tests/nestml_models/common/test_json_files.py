"""Damaged JSON files raise ValueError, whatever the damage."""

import pytest

from nestml_models.common import read_json


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_utf_is_read(tmp_path, encoding):
    (tmp_path / "a.json").write_text('{"µ": [1]}', encoding=encoding)
    assert read_json(tmp_path / "a.json") == {"µ": [1]}


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"{", b"[" * 200_000, b'{"a": ' + b"9" * 5000 + b"}", bytes(100)]
)
def test_damage(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        read_json(tmp_path / "a.json")
