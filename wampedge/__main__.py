"""``python -m wampedge`` is the same as ``wampedge``."""

import sys

from wampedge.cli import main

sys.exit(main())
