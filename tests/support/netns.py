"""Machines on a network of their own, whose cables can be pulled: Linux network namespaces.

Each machine is a namespace with one address; a switch (a bridge in a namespace as well) joins
them. Pulling a cable takes the port of the switch down: the others see nothing but silence. Needs
root and ``ip``; names begin with ``wampedge-`` and the number of this process, and are removed in
the end.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import shutil
import subprocess
import time
from typing import Any, Self

__all__ = ["Machine", "Network", "Program", "missing_for_loss", "missing_for_netns"]

_networks = itertools.count(1)


def missing_for_netns() -> str:
    """Return what this machine lacks for network namespaces; empty if nothing."""
    if shutil.which("ip") is None:
        return "the command ip (iproute2) is not installed"
    if os.geteuid() != 0:
        return "network namespaces need root"
    probe = f"wampedge-{os.getpid()}-probe"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False)
    if made.returncode != 0:
        return f"network namespaces do not work here: {made.stderr.decode().strip()}"
    _ip("netns", "del", probe)
    return ""


def missing_for_loss() -> str:
    """Return what this machine lacks for ``Machine.lose``; empty if nothing."""
    return "" if shutil.which("nft") else "the command nft (nftables) is not installed"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class Program:
    """A process on a machine that says what happens, a line of JSON each, and takes such lines.

    Args:
        process: started with pipes.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def say(self, value: Any) -> None:
        """Send one value."""
        assert self._process.stdin is not None, "piped"
        self._process.stdin.write(json.dumps(value).encode() + b"\n")

    async def hear(self, *, within_s: float) -> dict[str, Any]:
        """Wait for the next thing it says."""
        assert self._process.stdout is not None, "piped"
        async with asyncio.timeout(within_s):
            line = await self._process.stdout.readline()
        if not line:
            raise EOFError("the program has ended")
        said: dict[str, Any] = json.loads(line)
        return said

    async def hear_of(self, what: str, *, within_s: float, **facts: Any) -> dict[str, Any]:
        """Wait until it says *what*, with these *facts*; all else is skipped."""
        end_s = time.monotonic() + within_s
        while True:
            said = await self.hear(within_s=max(0.0, end_s - time.monotonic()))
            if said["what"] == what and said.items() >= facts.items():
                return said

    async def kill(self) -> None:
        """End it without a word."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.communicate()


class Machine:
    """One namespace with one address on the network; made by ``Network.add``.

    Args:
        namespace: its name.
        port: name of its port at the switch.
        switch: namespace of the switch.
        address: its IPv4 address.
    """

    def __init__(self, namespace: str, *, port: str, switch: str, address: str) -> None:
        self.address = address
        self._namespace = namespace
        self._port = port
        self._switch = switch
        self._programs: list[Program] = []
        self._is_gone = False
        _ip("netns", "add", namespace)
        _ip("-n", switch, "link", "add", port, "type", "veth", "peer", "eth0", "netns", namespace)
        _ip("-n", switch, "link", "set", port, "master", "br0", "up")
        _ip("-n", namespace, "addr", "add", f"{address}/24", "dev", "eth0")
        _ip("-n", namespace, "link", "set", "lo", "up")
        _ip("-n", namespace, "link", "set", "eth0", "up")

    async def run(self, *command: str) -> Program:
        """Start *command* on the machine."""
        process = await asyncio.create_subprocess_exec(
            "ip", "netns", "exec", self._namespace, *command,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        program = Program(process)
        self._programs.append(program)
        return program

    def unplug(self) -> float:
        """Pull the cable; returns when, on the monotonic clock."""
        _ip("-n", self._switch, "link", "set", self._port, "down")
        return time.monotonic()

    def plug(self) -> float:
        """Put the cable back; returns when, on the monotonic clock."""
        _ip("-n", self._switch, "link", "set", self._port, "up")
        return time.monotonic()

    def lose(self, percent: int) -> None:
        """Lose that share of all packets, each way, by chance; 0 loses none."""
        rules = [
            "add table inet loss",
            "delete table inet loss",
            *(["add table inet loss"] if percent else []),
        ]
        for hook in ("input", "output") if percent else ():
            rules += [
                f"add chain inet loss {hook} {{ type filter hook {hook} priority 0; }}",
                f"add rule inet loss {hook} numgen random mod 100 < {percent} counter drop",
            ]
        _ip("netns", "exec", self._namespace, "nft", "; ".join(rules))

    def lost(self) -> int:
        """Return how many packets were lost since ``lose``."""
        command = ("ip", "netns", "exec", self._namespace, "nft", "list", "table", "inet", "loss")
        rules = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return sum(map(int, re.findall(r"counter packets (\d+)", rules)))

    async def cut_power(self) -> None:
        """End all there is on the machine; its connections are gone without a word."""
        self.unplug()
        await self.close()

    async def close(self) -> None:
        """End the programs and remove the machine; safe to call twice."""
        for program in self._programs:
            await program.kill()
        self._programs.clear()
        if not self._is_gone:
            self._is_gone = True
            _ip("netns", "del", self._namespace)


class Network:
    """A switch and the machines on it; use it as ``async with``."""

    def __init__(self) -> None:
        self._prefix = f"wampedge-{os.getpid()}-{next(_networks)}"
        self._switch = f"{self._prefix}-switch"
        self._machines: list[Machine] = []

    async def __aenter__(self) -> Self:
        _ip("netns", "add", self._switch)
        _ip("-n", self._switch, "link", "add", "br0", "type", "bridge")
        _ip("-n", self._switch, "link", "set", "br0", "up")
        return self

    async def __aexit__(self, *_exception: object) -> None:
        for machine in self._machines:
            await machine.close()
        _ip("netns", "del", self._switch)

    def add(self) -> Machine:
        """Plug in another machine, with the next free address."""
        number = len(self._machines) + 1
        machine = Machine(
            f"{self._prefix}-{number}",
            port=f"port{number}",
            switch=self._switch,
            address=f"10.77.0.{number}",
        )
        self._machines.append(machine)
        return machine
