"""The numbers that bound every connection."""

from __future__ import annotations

from wampedge.transports.limits import TransportLimits


def test_times_are_stretched_for_a_faster_clock_and_sizes_are_not() -> None:
    limits = TransportLimits().stretched(60)

    assert (limits.ping_interval_s, limits.hello_timeout_s) == (600.0, 300.0)
    assert limits.max_message_bytes == TransportLimits().max_message_bytes


def test_times_are_finite_at_any_pace() -> None:
    assert TransportLimits().stretched(float("inf")).pong_timeout_s == 5e6


def test_real_time_stretches_nothing() -> None:
    assert TransportLimits().stretched(1.0) == TransportLimits()
