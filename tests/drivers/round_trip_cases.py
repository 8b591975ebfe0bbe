"""What the round trips need to know of a driver beyond its declarations.

A driver on an I2C bus whose parameters all have defaults needs no line here, unless its part was
written by hand: then ``STEPS`` says what one step of its resolution is. Everything else has its
device file in ``FILES``, with a device called ``part``; what can be set is looked for in ``SEEN``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

from wampedge_drivers.i2c._font import WIDTH, columns_of

__all__ = ["BUSES", "FILES", "SEEN", "STEPS", "VALUES"]


def letters_of(picture: Sequence[str], line: int) -> str:
    """Read the letters of a line from the picture of a pixel display."""
    known = {columns_of(chr(code)): chr(code) for code in range(0x20, 0x7F)}
    rows = picture[8 * (line - 1) : 8 * line]
    cells = [
        bytes(
            sum(1 << y for y in range(7) if rows[y][x + column] == "#") for column in range(WIDTH)
        )
        for x in range(0, 126, WIDTH + 1)
    ]
    return "".join(known[cell] for cell in cells).rstrip()


BUSES: Mapping[str, str] = {
    "i2c": '[buses.bus]\ntype = "i2c"\nbus = 1\n',
    "serial": '[buses.bus]\ntype = "serial"\nport = "/dev/ttyUSB0"\n',
    "modbus": '[buses.bus]\ntype = "modbus_rtu"\nport = "/dev/ttyUSB0"\n',
    "spi": '[buses.bus]\ntype = "spi"\n',
    "onewire": '[buses.bus]\ntype = "onewire"\n',
}
"""The one bus of the device file, by kind."""

PINS = 'driver = "{driver}"\npin = 17\n'
EXPANDER = 'driver = "{driver}"\nbus = "bus"\n[devices.lamp]\ndriver = "led"\npin = "part:3"\n'

FILES: Mapping[str, str] = {
    "ds18b20": 'driver = "ds18b20"\nbus = "bus"\nid = "28-0316a2794f1b"\n',
    "onewire": 'driver = "onewire"\nbus = "bus"\nid = "28-0316a2794f1b"\n'
    'channels.level = { file = "level", scale = 0.5, unit = "mm" }\n',
    "iio": 'driver = "iio"\ndevice = "mcp3421"\n'
    'channels.level = { from = "in_voltage0", unit = "V" }\n',
    "hwmon": 'driver = "hwmon"\ndevice = "lm75"\n'
    'channels.warmth = { from = "temp1", unit = "°C" }\n',
    "frame": 'driver = "frame"\nbus = "bus"\nheader = "aa c0"\nlength = 6\n'
    'channels.level = { at = 2, size = 2, scale = 0.1, unit = "mm" }\n',
    "tca9548a": 'driver = "tca9548a"\nbus = "bus"\n'
    '[devices.air]\ndriver = "lm75"\nbus = "part:3"\n',
    "button": PINS,
    "led": PINS,
    "pulse": PINS + 'edge = "falling"\npull = "up"\n',
    "pwm": PINS,
    "relay": PINS,
    "buzzer": PINS,
    "piezo": PINS,
    "motor": 'driver = "motor"\npins = { forward = 5, backward = 6, pwm = 12 }\n',
    "stepper": 'driver = "stepper"\npins = { step = 20, dir = 21 }\n',
    "uln2003": 'driver = "uln2003"\npins = { in1 = 17, in2 = 18, in3 = 27, in4 = 22 }\n',
    "servo": 'driver = "servo"\npin = 16\npulse = ["500us", "2400us"]\nangle = [0, 180]\n',
    "cover": 'driver = "cover"\nopen = "up"\nclose = "down"\ntravel = "5s"\n'
    '[devices.up]\ndriver = "relay"\npin = 17\n[devices.down]\ndriver = "relay"\npin = 18\n',
    "line": 'driver = "line"\nbus = "bus"\nmatch = \'^(?P<weight>[0-9.]+) kg$\'\n'
    'channels.weight = { type = "float", unit = "kg" }\n',
    "dht11": PINS,
    "dht22": PINS,
    "hcsr04": 'driver = "hcsr04"\npins = { trigger = 5, echo = 6 }\n',
    "hx711": 'driver = "hx711"\npins = { clock = 5, data = 6 }\n',
    "quadrature": 'driver = "quadrature"\npins = [5, 6]\n',
    "modbus": 'driver = "modbus"\nbus = "bus"\nunit_id = 1\n'
    'channels.voltage = { input = 0, type = "f32", unit = "V", range = [0, 400] }\n',
    "mcp23008": EXPANDER,
    "mcp23017": EXPANDER,
    "mcp23s17": EXPANDER,
    "pca9555": EXPANDER,
    "pcf8574": EXPANDER,
    "pcf8575": EXPANDER,
    "as3935": 'driver = "as3935"\nbus = "bus"\ninterrupt = 4\n',
    "ina219": 'driver = "ina219"\nbus = "bus"\nshunt = "0.3mohm"\nmax_current = "1000A"\n',
    "tm1637": 'driver = "tm1637"\npins = { clk = 5, dio = 6 }\n',
    "hd44780": 'driver = "hd44780"\nbus = "bus"\nsize = "20x4"\n',
    "tcs34725": 'driver = "tcs34725"\nbus = "bus"\ngain = 1\nintegration = "24ms"\n',
    "tsl2591": 'driver = "tsl2591"\nbus = "bus"\ngain = "low"\n',
}
"""The table of the device ``part``, where the generic one does not do."""

PARTICLES = tuple(f"particles_{size}" for size in ("0_3", "0_5", "1", "2_5", "5", "10"))

STEPS: Mapping[tuple[str, str], tuple[float, float]] = {
    ("onewire", "level"): (0.5, 0),
    ("iio", "level"): (0.01, 0.001),
    ("hwmon", "warmth"): (0.001, 0),
    ("frame", "level"): (0.1, 0),
    ("max31855", "temperature"): (0.25, 0),
    ("max31855", "internal"): (0.0625, 0),
    ("max31865", "temperature"): (0.04, 0),
    ("max6675", "temperature"): (0.25, 0),
    **{("mcp3008", f"ch{channel}"): (3.3 / 1023, 0) for channel in range(8)},
    **{("mcp3208", f"ch{channel}"): (3.3 / 4095, 0) for channel in range(8)},
    ("mhz19", "co2"): (1, 0),
    ("mhz19", "temperature"): (1, 0),
    ("sds011", "pm2_5"): (0.1, 0),
    ("sds011", "pm10"): (0.1, 0),
    ("ds18b20", "temperature"): (0.0625, 0),
    ("onewire", "temperature"): (0.0625, 0),
    **{
        (part, channel): (1, 0)
        for part in ("pms5003", "pmsa003")
        for channel in ("pm1", "pm2_5", "pm10", *PARTICLES)
    },
    ("dht11", "temperature"): (1.0, 0),
    ("dht11", "humidity"): (1.0, 0),
    ("dht22", "temperature"): (0.1, 0),
    ("dht22", "humidity"): (0.1, 0),
    ("hcsr04", "distance"): (0.003, 0),
    ("hx711", "weight"): (1.0, 0),
    ("ads1115", "a0"): (4.096 / 32768, 0),
    ("ads1115", "a1"): (4.096 / 32768, 0),
    ("ads1115", "a2"): (4.096 / 32768, 0),
    ("ads1115", "a3"): (4.096 / 32768, 0),
    ("ads1015", "a0"): (4.096 / 2048, 0),
    ("ads1015", "a1"): (4.096 / 2048, 0),
    ("ads1015", "a2"): (4.096 / 2048, 0),
    ("ads1015", "a3"): (4.096 / 2048, 0),
    ("aht10", "temperature"): (200 / 2**20, 0),
    ("aht10", "humidity"): (100 / 2**20, 0),
    ("aht20", "temperature"): (200 / 2**20, 0),
    ("aht20", "humidity"): (100 / 2**20, 0),
    ("bme280", "temperature"): (0.005, 0),  # 20 bit reduced to 16 by one sample
    ("bme280", "pressure"): (2.62, 0),
    ("bme280", "humidity"): (0.02, 0),
    ("bmp280", "temperature"): (0.005, 0),
    ("bmp280", "pressure"): (0.66, 0),
    ("bme680", "temperature"): (0.02, 0),  # the part computes in hundredths of a degree
    ("bme680", "pressure"): (8.0, 0),
    ("bme680", "humidity"): (0.05, 0),
    ("bme680", "gas"): (0, 0.002),
    ("ina219", "voltage"): (0.004, 0),
    ("ina219", "current"): (0.07, 0),  # 10 uV at 0.3 mohm, and a step of the register
    ("sgp30", "eco2"): (1.0, 0),
    ("sgp30", "tvoc"): (1.0, 0),
    ("sgp30", "hydrogen_raw"): (1.0, 0),
    ("sgp30", "ethanol_raw"): (1.0, 0),
    ("sgp40", "voc_raw"): (1.0, 0),
    ("sht3x", "temperature"): (175 / 65535, 0),
    ("sht3x", "humidity"): (100 / 65535, 0),
    ("tmp102", "temperature"): (0.0625, 0),
    ("line", "weight"): (0.01, 0),
    ("veml7700", "illuminance"): (0.5, 0.01),
    ("vl53l0x", "distance"): (1.0, 0),
    ("vl53l1x", "distance"): (1.0, 0),
    **{("bno08x", angle): (0.02, 0) for angle in ("heading", "pitch", "roll")},  # 14 bits
    **{("bno08x", f"acceleration_{axis}"): (1 / 256, 0) for axis in "xyz"},
    **{("bno08x", f"rotation_{axis}"): (0.112, 0) for axis in "xyz"},  # 1/512 rad/s
    ("as3935", "energy"): (1.0, 0),
}
"""One step of the resolution, as (absolute, of the value), for parts that are written by hand."""

VALUES: Mapping[tuple[str, str], tuple[Any, ...]] = {
    ("onewire", "level"): (12.5, 80.0),
    ("iio", "level"): (0.5, 2.25),
    ("hwmon", "warmth"): (-12.25, 48.5),
    ("frame", "level"): (12.5, 4000.0),
    ("vl53l0x", "distance"): (120.0, 900.0),
    ("modbus", "voltage"): (229.5, 231.25),
    ("led", "state"): (True, False),
    ("relay", "state"): (True, False),
    ("buzzer", "state"): (True, False),
    ("piezo", "state"): (True, False),
    ("pwm", "duty"): (25, 100),
    ("motor", "speed"): (0.5, 1, -0.25),
    ("servo", "position"): (45, 135),
    ("cover", "position"): (),
    ("stepper", "position"): (),
    ("uln2003", "position"): (),
    ("mcp4725", "voltage"): (0.8, 2.4),
    **{("mcp4728", output): (0.8, 2.4) for output in "abcd"},
    ("hd44780", "backlight"): (True, False),
    ("ssd1306", "brightness"): (20, 80),
    ("max7219", "text"): ("12.5 °C", "-0.75"),
    ("max7219", "brightness"): (0, 25, 100),
    ("tm1637", "text"): ("2.5°C", "-8"),
    ("tm1637", "brightness"): (0, 25, 100),
}
"""What is tried, where numbers in the middle of the range will not do."""

SEEN: Mapping[str, Callable[[Any, str], Any]] = {
    "led": lambda part, _: part.is_on,
    "relay": lambda part, _: part.is_on,
    "buzzer": lambda part, _: part.is_on,
    "piezo": lambda part, _: part.is_on,
    "pwm": lambda part, _: part.power * 100,
    "mcp4725": lambda part, _: part.shown,
    "mcp4728": lambda part, channel: part.shown["abcd".index(channel)],
    "hd44780": lambda part, channel: (
        part.is_lit if channel == "backlight" else part.shown[int(channel[-1]) - 1].rstrip()
    ),
    "ssd1306": lambda part, channel: (
        part.contrast / 2.55
        if channel == "brightness"
        else letters_of(part.shown, int(channel[-1]))
    ),
    "max7219": lambda part, channel: (
        part.shown[0].rstrip() if channel == "text" else ceil(16 * part.brightness) * 100 / 16
    ),
    "tm1637": lambda part, channel: {
        "text": part.shown.rstrip(),
        "colon": ":" in part.shown,
        "brightness": [0, 1, 2, 4, 10, 11, 12, 13, 14].index(16 * part.brightness) * 12.5,
    }[channel],
    "pca9685": lambda part, channel: part.shown[int(channel.removeprefix("duty_"))],
}
"""How the part shows what a channel was set to: from the part and the name of the channel."""
