"""Which files are read: secrets that nobody else sees, code that nobody else writes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wampedge.config.guarded_files import read_code_file, read_small_file
from wampedge.devices.fields import FieldError


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder with the file ``own/deep/code.py``, which is ours alone."""
    (tmp_path / "own").mkdir(mode=0o755)
    (tmp_path / "own" / "deep").mkdir(mode=0o755)
    (tmp_path / "own" / "deep" / "code.py").write_bytes(b"x = 1\n")
    (tmp_path / "own" / "deep" / "code.py").chmod(0o644)
    return tmp_path.resolve()


def code(base: Path, name: str = "own/deep/code.py", *, max_bytes: int = 6) -> bytes:
    return read_code_file(base, base / name, max_bytes=max_bytes)


def refusal(base: Path, name: str = "own/deep/code.py", *, max_bytes: int = 6) -> str:
    with pytest.raises(FieldError) as caught:
        code(base, name, max_bytes=max_bytes)
    return f"{caught.value.text} ({caught.value.hint})"


def test_a_private_file_is_read_up_to_its_last_byte(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"123456")
    file.chmod(0o600)

    assert read_small_file(file, must_be_private=True, max_bytes=6) == b"123456"
    with pytest.raises(FieldError, match=r"too large \(5 bytes are taken\)"):
        read_small_file(file, must_be_private=True, max_bytes=5)


def test_a_file_others_may_read_is_not_private(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"1")
    file.chmod(0o640)

    assert read_small_file(file, must_be_private=False, max_bytes=5) == b"1"
    with pytest.raises(FieldError, match=r"others may read or write \(mode 0640\)"):
        read_small_file(file, must_be_private=True, max_bytes=5)


def test_a_fifo_is_no_file_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "secret", 0o600)

    with pytest.raises(FieldError, match="not a regular file"):
        read_small_file(tmp_path / "secret", must_be_private=True, max_bytes=5)


def test_code_that_only_we_can_change_is_read(base: Path) -> None:
    assert code(base) == b"x = 1\n"
    assert "code.py, which is too large (5 bytes are taken)" in refusal(base, max_bytes=5)


@pytest.mark.parametrize("place", ["own/deep/code.py", "own/deep", "own", "."])
@pytest.mark.parametrize("mode", [0o020, 0o002])
def test_code_is_refused_where_others_may_write_it_or_a_folder_around(
    base: Path, place: str, mode: int
) -> None:
    (base / place).chmod((base / place).stat().st_mode | mode)

    assert f"others may write {base / place} (run: chmod go-w {base / place})" in refusal(base)


def test_a_folder_where_others_cannot_exchange_files_will_do(base: Path) -> None:
    (base / "own").chmod(0o1777)

    assert code(base) == b"x = 1\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("place", ["own/deep/code.py", "own/deep", "own", "."])
def test_code_is_refused_where_it_or_a_folder_around_is_another_users(
    base: Path, place: str
) -> None:
    os.chown(base / place, 12345, -1)

    assert f"{base / place} belongs to another user (its owner must be root" in refusal(base)


def test_a_link_put_in_place_of_a_folder_or_file_is_not_followed(base: Path) -> None:
    (base / "link.py").symlink_to(base / "own" / "deep" / "code.py")
    (base / "link").symlink_to(base / "own")

    assert "link.py, which cannot be read: " in refusal(base, "link.py")
    assert f"and {base / 'link'} cannot be read: " in refusal(base, "link/deep/code.py")


def test_a_fifo_is_no_code_and_nobody_waits_for_it(base: Path) -> None:
    os.mkfifo(base / "code.py", 0o644)

    assert "code.py, which is not a regular file" in refusal(base, "code.py")


def test_what_is_not_there_or_a_folder_is_told(base: Path) -> None:
    assert "none.py, which cannot be read: no such file" in refusal(base, "own/none.py")
    assert "own, which is not a regular file" in refusal(base, "own")


def test_no_descriptor_is_left_open(base: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    code(base)
    refusal(base, "own/none.py")
    refusal(base, max_bytes=1)

    assert len(list(Path("/proc/self/fd").iterdir())) == before
