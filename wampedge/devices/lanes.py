"""A fair queue: one lane for each device of a bus, served in turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from wampedge.devices.steps import Job

__all__ = ["Lanes"]


class Lanes:
    """Jobs that wait, by lane; the lane that was served longest ago comes first.

    A thousand callers of one device fill its own lane and nobody else's.
    """

    def __init__(self) -> None:
        self._jobs_by_lane: dict[str, deque[Job]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def length_of(self, lane: str) -> int:
        """Return how many jobs wait in *lane*."""
        jobs = self._jobs_by_lane.get(lane)
        return 0 if jobs is None else len(jobs)

    def put(self, job: Job) -> None:
        """Let *job* wait in its lane; a lane that was empty comes last."""
        self._jobs_by_lane.setdefault(job.lane, deque()).append(job)
        self._count += 1

    def take(self) -> Job:
        """Return the first job of the lane whose turn it is; raises KeyError when none waits."""
        if not self._jobs_by_lane:
            raise KeyError("no job waits")
        lane = next(iter(self._jobs_by_lane))
        jobs = self._jobs_by_lane.pop(lane)
        job = jobs.popleft()
        if jobs:
            self._jobs_by_lane[lane] = jobs  # now the last: dicts keep the order of insertion
        self._count -= 1
        return job

    def take_all(self) -> Iterator[Job]:
        """Take every job out, in turn."""
        while self._jobs_by_lane:
            yield self.take()
