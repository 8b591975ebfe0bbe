"""What a machine knows of its clock, from the files and bits that tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from wampedge.runtime.time_service import is_clock_set, kernel_clock_status

EARLIEST_S = 1_700_000_000.0


def told(root: Path, status: int | None = None) -> bool | None:
    """Return the answer of the machine below *root*."""
    return is_clock_set(EARLIEST_S, root=root, kernel_status=lambda: status)


def battery_clock(root: Path, since_epoch: str, *, hctosys: str = "1") -> None:
    """Give the machine a clock of its own."""
    folder = root / "sys/class/rtc/rtc0"
    folder.mkdir(parents=True)
    folder.joinpath("hctosys").write_text(f"{hctosys}\n")
    folder.joinpath("since_epoch").write_text(f"{since_epoch}\n")


def test_nobody_can_tell_without_a_time_service(tmp_path: Path) -> None:
    assert told(tmp_path, status=0x40) is None


def test_timesyncd_tells_by_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "run/systemd/timesync"
    folder.mkdir(parents=True)
    assert told(tmp_path, status=0) is False

    folder.joinpath("synchronized").touch()

    assert told(tmp_path) is True


@pytest.mark.parametrize("place", ["run/chrony", "run/ntpd.pid"])
@pytest.mark.parametrize(("status", "answer"), [(0x40, False), (0x2001, True), (None, None)])
def test_of_other_services_the_kernel_knows(
    place: str, status: int | None, answer: bool | None, tmp_path: Path
) -> None:
    (tmp_path / place).mkdir(parents=True)

    assert told(tmp_path, status) is answer


@pytest.mark.parametrize(
    ("since_epoch", "hctosys", "answer"),
    [
        ("1800000000", "1", True),
        ("1800000000", "0", False),
        ("12", "1", False),
        ("later", "1", False),
    ],
)
def test_a_clock_with_a_battery_counts_until_the_battery_is_empty(
    since_epoch: str, hctosys: str, answer: bool, tmp_path: Path
) -> None:
    (tmp_path / "run/systemd/timesync").mkdir(parents=True)
    battery_clock(tmp_path, since_epoch, hctosys=hctosys)

    assert told(tmp_path) is answer


def test_the_kernel_gives_its_status_bits() -> None:
    status = kernel_clock_status()

    assert status is None or 0 <= status < 0x10000
