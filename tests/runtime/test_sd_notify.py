"""Messages to the service manager, over a real socket."""

import os
import socket
from pathlib import Path

from wampedge.runtime.sd_notify import notify, watchdog_period_s


def test_assignments_arrive_as_one_datagram(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        notify("READY=1", "STATUS=ok", environ={"NOTIFY_SOCKET": str(tmp_path / "notify")})

        assert manager.recv(1024) == b"READY=1\nSTATUS=ok"


def test_abstract_socket_of_the_manager_is_found() -> None:
    name = f"\0wampedge-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(name)
        notify("STOPPING=1", environ={"NOTIFY_SOCKET": "@" + name[1:]})

        assert manager.recv(1024) == b"STOPPING=1"


def test_missing_manager_is_no_failure(tmp_path: Path) -> None:
    notify("READY=1", environ={})
    notify("READY=1", environ={"NOTIFY_SOCKET": str(tmp_path / "nobody")})


def test_watchdog_is_fed_twice_in_its_limit() -> None:
    assert watchdog_period_s({"WATCHDOG_USEC": "30000000"}) == 15.0
    assert watchdog_period_s({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}) == 15


def test_no_watchdog_without_a_limit_or_for_another_process() -> None:
    assert watchdog_period_s({}) is None
    assert watchdog_period_s({"WATCHDOG_USEC": "0"}) is None
    assert watchdog_period_s({"WATCHDOG_USEC": "soon"}) is None
    assert watchdog_period_s({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}) is None
