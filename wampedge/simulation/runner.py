"""Running a scenario in virtual time, to an end whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from wampedge.errors import WampedgeError
from wampedge.records import Record
from wampedge.simulation.scenario.chains import Chains
from wampedge.simulation.scenario.cpu_limit import CpuLimitError, cpu_limit
from wampedge.simulation.scenario.live import LiveSignals
from wampedge.simulation.scenario.model import Scenario
from wampedge.simulation.scenario.names import SiteNames
from wampedge.simulation.scenario.outcome import Outcome, Verdict
from wampedge.simulation.scenario.properties import PropertyWatches
from wampedge.simulation.scenario.recording import Recording
from wampedge.simulation.scenario.spans import time_text
from wampedge.simulation.scenario.stage import Stage
from wampedge.simulation.scenario.trial import part_names
from wampedge.simulation.scenario.vcd import vcd_text
from wampedge.simulation.scenario.verdicts import Verdicts
from wampedge.simulation.scenario.watching import Scene
from wampedge_simulator.clock import DeadlockError, run_virtual

__all__ = ["DEFAULT_TIMEOUT_S", "OnProgress", "Settings", "run_scenario"]

DEFAULT_TIMEOUT_S: Final = 60.0
"""CPU time one scenario may take, in seconds."""
START_LIMIT_S: Final = 3600.0
"""Virtual time a node may take to start or to stop, in seconds."""
_TICKS: Final = 100
_SLACK_S: Final = 1e-6
"""How much longer a scenario lasts than it says: what is due at its end is done."""

OnProgress = Callable[[float], None]
"""Told from time to time what share of a scenario is done."""


class Settings(Record):
    """How scenarios are run.

    Attributes:
        seed: in place of that of the scenario; None: its own.
        timeout_s: CPU time one may take.
        vcd_folder: where waves of failures go; None: a new temporary folder.
        wants_hash: whether to compute a hash of all that happens.
        keeps_waves: whether to write waves of scenarios that pass, too.
        chaos_seed: in place of that of campaigns; None: their own.
    """

    seed: int | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S
    vcd_folder: Path | None = None
    wants_hash: bool = False
    keeps_waves: bool = False
    chaos_seed: int | None = None


def run_scenario(
    scenario: Scenario,
    settings: Settings = Settings(),  # noqa: B008 # frozen
    on_progress: OnProgress | None = None,
) -> Outcome:
    """Run *scenario* and say what became of it; raises nothing that it could bring about.

    Args:
        scenario: a checked one.
        settings: how.
        on_progress: told what share is done.
    """
    run = _Run(scenario, settings, on_progress)
    begun_s = time.process_time()
    verdict: Verdict = "stuck"
    text = ""
    try:
        with cpu_limit(settings.timeout_s):
            run_virtual(run.play())
        verdict = "failed" if run.failures else "passed"
        if run.wiring:
            verdict, text = "bad", run.wiring
    except DeadlockError as error:
        text = f"dead-lock: {error}"
    except CpuLimitError:
        text = (
            f"time-out: {settings.timeout_s:g} s of CPU time were not enough, "
            f"it came to {time_text(run.now_s)} (--timeout takes more)"
        )
    except TimeoutError as error:
        text = f"time-out of virtual time: {error}"
    except WampedgeError as error:
        verdict, text = "bad", f"the site cannot start: {error}"
    finally:
        shutil.rmtree(run.folder, ignore_errors=True)
    return run.outcome(verdict, text, time.process_time() - begun_s)


class _Run:
    """One run of one scenario; played once."""

    def __init__(
        self, scenario: Scenario, settings: Settings, on_progress: OnProgress | None
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="wampedge-sim-"))
        self.now_s = 0.0
        self.wiring = ""
        self._scenario = scenario
        self._settings = settings
        self._on_progress = on_progress
        self._seed = scenario.seed if settings.seed is None else settings.seed
        self._verdicts: Verdicts | None = None
        self._recording: Recording | None = None

    @property
    def failures(self) -> bool:
        """Whether anything was missed."""
        return self._verdicts is not None and bool(self._verdicts.failures)

    async def play(self) -> None:
        """Play it from power-on to power-off.

        Raises:
            TimeoutError: the node does not come up or down in virtual time.
            WampedgeError: the site cannot start.
        """
        random.seed(self._seed)  # pauses between tries to reconnect
        stage = Stage(self._scenario, seed=self._seed, folder=self.folder)
        loop = asyncio.get_running_loop()
        try:
            await stage.switch_on()
            await self._play(stage)
            if self._scenario.strict_wiring:
                self.wiring = _wiring_text(stage)
        finally:
            end_s = self._scenario.duration_s
            is_end = 0 <= loop.time() - end_s <= 2 * _SLACK_S
            self.now_s = end_s if is_end else loop.time()
            await _limited(stage.close(), "the node does not stop")

    async def _play(self, stage: Stage) -> None:
        scenario = self._scenario
        parts = part_names(stage.board, scenario.wired or scenario.config)
        names = SiteNames(scenario.config, parts, scenario.reloads.values())
        signals = LiveSignals(stage, [names.signal(name) for name in scenario.signals()])
        topics = [part.event for part in scenario.conditions() if part.event is not None]
        scene = Scene(stage, signals, topics)
        recording = self._recording = Recording(
            stage, _nets(scenario), signals, wants_hash=self._settings.wants_hash
        )
        verdicts = self._verdicts = Verdicts(scene, recording)
        chains = Chains(scenario, scene, verdicts)
        properties = PropertyWatches(scenario.properties, scene, verdicts)
        signals.look()
        chains.start()
        await asyncio.sleep(0)  # what is done at 0 s is done before the node starts
        ticking = self._tick()
        try:
            await _limited(stage.start_node(), "the node does not start")
            signals.look()
            properties.begin()
            await self._last(chains)
        finally:
            if ticking is not None:
                ticking.cancel()
            properties.end()
            await chains.close()

    async def _last(self, chains: Chains) -> None:
        """Wait for the end of the scenario."""
        end_s = self._scenario.duration_s + _SLACK_S
        if self._scenario.ends_with_steps:
            await chains.finish()
        else:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(end_s):
                    await chains.finish()
        await asyncio.sleep(max(end_s - asyncio.get_running_loop().time(), 0.0))

    def _tick(self) -> asyncio.TimerHandle | None:
        """Tell how far it has come, a hundred times."""
        if self._on_progress is None:
            return None
        loop, end_s = asyncio.get_running_loop(), self._scenario.duration_s
        self.now_s = loop.time()
        self._on_progress(min(self.now_s / end_s, 1.0) if end_s else 1.0)
        return loop.call_later(max(end_s / _TICKS, 0.01), self._tick)

    def outcome(self, verdict: Verdict, text: str, cpu_s: float) -> Outcome:
        """Return what became of it; waves are written where they are wanted."""
        recording, scenario = self._recording, self._scenario
        is_told = verdict != "passed" or self._settings.keeps_waves
        return Outcome(
            scenario.path,
            scenario.name,
            verdict,
            self._seed,
            tuple(self._verdicts.failures) if self._verdicts else (),
            text,
            self.now_s,
            cpu_s,
            recording.counts if recording else (0, 0, 0),
            recording.digest if recording else "",
            self._waves(recording) if recording and is_told else None,
            scenario.text,
        )

    def _waves(self, recording: Recording) -> Path:
        folder = self._settings.vcd_folder or Path(tempfile.mkdtemp(prefix="wampedge-waves-"))
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self._scenario.path.stem}.vcd"
        text = vcd_text(self._scenario.name, recording.first, recording.changes, self.now_s)
        path.write_text(text, encoding="utf-8")
        return path


async def _limited(work: Awaitable[None], what: str) -> None:
    """Await *work* within ``START_LIMIT_S``; raises TimeoutError that says *what*."""
    try:
        async with asyncio.timeout(START_LIMIT_S):
            await work
    except TimeoutError as error:
        raise TimeoutError(f"{what} within {time_text(START_LIMIT_S)}") from error


def _wiring_text(stage: Stage) -> str:
    """Return what showed to be wrong with the wires; empty when nothing did."""
    found = stage.board.bench.nets.findings.all()
    lines = [f"wiring: {each.text}\n  {each.fix}" for each in found]
    return "\n".join(lines)


def _nets(scenario: Scenario) -> list[tuple[str, int]]:
    """Return bank and line of every pin that a device or a condition is about."""
    found = [
        (ref.bank, ref.line)
        for config in (scenario.config, scenario.wired)
        if config is not None
        for device in config.devices.values()
        for ref in device.pins.values()
    ]
    for name in scenario.signals():
        bank, colon, line = name.partition(":")
        if colon and bank != "part":
            found.append((bank, int(line.partition(".")[0])))
    return list(dict.fromkeys(found))
