"""Scenarios: what happens on the bench, step by step, and what must come of it.

``scenario_file`` reads and checks one, ``runner`` runs it. A module here has one concern each:

- ``comparing``, ``conditions``: what a value or an event is held against
- ``fields``, ``model``: the keys of the file, and what a checked file says
- ``names``, ``trial``: what the device file offers, and whether the bench can do what steps want
- ``stage``, ``live``: the node on its board, and the signals one can watch there
- ``chains``, ``actions``: steps at their times
- ``watching``, ``properties``, ``waves``: expectations
- ``recording``, ``vcd``: what is remembered of a run
- ``outcome``, ``junit``: what is told of it
"""

__all__: list[str] = []
