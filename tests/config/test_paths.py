from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wampedge.config.paths import (
    SOCKET_FILE,
    candidate_folders,
    local_nodes,
    prepare_folder,
    runtime_folder,
    state_file,
)
from wampedge.errors import ConfigError

OWN = f"wampedge-{os.geteuid()}"
Listen = Callable[[Path], Path]


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listen]:
    """Give a function that opens the socket of a node in a folder."""
    sockets: list[socket.socket] = []

    def start(folder: Path) -> Path:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        sockets.append(listener)
        monkeypatch.chdir(folder)  # the path of a socket is short
        listener.bind(SOCKET_FILE)
        return folder / SOCKET_FILE

    yield start
    for listener in sockets:
        listener.close()


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"WAMPEDGE_RUNTIME_DIR": "/a:b", "RUNTIME_DIRECTORY": "/c"}, "/a:b"),
        ({"RUNTIME_DIRECTORY": "/c:/d", "XDG_RUNTIME_DIR": "/e"}, "/c"),
    ],
)
def test_a_folder_the_environment_names_is_the_only_one(
    environ: dict[str, str], folder: str, tmp_path: Path
) -> None:
    assert runtime_folder(environ, root=tmp_path) == Path(folder)
    assert candidate_folders(environ, root=tmp_path) == [Path(folder)]


def test_a_relative_folder_is_refused() -> None:
    with pytest.raises(ConfigError, match="WAMPEDGE_RUNTIME_DIR must be an absolute path"):
        runtime_folder({"WAMPEDGE_RUNTIME_DIR": "run"})


def test_the_folder_of_the_system_is_used_where_it_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "run" / "wampedge").mkdir(parents=True)

    assert runtime_folder({"XDG_RUNTIME_DIR": "/e"}, root=tmp_path) == tmp_path / "run/wampedge"


def test_then_the_folder_of_the_user_session_then_one_in_tmp(tmp_path: Path) -> None:
    assert runtime_folder({"XDG_RUNTIME_DIR": "/e"}, root=tmp_path) == Path("/e/wampedge")
    assert runtime_folder({"XDG_RUNTIME_DIR": "e"}, root=tmp_path) == tmp_path / "tmp" / OWN
    assert runtime_folder({}, root=tmp_path) == tmp_path / "tmp" / OWN


def test_clients_find_the_sockets_there_are_in_that_order(tmp_path: Path, listen: Listen) -> None:
    session = tmp_path / "session"
    environ = {"XDG_RUNTIME_DIR": str(session)}
    temporary = listen(tmp_path / "tmp" / OWN)
    system = listen(tmp_path / "run" / "wampedge")

    assert local_nodes(environ, root=tmp_path) == [system, temporary]
    user = listen(session / "wampedge")
    assert local_nodes(environ, root=tmp_path) == [system, user, temporary]


def test_a_plain_file_is_no_node(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "wampedge"
    folder.mkdir(parents=True)
    (folder / SOCKET_FILE).touch()

    assert local_nodes({}, root=tmp_path) == []


def test_a_socket_that_others_may_have_put_in_tmp_is_no_node(
    tmp_path: Path, listen: Listen
) -> None:
    folder = tmp_path / "tmp" / OWN
    listen(folder)
    folder.chmod(0o755)

    assert local_nodes({}, root=tmp_path) == []


def test_a_folder_is_made_for_this_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "tmp" / OWN

    prepare_folder(folder, root=tmp_path)
    prepare_folder(folder, root=tmp_path)

    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="cannot be used: not a directory"):
        prepare_folder(tmp_path / "file" / "x")


def test_a_temporary_folder_open_to_others_or_linked_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "tmp" / OWN
    folder.mkdir(parents=True)
    folder.chmod(0o777)

    with pytest.raises(ConfigError, match="belongs to or is open to others"):
        prepare_folder(folder, root=tmp_path)

    folder.rmdir()
    (tmp_path / "mine").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "mine")
    with pytest.raises(ConfigError, match="belongs to or is open to others"):
        prepare_folder(folder, root=tmp_path)


@pytest.mark.parametrize(
    ("environ", "is_simulated", "file"),
    [
        ({"WAMPEDGE_STATE_DIR": "/a", "STATE_DIRECTORY": "/b"}, False, "/a/gh1.db"),
        ({"STATE_DIRECTORY": "/b:/c", "HOME": "/h"}, False, "/b/gh1.db"),
        ({"XDG_STATE_HOME": "/x", "HOME": "/h"}, True, "/x/wampedge/gh1.simulated.db"),
        ({"HOME": "/h"}, False, "/h/.local/state/wampedge/gh1.db"),
    ],
)
def test_what_outlives_the_node_has_a_file_for_each_node_and_kind_of_parts(
    environ: dict[str, str], is_simulated: bool, file: str, tmp_path: Path
) -> None:
    assert state_file("gh1", environ, is_simulated=is_simulated, root=tmp_path) == Path(file)


def test_without_any_place_there_is_no_file(tmp_path: Path) -> None:
    assert state_file("gh1", {}, is_simulated=False, root=tmp_path) is None


def test_a_state_folder_of_the_system_wins_over_that_of_the_user(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "lib" / "wampedge"
    folder.mkdir(parents=True)

    found = state_file("gh1", {"HOME": "/h"}, is_simulated=False, root=tmp_path)

    assert found == folder / "gh1.db"
