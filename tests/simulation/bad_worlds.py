"""World files with one mistake each: text, line of the mistake, what is said, what to do."""

from __future__ import annotations

__all__ = ["BAD", "ROOM"]

ROOM = '[room]\nmodel = "thermal"\ntau = "3h"\n'
"""Right as it is; ends with line 3."""

BAD = [
    ("", 1, "file is empty: no models", 'begin with [room] and, under it, model = "thermal"'),
    ("room = 5\n", 1, "room must be a table, got 5", "write [room] and its keys under it"),
    ("[Room]\n", 1, "Room is no name: use a-z, 0-9 and _", ""),
    ("[room]\ntau = 1\n", 1, "room.model is missing", "models: thermal, humidity, light"),
    (
        '[room]\nmodel = "termal"\n',
        2,
        'room.model is no model: "termal"',
        'did you mean "thermal"?',
    ),
    ("[room]\nmodel = 3\n", 2, "room.model is no model: 3", "models: thermal"),
    ('[room]\nmodel = "thermal"\n', 1, "room.tau is missing", "how slowly it follows"),
    (f"{ROOM}heet = 9\n", 4, "room.heet is not a known key", "did you mean heat?"),
    (f'{ROOM}heat = "9W"\n', 4, "room.heat must be in K/h or alike", ""),
    (f"{ROOM}heat = -1\n", 4, "room.heat must be 0K/h to 10000K/h, got -1K/h", ""),
    (f'{ROOM}outside = {{ mean = 1, peek = "1h" }}\n', 4, "room.outside.peek is not", "peak?"),
    (
        f'{ROOM}driven_by = "heatr"\n',
        4,
        "room.driven_by names heatr, and there is no such",
        "heater?",
    ),
    (
        f'{ROOM}driven_by = "air"\n',
        4,
        "drives nothing: a bme280 is no output",
        "possible: drip, lamp",
    ),
    (f'{ROOM}driven_by = "room"\n', 4, "it is a model of kind thermal", "possible: drip"),
    (f'{ROOM}senses = "air.temperature"\n', 4, "room.senses must be a list", 'write ["air'),
    (f"{ROOM}senses = [7]\n", 4, 'room.senses[0] must be "DEVICE.CHANNEL", got 7', 'such as "air'),
    (f'{ROOM}senses = ["ai.temperature"]\n', 4, "names a device ai, and there is none", "air?"),
    (f'{ROOM}senses = ["air.temprature"]\n', 4, "names a channel temprature", "mean temperature?"),
    (f'{ROOM}senses = ["heater.state"]\n', 4, "heater, which is an output", 'driven_by = "heater"'),
    (f'{ROOM}senses = ["door.pressed"]\n', 4, "door, which is a contact", "moves it"),
    (f'{ROOM}senses = ["air.pressure"]\n', 4, "and air.pressure is in Pa", "write air.temperature"),
    (f'{ROOM}senses = ["soil.a0"]\n', 4, "and soil.a0 is in V", "points = [[0, 0], [100, 3.3]]"),
    (
        f'{ROOM}senses = ["outside.temperature", "outside.temperature"]\n',
        4,
        "another model leads",
        "remove one",
    ),
    (
        f'{ROOM}senses = [{{ channel = "air.temperature", output = "temp" }}]\n',
        4,
        "no output of a thermal",
        'mean "temperature"?',
    ),
    (
        f'{ROOM}senses = [{{ channel = "soil.a0", output = "outside", points = [[1,1],[0,0]] }}]\n',
        4,
        "points[1] must have a larger",
        "sort the points",
    ),
    (
        f'{ROOM}[m]\nmodel = "humidity"\ntau = "1h"\ntemperature = "rom"\n',
        7,
        'that gives temperature, got "rom"',
        'mean "room"?',
    ),
    (
        '[t]\nmodel = "tank"\ncapacity = 10\nstart = 11\n',
        4,
        "t.start must be at most the capacity, 10 L",
        "",
    ),
    (
        '[m]\nmodel = "motor"\nspeed = 60\nencoder = "rain"\n',
        4,
        "a pulse has no encoder",
        "there is none",
    ),
    (
        '[d]\nmodel = "door"\ncontact = "lamp"\n',
        3,
        "a led has no contact",
        "possible: doorbell, rain, door",
    ),
    ('[d]\nmodel = "door"\ncontact = "dor"\n', 3, "there is no such device", "did you mean door?"),
    (
        '[a]\nmodel = "door"\ncontact = "door"\n[b]\nmodel = "door"\ncontact = "door"\n',
        6,
        "which another model moves",
        "remove one",
    ),
    (
        '[a]\nmodel = "door"\ndriven_by = "b"\n[b]\nmodel = "door"\ndriven_by = "a"\n',
        3,
        "closes a circle",
        "remove one",
    ),
    ("[wiring.bell]\n", 1, "wiring.bell is no device with pins, and no I2C bus", "possible: drip"),
    ("[wiring.air]\n", 1, "wiring.air is no device with pins", "possible: drip"),
    (
        '[wiring.doorbell]\npull = "non"\n',
        2,
        'must be "up", "down" or "none", got "non"',
        'mean "none"?',
    ),
    ("wiring = 1\n", 1, "wiring must be a table", "write [wiring]"),
    ("[wiring]\ndoorbell = 1\n", 2, "wiring.doorbell must be a table", "write [wiring.doorbell]"),
    (
        '[t]\nmodel = "tank"\ncapacity = 1\nsenses = [{channel="soil.a0", points=[[0,0],[1,1]]}]\n',
        4,
        "t.senses[0] could sense level, volume or fill of the model",
        'write { channel = "soil.a0", output = "level" }',
    ),
    (
        f'{ROOM}senses = [{{ channel = "air.pressure", output = "outside" }}]\n',
        4,
        "cannot be: the model gives outside (°C), and air.pressure is in Pa",
        "write air.temperature",
    ),
    (
        '[p]\nmodel = "person"\nsenses = ["air.temperature"]\n',
        3,
        "the model gives presence (no unit), and air.temperature is in °C",
        "points",
    ),
]
