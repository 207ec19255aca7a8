import pytest

from nestml_models.build import cache_directory
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
