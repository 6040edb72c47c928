"""Files that change under a running process."""

from __future__ import annotations

from harness.riva.watched import Watched


def test_each_change_is_seen_once(tmp_path):
    """Written, replaced, removed and back: each is one change."""
    path = tmp_path / "token"
    path.write_text("a", encoding="utf-8")
    watched = Watched(path, None)
    assert not watched.changed()
    path.write_text("longer", encoding="utf-8")
    assert [watched.changed(), watched.changed()] == [True, False]
    (tmp_path / "new").write_text("newest", encoding="utf-8")
    (tmp_path / "new").replace(path)
    assert [watched.changed(), watched.changed()] == [True, False]
    path.unlink()
    assert [watched.changed(), watched.changed()] == [True, False]
    path.write_text("newest", encoding="utf-8")
    assert watched.changed()


def test_a_link_that_points_elsewhere_is_a_change(tmp_path):
    """Kubernetes rotates mounted secrets like this."""
    for name in ("one", "two"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    link = tmp_path / "link"
    link.symlink_to("one")
    watched = Watched(link)
    (tmp_path / "fresh").symlink_to("two")
    (tmp_path / "fresh").replace(link)
    assert watched.changed()


def test_nothing_to_watch_never_changes():
    """No paths, no change."""
    assert not Watched(None).changed()
