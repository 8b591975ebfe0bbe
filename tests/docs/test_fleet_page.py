"""The page about fleets: its commands run on its device file."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.docs.test_examples import ROOT, fenced
from wampedge.cli import main
from wampedge.simulation.fleet.faults import CHAOS

PAGE = ROOT / "docs/how-to/simulate-a-fleet.md"


def test_commands_of_the_page_run_and_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("devices.toml").write_text(fenced(PAGE, "toml")[0], encoding="utf-8")
    digests = []
    for line in "".join(fenced(PAGE, "sh")).splitlines():
        assert main(shlex.split(line)[1:]) == 0
        digests.append(re.findall("digest ([0-9a-f]{8})", capsys.readouterr().out))

    assert len(digests) == 2
    assert len(digests[0]) == 1
    assert digests[0] == digests[1]


def test_page_names_every_kind_of_chaos() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert [kind for kind in CHAOS if f"| `{kind}` |" not in text] == []
