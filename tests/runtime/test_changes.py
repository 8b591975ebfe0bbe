"""What differs between two device files."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.runtime.rig import device_config
from wampedge.config.model import (
    BusConfig,
    DeviceConfig,
    NodeConfig,
    PinRef,
    RoleConfig,
    RouterConfig,
    SiteConfig,
    UpstreamConfig,
)
from wampedge.devices.driver import Driver
from wampedge.runtime.changes import compare


class Part(Driver):
    """A part that does nothing."""


def device(name: str, *, bus: str | None = None, bank: str | None = None) -> DeviceConfig:
    pins = {"pin": PinRef(bank, 0)} if bank else {}
    return replace(device_config(Part), name=name, bus=bus, pins=pins)


def site(*devices: DeviceConfig, path: str = "/dev/i2c-1") -> SiteConfig:
    return SiteConfig(
        Path("devices.toml"),
        NodeConfig("n1", "edge.n1"),
        buses={"i2c1": BusConfig("i2c1", "i2c", path)},
        devices={one.name: one for one in devices},
    )


def test_equal_files_differ_in_nothing() -> None:
    changes = compare(site(device("a"), device("b")), site(device("a"), device("b")))

    assert changes.is_empty
    assert changes.summary() == "nothing changed"


def test_new_gone_and_changed_devices_are_told_apart() -> None:
    old = site(device("stays"), device("goes"), device("turns"))
    new = site(device("stays"), device("comes"), replace(device("turns"), every_s=1.0))

    changes = compare(old, new)

    assert (changes.added, changes.removed, changes.changed) == (("comes",), ("goes",), ("turns",))
    assert changes.stopping == ("goes", "turns")
    assert changes.starting == ("comes", "turns")
    assert changes.summary() == "added comes; removed goes; changed turns"


def test_labels_of_a_bus_are_no_reason_to_start_anything_again() -> None:
    old = site(device("a", bus="i2c1"))
    bus = BusConfig("i2c1", "i2c", "/dev/i2c-1", labels={"wire": "red"})

    assert compare(old, old.but(buses={"i2c1": bus})).is_empty


def test_devices_on_a_changed_bus_start_again() -> None:
    old, new = (
        site(device("a", bus="i2c1"), device("b")),
        site(device("a", bus="i2c1"), device("b")),
    )
    new = replace(new, buses={"i2c1": BusConfig("i2c1", "i2c", "/dev/i2c-0")})

    changes = compare(old, new)

    assert (changes.changed, changes.buses_to_drop) == (("a",), ("i2c1",))


def test_devices_on_pins_of_a_changed_expander_start_again() -> None:
    old = site(device("io"), device("relay", bank="io"), device("other", bank="gpio"))
    new = replace(old, devices={**old.devices, "io": replace(device("io"), every_s=1.0)})

    assert compare(old, new).changed == ("io", "relay")


def test_upstream_changes_alone_touch_no_device() -> None:
    old = site(device("a"))
    changes = compare(old, replace(old, upstream=UpstreamConfig("ws://127.0.0.1:1/ws", "farm")))

    assert changes.links_changed == ("upstream",)
    assert not changes.is_empty
    assert changes.starting == ()
    assert changes.summary() == "upstream changed"


def test_rules_of_roles_change_without_a_restart() -> None:
    roles = {"gardener": RoleConfig(call=("edge.gh1.",))}
    old = replace(site(), router=RouterConfig(roles=roles))
    allowed = {"gardener": RoleConfig(call=("edge.gh1.lamp.",), subscribe=("edge.",))}
    changes = compare(old, replace(old, router=RouterConfig(roles=allowed)))

    assert changes.rules_changed
    assert not changes.is_empty
    assert changes.needs_restart == ()
    assert changes.summary() == "rules of roles changed"


@pytest.mark.parametrize(
    "router",
    [
        RouterConfig(roles={"gardener": RoleConfig(), "guest": RoleConfig()}),
        RouterConfig(roles={"gardener": RoleConfig(trustlevel=3)}),
        RouterConfig(roles={"gardener": RoleConfig(authorizer="site.may")}),
        RouterConfig(
            authenticator="site.who", roles={"gardener": RoleConfig(register=("site.who",))}
        ),
    ],
)
def test_other_changes_of_roles_need_a_restart(router: RouterConfig) -> None:
    before = RouterConfig(roles={"gardener": RoleConfig()}, authenticator=router.authenticator)
    old = replace(site(), router=before)

    assert compare(old, replace(old, router=router)).needs_restart == ("router",)


def test_changes_of_node_and_router_need_a_restart() -> None:
    old = site()
    new = replace(old, node=NodeConfig("n2", "edge.n2"), router=RouterConfig(realm="farm"))

    assert compare(old, new).needs_restart == ("node", "router")
