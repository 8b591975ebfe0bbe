"""Pins of the real header, with the functions of lgpio replaced by a record of their calls."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("lgpio") is None,
    reason="lgpio is not installed (it is a dependency on ARM boards only)",
)

# In a process of its own: importing lgpio starts a thread that never ends.
SETUP = """
from wampedge.hardware.board import load_lgpio
lgpio = load_lgpio()
from wampedge.hardware.lgpio_pins import HeaderFactory
calls = []
def recorded(name, answer=0):
    def call(handle, *arguments):
        calls.append((name, *arguments))
        return answer
    setattr(lgpio, name, call)
for name in ("gpio_claim_input", "gpio_claim_output", "gpio_write", "gpio_free", "tx_pwm",
             "gpio_claim_alert", "gpiochip_close"):
    recorded(name)
recorded("gpiochip_open", 7)
recorded("gpio_get_mode", 2)
class Callback:
    def cancel(self): calls.append(("cancel",))
lgpio.callback = lambda *arguments: Callback()
HeaderFactory._get_revision = lambda self: 0xa02082
factory = HeaderFactory(chip=0)
pin = factory.pin(17)
calls.clear()
"""


def calls_of(script: str) -> str:
    """Return what *script* prints after the set-up above."""
    return subprocess.check_output([sys.executable, "-c", SETUP + script], text=True).strip()


@pytest.mark.parametrize("level", [0, 1])
def test_an_output_is_claimed_at_its_level_in_one_call(level: int) -> None:
    """PEERS.md: outputs jump at start."""
    answer = calls_of(f"pin.output_with_state({bool(level)}); print(calls)")

    assert answer == f"[('gpio_claim_output', 17, {level})]"


def test_a_duty_keeps_its_fraction() -> None:
    script = "pin.frequency = 100; calls.clear(); pin.state = 0.29; print(calls, pin.state)"

    assert calls_of(script).startswith("[('tx_pwm', 17, 100, 28.99999")


def test_an_output_without_a_wave_is_written() -> None:
    script = "pin.state = True; print([c for c in calls if c[0] == 'gpio_write'])"

    assert calls_of(script) == "[('gpio_write', 17, True)]"


def test_closing_frees_the_line_and_does_not_make_it_an_input() -> None:
    answer = calls_of("pin.output_with_state(True); calls.clear(); factory.close(); print(calls)")

    assert answer == "[('gpio_free', 17), ('gpiochip_close',)]"


def test_closing_stops_a_wave() -> None:
    answer = calls_of("pin.frequency = 100; calls.clear(); pin.close(); print(calls)")

    assert answer == "[('tx_pwm', 17, 0, 0), ('gpio_free', 17)]"


def test_an_edge_after_the_end_of_a_watch_does_not_kill_the_thread_of_lgpio() -> None:
    script = (
        "seen = []\n"
        "class Ear:\n"
        "    def push(self, ticks, state): seen.append((ticks, state))\n"
        "ear = Ear()\n"
        "pin.when_changed = ear.push\n"
        "pin._call_when_changed(0, 17, 1, 1_500_000_000)\n"
        "pin.when_changed = None\n"
        "pin._call_when_changed(0, 17, 0, 2_000_000_000)\n"
        "print(seen)\n"
    )

    assert calls_of(script) == "[(1.5, 1)]"
