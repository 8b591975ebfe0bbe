"""The device layer: contracts of pins and buses, the driver API, register maps, units."""
