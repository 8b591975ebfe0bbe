"""What ``P.D.C.history`` refuses before it asks the store."""

from __future__ import annotations

import pytest

from tests.support.device_file import config_of, site
from wampedge.config.model import ChannelConfig
from wampedge.devices.driver import ChannelSpec
from wampedge.devices.fields import Text
from wampedge.errors import InvalidValueError
from wampedge.runtime.history import HISTORY, History
from wampedge.store.store import Store
from wampedge_simulator.clock import SimulatedClock


async def test_texts_cannot_be_summed_up() -> None:
    history = History(Store(), config_of(site()), SimulatedClock())
    channel = ChannelConfig("tag", "tag", ChannelSpec(Text()), history_s=60.0)
    history.table.keep({"reader.tag": 60.0})
    history.table.note("reader.tag", 1.0, "04:a2", "good")

    with pytest.raises(InvalidValueError) as caught:
        await history.endpoint("reader.tag", lambda: channel)(every="1h", details=None)

    assert caught.value.field == "every"
    assert str(caught.value).endswith("every: the channel has no numbers")


@pytest.mark.parametrize("value", ["24h", 0, 1_770_000_000.5])
def test_a_moment_is_what_its_schema_says(value: object) -> None:
    jsonschema = pytest.importorskip("jsonschema")

    jsonschema.validate(value, HISTORY["since"].schema())
    HISTORY["since"].convert(value)


@pytest.mark.parametrize("value", ["yesterday", -1, [1]])
def test_what_is_no_moment_is_none_in_the_schema_either(value: object) -> None:
    jsonschema = pytest.importorskip("jsonschema")

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, HISTORY["since"].schema())
