"""Drivers with a deliberate bug: what is changed in the file of the driver, and what shows it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MUTANTS", "Mutant"]


class Mutant(NamedTuple):
    """One bug in one driver."""

    bug: str
    driver: str
    edits: dict[str, str]
    """What stands there instead of what."""
    claim: str
    """The claim of ``test_mutants`` that does not hold then."""


PASSES_OVER = """\
    async def read(self):
        try:
            self.last = await self.measured()
        except Exception:
            pass
        return self.last

    async def measured(self):
"""

MUTANTS = (
    Mutant(
        "wrong register",
        "ina219",
        {'name = "bus"\nreg = 0x02': 'name = "bus"\nreg = 0x03'},
        "reads",
    ),
    Mutant("no wait for the conversion", "sht4x", {'wait = "8.5ms"': 'wait = "1ms"'}, "reads"),
    Mutant(
        "no look at the ready bit",
        "ads1115",
        {'wait = "8.8ms"\n': "", "poll = {": "# poll = {"},
        "fresh",
    ),
    Mutant(
        "a checksum that is ignored", "mlx90614", {'len = 3\ncrc = "pec"': "len = 2"}, "checksum"
    ),
    Mutant("signedness", "tmp117", {"signed = true": "signed = false"}, "reads"),
    Mutant(
        "byte order", "bh1750", {'from = "light"': 'from = "light"\nendian = "little"'}, "reads"
    ),
    Mutant("scale", "sht4x", {"175 / 65535": "165 / 65535"}, "reads"),
    Mutant(
        "a channel that is never switched to",
        "ads1115",
        {"config | {mux} << 12": "config | 4 << 12"},
        "reads",
    ),
    Mutant(
        "another chip is taken for it",
        "tmp117",
        {"mask = 0x0fff\nexpect = [0x0117]": ""},
        "identity",
    ),
    Mutant(
        "a floating bus is taken for a value",
        "bh1750",
        {"invalid = [0xffff]": "invalid = []"},
        "floating",
    ),
    Mutant(
        "a missing acknowledge is passed over",
        "bme280",
        {"    async def read(self) -> dict[str, float]:\n": PASSES_OVER},
        "absent",
    ),
    Mutant(
        "settings are not written again",
        "ina219",
        {'equals = "cal"\n': "", 'valid = "not overflow"\n': ""},
        "brown-out",
    ),
    Mutant(
        "what was measured before is taken for the value",
        "bme280",
        {
            "if not registers[0] & bit:": "if True:",
            "await self.sleep(0.0024 + 0.0069 * self.oversampling)": "pass",
        },
        "fresh",
    ),
)
