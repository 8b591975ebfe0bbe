"""The lock, the socket path and the facts of a running node."""

import json
from pathlib import Path

import pytest

from wampedge.errors import ConfigError
from wampedge.runtime.presence import NodeBusyError, Presence


def test_second_node_on_a_folder_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    first, second = Presence(tmp_path / "run"), Presence(tmp_path / "run")
    first.claim()
    first.announce({"name": "gh1", "pid": 4711})

    with pytest.raises(NodeBusyError, match=r"gh1, process 4711"):
        second.claim()

    first.release()


def test_second_node_is_refused_before_the_first_has_said_who_it_is(tmp_path: Path) -> None:
    first, second = Presence(tmp_path), Presence(tmp_path)
    first.claim()

    with pytest.raises(NodeBusyError, match=r"another node runs on .* \(stop it"):
        second.claim()

    first.release()


def test_released_folder_is_free_again(tmp_path: Path) -> None:
    first, second = Presence(tmp_path), Presence(tmp_path)
    first.claim()
    first.release()
    first.release()

    second.claim()

    second.release()


def test_folder_is_made_for_this_user_alone(tmp_path: Path) -> None:
    presence = Presence(tmp_path / "a" / "run")
    presence.claim()
    presence.release()

    assert presence.folder.stat().st_mode & 0o777 == 0o700


def test_facts_are_there_while_announced(tmp_path: Path) -> None:
    presence = Presence(tmp_path)

    presence.announce({"name": "gh1"})
    assert json.loads((tmp_path / "node.json").read_text()) == {"name": "gh1"}
    assert [path.name for path in tmp_path.iterdir()] == ["node.json"]

    presence.withdraw()
    presence.withdraw()
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")

    with pytest.raises(ConfigError, match=r"run.* cannot be used"):
        Presence(tmp_path / "run").claim()


def test_facts_that_cannot_be_written_are_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot write"):
        Presence(tmp_path / "missing").announce({})
