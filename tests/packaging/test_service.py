"""The unit under a real systemd: a small Debian in a container, with the wheel under /opt.

Needs root, mmdebstrap and systemd-nspawn, and takes two minutes the first time (the Debian stays
in the cache folder). Without hardware the node in it runs on the simulator; everything else, the
sandbox included, is as on a board.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.peers import cache_folder

pytestmark = [pytest.mark.kernel, pytest.mark.slow, pytest.mark.systemd]

ROOT = Path(__file__).parents[2]
RELEASE = "bookworm"
PACKAGES = "systemd,systemd-sysv,dbus,python3,python3-venv,udev"
BOOT_TIMEOUT_S = 240.0

PROBE = """\
[Unit]
After=wampedge.service
[Service]
Type=oneshot
ExecStart=/bin/sh /probe.sh
[Install]
WantedBy=multi-user.target
"""

# Prints one fact a line; what it waits for is systemd's own doing, at systemd's own pace.
SCRIPT = r"""
exec >/probe.out 2>/probe.err
show() { systemctl show -p "$1" --value wampedge; }
call() { /opt/wampedge/bin/wampedge call "$@"; }
fact() { echo "$1=$2"; }
for i in $(seq 120); do [ "$(show ActiveState)" = activating ] || break; sleep 0.5; done
fact started "$(show ActiveState)"
fact call "$(call edge.gh1.drip.on)"
fact capabilities "$(grep CapEff /proc/$(show MainPID)/status | cut -f2)"
fact owner "$(stat -c %U:%a /run/wampedge/node.sock)"
sed -i 's/name = "gh1"/name = "gh1" # again/' /etc/wampedge/devices.toml
systemctl reload wampedge; fact reload $?
kill -STOP "$(show MainPID)"
for i in $(seq 100); do [ "$(show NRestarts)" = 1 ] && break; sleep 0.5; done
for i in $(seq 60); do [ "$(show ActiveState)" = active ] && break; sleep 0.5; done
fact watchdog "$(show NRestarts) $(show ActiveState)"
systemctl stop wampedge; fact stop "$(show Result) $(show ExecMainStatus)"
echo nonsense >/etc/wampedge/devices.toml
systemctl start wampedge; sleep 7
fact broken "$(show ExecMainStatus) $(show NRestarts) $(show ActiveState)"
systemctl poweroff --no-block
"""


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}"


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Debian of its own for this run, with wampedge installed as systemd/README.md says."""
    missing = [tool for tool in ("mmdebstrap", "systemd-nspawn") if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"needs root and {' and '.join(missing) or 'its tools'}")
    pristine = cache_folder() / f"debian-{RELEASE}"
    if not pristine.exists():
        fresh = pristine.with_name(f"{pristine.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        _run("mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", RELEASE, fresh)
        fresh.rename(pristine)
    root = tmp_path_factory.mktemp("debian") / "root"
    _run("cp", "-a", pristine, root)
    (root / "wheels").mkdir()
    # For the Python of the container, not for the one that runs this test.
    _run(
        sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", root / "wheels", ROOT
    )  # fmt: skip
    _run(
        sys.executable, "-m", "pip", "download", "-q", "-d", root / "wheels",
        "--python-version", "3.11", "--only-binary", ":all:", *(root / "wheels").glob("*.whl"),
    )  # fmt: skip
    _run("chroot", root, "sh", "-ec", _installation())
    (root / "probe.sh").write_text(SCRIPT)
    (root / "etc/systemd/system/probe.service").write_text(PROBE)
    _run("chroot", root, "systemctl", "enable", "probe.service")
    return root


def _installation() -> str:
    """Take the commands of the README; the package comes from a folder, and nothing runs yet."""
    readme = (ROOT / "systemd" / "README.md").read_text()
    commands = readme.partition("```sh\n")[2].partition("```")[0]
    commands = commands.replace(
        "pip install wampedge", "pip install --no-index -f /wheels wampedge"
    )
    commands = commands.replace("systemctl enable --now", "systemctl enable")
    return "\n".join(
        line for line in commands.splitlines() if not line.startswith(("udevadm", "systemctl daem"))
    )


def test_the_service_lives_as_its_unit_says(debian: Path) -> None:
    subprocess.run(
        ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network",
         "-D", str(debian), "--boot"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        timeout=BOOT_TIMEOUT_S, check=False,
    )  # fmt: skip

    facts = dict(
        line.split("=", 1)
        for line in (debian / "probe.out").read_text().splitlines()
        if "=" in line
    )
    assert facts == {
        "started": "active",
        "call": "true",
        "capabilities": "0000000000000000",
        "owner": "wampedge:660",
        "reload": "0",
        "watchdog": "1 active",
        "stop": "success 0",
        "broken": "78 0 failed",
    }
