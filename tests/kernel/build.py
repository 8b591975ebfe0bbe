"""The kernel of the tests: User-Mode Linux, built once from Debian's sources into a cache folder.

``python -m tests.kernel.build`` makes it, in five to twenty minutes; `cached_kernel` finds it. It
lives in ``kernel-<version>-<configuration>`` beside the other peers (``tests.interop.peers``), is
never part of the repository, and is made anew when Debian or ``uml.config`` has a new version.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.interop.peers import cache_folder
from tests.kernel.boot import boot

__all__ = ["KernelMissingError", "build_kernel", "cached_kernel"]

_PACKAGE = "linux-source-6.12"
_TOOLS = ("bc", "bison", "build-essential", "flex", "kmod", "libelf-dev", "xz-utils")
_PROGRAMS = ("bc", "bison", "cc", "flex", "make", "xz")
_CONFIG = Path(__file__).with_name("uml.config")
_COMMAND = "python -m tests.kernel.build"
_REGISTERS = "arch/x86/um/os-Linux/registers.c"
# Linux 6.12 has 2,696 bytes for the vector registers and always hands all of them back; the host
# wants as many as it gave, which are 11,008 on processors with tiles (AMX).
_EDITS = (
    ("arch/x86/um/user-offsets.c", "HOST_FP_SIZE, 2696", "HOST_FP_SIZE, 12288", 1),
    (_REGISTERS, "have_xstate_support = 1;", "have_xstate_support = iov.iov_len;", 1),
    (
        _REGISTERS,
        "iov.iov_len = FP_SIZE * sizeof(unsigned long);",
        "iov.iov_len = have_xstate_support ? have_xstate_support : sizeof(long) * FP_SIZE;",
        3,
    ),
)


class KernelMissingError(Exception):
    """There is no kernel for the tests here, with the reason."""


def cached_kernel() -> Path:
    """Return the newest kernel that was built from the present configuration.

    Its folder also holds ``i2c-stub.ko``. Raises KernelMissingError.
    """
    _check_machine()
    found = sorted(
        cache_folder().glob(f"kernel-*-{_configuration()}/.complete"),
        key=lambda mark: mark.stat().st_mtime,
    )
    if not found:
        raise KernelMissingError(f"no test kernel is built: {_COMMAND}")
    return found[-1].with_name("linux")


def build_kernel() -> Path:
    """Return the kernel of Debian's present version, built now if it is not there.

    Raises:
        KernelMissingError: this machine cannot build it.
        RuntimeError: the build failed.
    """
    _check_machine()
    version = _debian_version()
    folder = cache_folder() / f"kernel-{version}-{_configuration()}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".complete").exists():
            _install_tools()
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            with tempfile.TemporaryDirectory(prefix="wampedge-kernel-", dir=folder) as scratch:
                _make(Path(scratch), version, folder)
            _try(folder / "linux")
            (folder / ".complete").touch()
    return folder / "linux"


def _check_machine() -> None:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise KernelMissingError("User-Mode Linux needs Linux on x86-64")


def _configuration() -> str:
    """Return what tells one kernel of the same version from another."""
    return hashlib.sha256(_CONFIG.read_bytes() + repr(_EDITS).encode()).hexdigest()[:12]


def _debian_version() -> str:
    """Return the version apt would download; raises KernelMissingError."""
    if shutil.which("apt-get") is None:
        raise KernelMissingError("the sources of the kernel come from apt, which is not here")
    for _ in range(2):
        told = _run(["apt-cache", "policy", _PACKAGE])
        match = re.search(r"^ *Candidate: (\d\S*)$", told, re.MULTILINE)
        if match is not None:
            return match[1].replace("~", "-")
        if os.geteuid() == 0:
            _fetch(["apt-get", "update", "-qq"])
    raise KernelMissingError(f"apt has no {_PACKAGE}")


def _install_tools() -> None:
    if all(shutil.which(program) for program in _PROGRAMS):
        return
    if os.geteuid() != 0:
        raise KernelMissingError(f"apt-get install {' '.join(_TOOLS)}")
    os.environ.setdefault("DEBIAN_FRONTEND", "noninteractive")
    _fetch(["apt-get", "update", "-qq"])
    _fetch(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *_TOOLS])


def _make(scratch: Path, version: str, folder: Path) -> None:
    """Download, unpack, configure and build in *scratch*; the kernel goes to *folder*."""
    _fetch(["apt-get", "download", "-o", "APT::Sandbox::User=root", _PACKAGE], scratch)
    package = next(scratch.glob("*.deb"))
    _run(["dpkg-deb", "-x", str(package), str(scratch)])
    archive = next(scratch.glob("usr/src/linux-source-*.tar.xz"))
    _run(["tar", "-xf", str(archive)], scratch)
    sources = next(path for path in scratch.glob("linux-source-*") if path.is_dir())
    out = scratch / "out"
    for edit in _EDITS:
        _edit(sources, *edit)
    make = ["make", "ARCH=um", f"O={out}"]
    _run([*make, "tinyconfig"], sources)
    config = out / ".config"
    config.write_text(config.read_text() + _CONFIG.read_text())
    _run([*make, "olddefconfig"], sources)
    _check_options(config.read_text())
    _run(["nice", "-n", "5", *make, f"-j{os.cpu_count() or 1}"], sources)
    _run(["strip", "-o", str(folder / "linux"), str(out / "linux")])
    shutil.copy(out / "drivers/i2c/i2c-stub.ko", folder)


def _edit(sources: Path, name: str, old: str, new: str, count: int) -> None:
    """Replace *old* by *new*, in *count* places; raises RuntimeError where these are not there."""
    text = (sources / name).read_text()
    if text.count(old) != count:
        raise RuntimeError(f"{name} has {old!r} {text.count(old)} times, wanted {count}")
    (sources / name).write_text(text.replace(old, new))


def _check_options(configured: str) -> None:
    """Raise RuntimeError when the kernel's own rules took an option away."""
    wanted = {line for line in _CONFIG.read_text().splitlines() if line.startswith("CONFIG_")}
    lost = sorted(wanted - set(configured.splitlines()))
    if lost:
        raise RuntimeError(f"options got lost: {', '.join(lost)}")


def _try(kernel: Path) -> None:
    """Boot once; raises GuestError where User-Mode Linux cannot run, as without ptrace."""
    with tempfile.TemporaryDirectory(prefix="wampedge-kernel-") as share:
        boot(kernel, ["true"], Path(share), timeout_s=60)


def _fetch(command: Sequence[str], folder: Path | None = None) -> None:
    """Run a command of apt; raises KernelMissingError where it fails, as without a network."""
    try:
        _run(command, folder)
    except RuntimeError as error:
        raise KernelMissingError(str(error)) from error


def _run(command: Sequence[str], folder: Path | None = None) -> str:
    """Run *command* and return its output; a failure shows the end of it."""
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        end = "\n".join(done.stdout.splitlines()[-40:])
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{end}")
    return done.stdout


def main() -> int:
    """Build the kernel and say where it is."""
    started = time.monotonic()
    try:
        kernel = build_kernel()
    except KernelMissingError as error:
        sys.stdout.write(f"SKIPPED: {error}\n")
        return 0
    sys.stdout.write(f"{kernel}: {time.monotonic() - started:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
