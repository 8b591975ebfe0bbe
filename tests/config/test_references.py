from __future__ import annotations

import os
import traceback
from pathlib import Path

import pytest

from tests.support.device_file import complaints, config_of, site
from wampedge.config.references import resolve_secret
from wampedge.devices.fields import FieldError

WAYS = 'write ${env:NAME}, ${file:/path}, ${credential:NAME} or ${node.name}; "$${" is a plain ${'
ROVER = 'wampedge = 1\n[node]\nname = "rover_${env:NO}"\nuri_prefix = "fleet.${node.name}"\n'


def test_environment_and_node_name_are_put_in() -> None:
    upstream = (
        '[router]\nrealm = "r_${node.name}"\n'
        '[upstream]\nurl = "ws://${env:HOST}:80/${node.name}"\nrealm = "${env:REALM}"\n'
        'auth = { method = "anonymous", id = "${node.name}" }\n'
    )

    config = config_of(site(upstream, head=ROVER), {"NO": "7", "HOST": "hub", "REALM": "fleet"})

    assert config.node.name == "rover_7"
    assert config.node.uri_prefix == "fleet.rover_7"
    assert config.router.realm == "r_rover_7"
    assert config.upstream is not None
    assert config.upstream.url == "ws://hub:80/rover_7"
    assert config.upstream.realm == "fleet"
    assert config.upstream.auth.id == "rover_7"


def test_references_work_in_lists_labels_and_buses_too() -> None:
    text = site(
        '[router]\nlisten = ["unix:", "unix:${env:RUN}/a.sock"]\n'
        '[buses.a]\ntype = "serial"\nport = "${env:GPS}"\n'
        '[buses.b]\ntype = "i2c"\nbus = "/dev/i2c-${env:NO}"\n',
        head='wampedge = 1\n[node]\nname = "a"\nlabels = { row = "${env:NO}" }\n',
    )

    config = config_of(text, {"RUN": "/run", "GPS": "/dev/ttyACM0", "NO": "3"})

    assert config.router.listen == ("unix:", "unix:/run/a.sock")
    assert dict(config.node.labels) == {"row": "3"}
    assert config.buses["a"].path == "/dev/ttyACM0"
    assert config.buses["b"].path == "/dev/i2c-3"


def test_every_unset_variable_is_told_at_its_place() -> None:
    text = site(
        '[router]\nlisten = ["unix:${env:A}", "unix:${env:B}"]\n'
        '[buses.a]\ntype = "serial"\nport = "${env:C}"\n'
    )

    assert complaints(text) == [
        "4:11 router.listen[0] needs the environment variable A, which is not set",
        "4:28 router.listen[1] needs the environment variable B, which is not set",
        "7:8 buses.a.port needs the environment variable C, which is not set",
    ]


def test_devices_and_templates_take_references_as_well(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("hunter2\n")
    token.chmod(0o600)
    text = site(
        '[buses.usb]\ntype = "serial"\nport = "/dev/x"\n'
        '[templates.level]\nchannels.level = { unit = "${env:UNIT}" }\n'
        "[devices.tank]\nextends = 'level'\ndriver = 'line'\nbus = 'usb'\n"
        "match = '^(?P<level>.*)$'\nlabels.x = 'a ${env:X}'\n"
        f"commands.login = {{ send = 'AUTH ${{file:{token}}} $${{x}}' }}\n"
    )

    device = config_of(text, {"X": "b", "UNIT": "mm"}).devices["tank"]

    assert device.labels == {"x": "a b"}
    assert device.channels["level"].unit == "mm"
    assert device.params["commands"]["login"]["send"] == "AUTH hunter2 ${x}"


def test_what_everybody_sees_is_made_of_no_secret(tmp_path: Path) -> None:
    assert complaints(site("[devices.a]\ndriver = 'led'\npin = 5\nlabels.x = '${file:/x}'\n")) == [
        "6:12 devices.a.labels.x is public, and ${file:...} stands for a secret (write ${env:NAME})"
    ]


def test_a_secret_is_in_no_message_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    (tmp_path / "bus").write_text("hunter2")
    text = site(
        "[devices.a]\ndriver = 'led'\npin = '${credential:bus}'\n"
        "[devices.b]\ndriver = 'relay'\npin = '${credential:bus}:0'\n"
    )

    found = complaints(text, {"CREDENTIALS_DIRECTORY": str(tmp_path)})

    assert len(found) == 2
    assert "hunter2" not in "".join(found)


def test_an_unset_variable_is_told_once_with_its_place() -> None:
    assert complaints(site(head=ROVER)) == [
        "3:8 node.name needs the environment variable NO, which is not set"
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("${NO}", f"has a reference that means nothing ({WAYS})"),
        ("${env:}", f"has a reference that means nothing ({WAYS})"),
        ("${file:/x}", "is public, and ${file:...} stands for a secret (write ${env:NAME})"),
        ("${env:NO", "has a ${ that is not closed (end it with })"),
        ("${node.name}", "cannot use ${node.name}: the node has no usable name"),
    ],
)
def test_other_references_are_refused(text: str, complaint: str) -> None:
    head = f'wampedge = 1\n[node]\nname = "{text}"\n'

    assert complaints(site(head=head), {"NO": "7"}) == [f"3:8 node.name {complaint}"]


def test_what_the_environment_holds_is_not_shown() -> None:
    found = complaints(site(head=ROVER), {"NO": "Hunter 2"})

    name, prefix = found
    assert name == "3:8 node.name must be a name of a-z, 0-9 and _ once ${...} is replaced"
    assert prefix.endswith("must be names of a-z, 0-9 and _ joined by dots once ${...} is replaced")


def test_a_reference_where_there_is_no_text_is_told_without_its_value() -> None:
    assert complaints(site('upstream = "${env:X}"\n'), {"X": "hunter2"}) == [
        "3:12 upstream must be a table once ${...} is replaced"
    ]


def refusal(reference: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(FieldError) as caught:
        resolve_secret(reference, environ or {})
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def test_a_secret_comes_from_the_environment() -> None:
    assert resolve_secret("${env:TICKET}", {"TICKET": "hunter2"}).reveal() == "hunter2"


def test_a_secret_comes_from_a_private_file_without_its_line_feed(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"hunter2\r\n")
    file.chmod(0o600)

    assert resolve_secret(f"${{file:{file}}}", {}).reveal() == "hunter2"


def test_a_secret_comes_from_a_systemd_credential(tmp_path: Path) -> None:
    (tmp_path / "ticket").write_text("hunter2")

    secret = resolve_secret("${credential:ticket}", {"CREDENTIALS_DIRECTORY": str(tmp_path)})

    assert secret.reveal() == "hunter2"


def test_a_variable_that_is_not_set_or_empty_is_refused() -> None:
    assert refusal("${env:TICKET}") == "needs the environment variable TICKET, which is not set"
    assert refusal("${env:TICKET}", {"TICKET": ""}) == (
        "needs environment variable TICKET, which is empty"
    )


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("hunter2")
    file.chmod(0o644)

    assert refusal(f"${{file:{file}}}") == (
        f"needs {file}, which others may read or write (mode 0644) (chmod 600 {file})"
    )


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)

    assert refusal(f"${{file:{tmp_path}/none}}").endswith(
        "which cannot be read: no such file or directory"
    )
    assert refusal(f"${{file:{tmp_path}}}").endswith("which is not a regular file")
    assert refusal(f"${{file:{tmp_path}/pipe}}").endswith("which is not a regular file")
    assert "which cannot be read: " in refusal("${file:/a\0b}")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "which is empty"),
        (b"\xff", "which is not UTF-8 text"),
        (b"hunter2\nhunter2\n", "which holds more than one line or control characters"),
        (b"x" * 5000, "which is too large (4096 bytes are taken)"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, raw: bytes, reason: str) -> None:
    file = tmp_path / "key"
    file.write_bytes(raw)
    file.chmod(0o600)

    assert refusal(f"${{file:{file}}}").endswith(reason)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("hunter2")
    file.chmod(0o600)
    os.chown(file, 12345, 12345)

    assert refusal(f"${{file:{file}}}").endswith("which belongs to another user")


def test_a_credential_needs_systemd_and_a_name(tmp_path: Path) -> None:
    assert refusal("${credential:ticket}") == (
        "needs the systemd credential ticket, and systemd has handed over none"
        " (add LoadCredential=ticket:/path to the unit)"
    )
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert refusal("${credential:..}", environ) == "must name a credential"
    assert refusal("${credential:ticket}", environ).endswith("no such file or directory")
