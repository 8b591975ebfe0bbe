"""What the documents show works: device files, links, and the tour of the README."""

from __future__ import annotations

import re
import shlex
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import wampedge
from tests.support.certificates import Authority
from tests.support.node_process import NodeProcess
from tests.transports.test_tls import shaken
from wampedge.config import check, render
from wampedge.transports.tls import client_context, server_context
from wampedge.transports.tls_files import ClientTls, ServerTlsFiles
from wampedge.wamp.scram import ScramSecret
from wampedge.wamp.scram_kdf import Kdf

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for path in sorted(ROOT.rglob("*.md"))
    if not {".venv", "node_modules", ".git"} & set(path.relative_to(ROOT).parts)
]


def fenced(path: Path, language: str) -> list[str]:
    """Return the fenced blocks of *language* in the page at *path*."""
    text = path.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def device_files() -> Iterator[tuple[str, str]]:
    for path in PAGES:
        for number, text in enumerate(fenced(path, "toml")):
            if "wampedge = 1" in text:
                yield f"{path.relative_to(ROOT)}#{number}", text


@pytest.mark.parametrize(("place", "text"), list(device_files()))
def test_device_file_in_a_page_is_good(place: str, text: str, tmp_path: Path) -> None:
    stored = ScramSecret.of("s3cret", Kdf("pbkdf2", bytes(16), 4096)).to_text()
    for name, secret in (("ticket", "s3cret"), ("stored", stored)):
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o600)
        text = text.replace(f"/etc/wampedge/{name}", str(tmp_path / name))
    if "/etc/wampedge/gh1.pem" in text:
        Authority(tmp_path).issue("gh1.local", file="gh1")
        text = re.sub(r"/etc/wampedge/((?:gh1|ca)\.\w+)", rf"{tmp_path}/\1", text)

    _, problems = check(text, place, {})

    assert not problems, render(problems, text)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_certificates_of_the_how_to_can_be_used(tmp_path: Path) -> None:
    commands = "\n".join(fenced(ROOT / "docs/how-to/encrypt.md", "sh"))

    subprocess.run(
        ["sh", "-ec", commands], cwd=tmp_path, check=True, capture_output=True, timeout=60
    )

    key = tmp_path / "gh1.key"
    server = server_context(ServerTlsFiles(certificate=tmp_path / "gh1.pem", key=key))
    client = client_context(ClientTls(ca_file=tmp_path / "ca.pem"))
    client.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python does from 3.13 on
    _, theirs = shaken(server, client)
    assert theirs.version() == "TLSv1.3"
    assert key.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)

    missing = [to for to in targets if "://" not in to and not (path.parent / to).exists()]

    assert missing == []


@pytest.fixture(scope="module")
def greenhouse() -> Iterator[NodeProcess]:
    """The example file, served as the first command of the README does."""
    with NodeProcess(ROOT / "devices.toml") as node:
        yield node


def tour() -> list[str]:
    """Return the commands of the README's tour that end by themselves."""
    blocks = "".join(fenced(ROOT / "README.md", "sh")).splitlines()
    prefix = ".venv/bin/wampedge "
    return [line.removeprefix(prefix) for line in blocks if line.startswith(prefix)]


@pytest.mark.parametrize("line", [one for one in tour() if not one.startswith("subscribe")])
def test_command_of_the_tour_works(line: str, greenhouse: NodeProcess) -> None:
    arguments = shlex.split(line)
    if arguments[0] == "check":
        arguments[1] = str(ROOT / arguments[1])

    done = wampedge(*arguments, environ=greenhouse.client_environment)

    assert (done.returncode, done.stderr) == (0, "")


def test_tour_subscribes_to_a_topic_that_exists(greenhouse: NodeProcess) -> None:
    (line,) = [one for one in tour() if one.startswith("subscribe")]
    topic = shlex.split(line)[1]

    done = wampedge("call", f"{topic}.get", environ=greenhouse.client_environment)

    assert done.returncode == 0


def test_python_of_the_readme_works(greenhouse: NodeProcess) -> None:
    (program,) = fenced(ROOT / "README.md", "python")
    program = program.replace("ws://127.0.0.1:8080/ws", greenhouse.url("ws"))
    # The tour may have made the sensor fail; a reader of the README waits, a test need not.
    for line in ("edge.gh1.sim.clear air", "edge.gh1.air.temperature.get -k fresh=true"):
        arguments = ["call", *line.split()]
        assert wampedge(*arguments, environ=greenhouse.client_environment).returncode == 0

    done = wampedge_python(program)

    assert re.fullmatch(r"-?\d+\.\d+ °C\n", done)


def wampedge_python(program: str) -> str:
    """Run *program* with this interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout
