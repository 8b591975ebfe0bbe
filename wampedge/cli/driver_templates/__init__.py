"""What ``wampedge new driver`` writes: real files, which the tests of the project run as they are.

``new_part`` and ``NewPart`` stand for the name of the driver.
"""
