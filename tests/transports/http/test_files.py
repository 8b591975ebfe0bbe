"""Paths of files; what is served of a whole folder stands in ``tests/wire/test_web.py``."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.transports.http.files import OpenFile, WebFolder, content_type_of, path_parts

NAMES = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="/\\"), min_size=1, max_size=20
).filter(lambda name: not name.startswith("."))


@given(st.lists(NAMES, max_size=5))
def test_names_come_back_as_they_were(names: list[str]) -> None:
    assert path_parts("/" + "/".join(quote(name) for name in names)) == tuple(names)


@given(st.text(max_size=40), st.booleans())
def test_no_path_leads_anywhere_but_down(path: str, is_quoted: bool) -> None:
    parts = path_parts("/" + (quote(path, safe="") if is_quoted else path))

    for part in parts or ():
        assert part
        assert not part.startswith(".")
        assert not {"/", "\\", "\0"} & set(part)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.HTML", "text/html; charset=utf-8"),
        ("autobahn.min.js", "text/javascript; charset=utf-8"),
        ("logo.svg", "image/svg+xml"),
        ("html", "text/html; charset=utf-8"),
        ("README", "application/octet-stream"),
        ("a.exe", "application/octet-stream"),
    ],
)
def test_the_ending_tells_the_content_type(name: str, kind: str) -> None:
    assert content_type_of(name) == kind


def test_a_file_tells_when_it_was_changed(tmp_path: Path) -> None:
    """The sample date of RFC 9110 section 5.6.7."""
    (tmp_path / "a.txt").write_bytes(b"hello")
    os.utime(tmp_path / "a.txt", (0, 784_111_777))

    found = WebFolder(tmp_path).find("/a.txt")

    assert isinstance(found, OpenFile)
    assert found.modified == "Sun, 06 Nov 1994 08:49:37 GMT"
    assert found.etag == '"ae1b981bc490a00-5"'
    assert (found.read(3), found.read(9), found.read(9)) == (b"hel", b"lo", b"")
    found.close()
    found.close()
    assert found.read(1) == b""


def test_the_folder_may_be_a_link_that_moves(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(name)
    web = tmp_path / "web"
    texts = []
    for name in ("one", "two"):
        web.unlink(missing_ok=True)
        web.symlink_to(tmp_path / name)
        found = WebFolder(web).find("/")
        assert isinstance(found, OpenFile)
        texts.append(found.read(9))
        found.close()

    assert texts == [b"one", b"two"]


def test_a_folder_that_is_gone_has_no_files(tmp_path: Path) -> None:
    assert WebFolder(tmp_path / "gone").find("/") is None


def test_a_link_to_the_folder_itself_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "here").symlink_to(tmp_path)

    assert WebFolder(tmp_path).find("/here") == "folder"
