"""The keys ``web`` and ``origins`` of ``[router]``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.device_file import complaints, config_of, site
from wampedge.config import check
from wampedge.config.model import RouterConfig


def router_of(text: str, folder: Path) -> RouterConfig:
    config, problems = check(site(text), str(folder / "devices.toml"), {})
    assert problems == []
    assert config is not None
    return config.router


def texts_of(text: str, folder: Path) -> list[str]:
    return [problem.text for problem in check(site(text), str(folder / "devices.toml"), {})[1]]


def test_no_pages_are_served_unless_the_file_says_so() -> None:
    assert config_of(site("")).router.web is None
    assert config_of(site("")).router.origins == ()


def test_the_web_folder_is_beside_the_device_file(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()

    assert router_of('[router]\nweb = "pages"\n', tmp_path).web == tmp_path / "pages"


def test_a_web_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")

    found = [texts_of(f'[router]\nweb = "{name}"\n', tmp_path) for name in ("file", "pipe", "no")]

    assert found == [
        [f"router.web names {tmp_path}/file, which is no folder"],
        [f"router.web names {tmp_path}/pipe, which is no folder"],
        [f"router.web names {tmp_path}/no, which cannot be read: no such file or directory"],
    ]


def test_a_web_folder_whose_name_no_system_takes_is_told(tmp_path: Path) -> None:
    (text,) = texts_of('[router]\nweb = "a\\u0000b"\n', tmp_path)

    assert "which cannot be read: " in text


def test_a_web_folder_with_the_device_file_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "devices.toml").touch()

    (text,) = texts_of('[router]\nweb = "."\n', tmp_path)

    assert text == f"router.web names {tmp_path}, which holds this device file: all could read it"


def test_pages_of_other_servers_may_be_listed() -> None:
    origins = config_of(site('[router]\norigins = ["https://panel.example"]\n')).router.origins

    assert origins == ("https://panel.example",)


@pytest.mark.parametrize("origin", ["panel.example", "https://panel.example/", "*", "null", ""])
def test_what_no_browser_sends_as_an_origin_is_told(origin: str) -> None:
    (complaint,) = complaints(site(f'[router]\norigins = ["{origin}"]\n'))

    assert 'must be an origin such as "https://panel.example"' in complaint
