import pytest

from nestml_models.build.cache import cache_directory, write_atomically
from nestml_models.errors import CacheError


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("V1CORTEX_CACHE", str(tmp_path / "new" / "cache"))
    assert cache_directory() == tmp_path / "new" / "cache"
    assert cache_directory().is_dir()


def test_an_unusable_folder_is_named_with_the_way_out(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("V1CORTEX_CACHE", str(tmp_path / "file"))
    with pytest.raises(CacheError, match=r"file cannot be written.*Set V1CORTEX_CACHE"):
        cache_directory()


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "folder" / "file"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [each.name for each in path.parent.iterdir()] == ["file"]


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(CacheError, match="taken cannot be written"):
        write_atomically(tmp_path / "taken", b"content")
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]
