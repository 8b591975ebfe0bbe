"""From resistance to temperature."""

from __future__ import annotations

import pytest

from tests.devices.filters.rig import BAD, chain_of, sent
from wampedge.devices.fields import FieldError


@pytest.mark.parametrize(
    ("ohm", "celsius"),
    [  # IEC 60751, table of the Pt100; two decimals of an ohm are 0.025 °C
        (18.52, -200.0),
        (60.26, -100.0),
        (80.31, -50.0),
        (100.00, 0.0),
        (138.51, 100.0),
        (175.86, 200.0),
        (313.71, 600.0),
        (390.48, 850.0),
    ],
)
def test_platinum_agrees_with_the_table_of_its_standard(ohm: float, celsius: float) -> None:
    assert sent(chain_of(("pt100", True), unit="Ω"), ohm) == pytest.approx([celsius], abs=0.02)
    assert sent(chain_of(("pt1000", True), unit="Ω"), ohm * 10) == pytest.approx(
        [celsius], abs=0.02
    )


def test_a_loose_or_shorted_wire_is_no_temperature() -> None:
    assert sent(chain_of(("pt100", True)), 0.0, 18.0, 400.0) == [BAD, BAD, BAD]
    assert sent(chain_of(("ntc", {"beta": 3950})), 0.0, -1.0) == [BAD, BAD]


def test_an_ntc_has_its_nominal_temperature_at_its_nominal_resistance() -> None:
    options = {"beta": 3435, "r0": "4.7kohm", "t0": "20°C"}

    assert sent(chain_of(("ntc", options)), 4700.0) == pytest.approx([20.0])


def test_the_short_form_follows_its_equation() -> None:
    # 1/T = 1/298.15 + ln(32650/10000)/3950 = 0.0033540 + 0.00029956 = 1/273.70
    assert sent(chain_of(("ntc", {"beta": 3950})), 32_650.0) == pytest.approx([0.55], abs=0.01)


def test_steinhart_and_hart_follow_theirs() -> None:
    # 1/T = 0.001 + 0.00025 * 9.21034 + 1e-7 * 781.31 = 0.00338072: 295.795 K
    options = {"steinhart": [0.001, 0.00025, 1e-7]}

    assert sent(chain_of(("ntc", options)), 10_000.0) == pytest.approx([22.645], abs=0.005)


@pytest.mark.parametrize("options", [{}, {"beta": 3950, "steinhart": [1e-3, 2e-4, 1e-7]}])
def test_an_ntc_has_one_way_to_be_described(options: dict[str, object]) -> None:
    with pytest.raises(FieldError, match="must have beta or steinhart"):
        chain_of(("ntc", options))
