"""``wampedge.ingest``: many events of a node in one call.

A node whose link was down has thousands of events to send. As publications each of them costs a
message and its acknowledgement; here a call brings up to ``MAX_BATCH`` of one stream::

    [node, epoch, lane, [[seq, topic, time, flags, options, args, kwargs], ...]]

Each entry is published as if it came alone, with the rights, limits and options of its publisher,
so that nobody needs the right to call this procedure. Entries that are wrong or not allowed are
refused one by one. One that is refused only for now ends the batch: those behind it must not
overtake it. Where this router has a link upstream whose store keeps the events, the batch is
answered when they are safe there: the node forgets them then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from wampedge.errors import ApplicationError, RemoteProtocolError
from wampedge.router.deadlines import Deadline, Deadlines
from wampedge.router.holding import MARKED_LIMIT_S, Holding
from wampedge.router.matching import quoted
from wampedge.router.names import INVALID_ARGUMENT, INVALID_URI, LIMIT, NOT_STORED
from wampedge.router.parking import Undecided
from wampedge.router.permissions import Authorizer
from wampedge.router.sends import NOTHING, Send, Sends
from wampedge.router.session import RouterSession
from wampedge.wamp.marking import MARK_OPTION, MAX_BATCH, Mark, event_mistake, mark_mistake
from wampedge.wamp.messages import Call, Publish, Result
from wampedge.wamp.payload import Payload
from wampedge.wamp.uris import is_loose_uri
from wampedge.wamp.validation import shown

__all__ = ["FLAG_HISTORICAL", "Ingest", "OnIngest"]

FLAG_HISTORICAL: Final = 1
"""Bit of the flags of an entry: it waited."""

_FIELDS: Final = 7
_NOT_TAKEN: Final = frozenset({"acknowledge", MARK_OPTION})
_Publication = tuple[Publish, Mark]
_ARGUMENTS: Final = 4


OnIngest = Callable[[RouterSession, Publish, Mark], tuple[Sends, int | None]]
"""Publishes for a session, its limits counted; tells what is being stored, see ``Broker``."""


class Ingest:
    """Answers the calls in one realm.

    Args:
        authorizer: asked for the topics before the first entry is published.
        publish: publishes one entry.
        holding: has what is being stored.
        deadlines: where the router keeps what it does later.
    """

    def __init__(
        self, authorizer: Authorizer, publish: OnIngest, holding: Holding, deadlines: Deadlines
    ) -> None:
        self._allows = authorizer.allows
        self._publish = publish
        self._holding = holding
        self._deadlines = deadlines

    def __call__(self, caller: RouterSession, call: Call) -> Sends:
        """Publish the entries of *call*, and answer with the highest number that was taken.

        Where entries are being stored here, the answer comes when all of them are, or after
        ``MARKED_LIMIT_S``. It has the keywords ``refused``, a list of [index, error, text], and
        ``stopped``, the same of the first entry that has to come again; each only where there is
        any.

        Raises:
            ApplicationError: the arguments are not as they should be; nothing was published.
            Undecided: whether *caller* may publish has to be asked for; nothing was published.
        """
        stream, entries = _arguments(call)
        publications = [_publication(call, stream, entry) for entry in entries]
        self._decide(caller, publications)
        sends: list[Send] = []
        answer = _Answer(caller, call.request_id)
        for index, publication in enumerate(publications):
            try:
                if isinstance(publication, ApplicationError):
                    raise publication
                publish, mark = publication
                events, held = self._publish(caller, publish, mark)
            except Undecided:
                answer.stop(index, LIMIT, "whether it is allowed has to be asked for")
                break
            except (ApplicationError, RemoteProtocolError) as error:
                uri, text = _told(error)
                if uri == LIMIT:
                    answer.stop(index, uri, text)
                    break
                answer.refused.append([index, uri, text])
            else:
                sends += events
                answer.take(index, mark.seq)
                if held is not None:
                    self._holding.wait(held, answer.wait_for(index), in_batch=True)
        if answer.is_complete:
            return [*sends, *answer.send()]
        answer.deadline = self._deadlines.after(MARKED_LIMIT_S, answer.expire)
        return sends

    def _decide(
        self, caller: RouterSession, publications: Sequence[_Publication | ApplicationError]
    ) -> None:
        """Ask for each topic once: a batch that has begun cannot wait for a decision."""
        topics = {each[0].topic: None for each in publications if isinstance(each, tuple)}
        for topic in topics:
            self._allows(caller, "publish", topic)


class _Answer:
    """The RESULT of one call, and what it waits for."""

    def __init__(self, caller: RouterSession, request_id: int) -> None:
        self.deadline: Deadline | None = None
        self.refused: list[list[Any]] = []
        self._caller, self._request_id = caller, request_id
        self._stopped: list[Any] | None = None
        self._seq_by_index: dict[int, int] = {}
        self._open: set[int] = set()
        self._is_sent = False

    @property
    def is_complete(self) -> bool:
        """Whether all that was taken is safe."""
        return not self._open

    def take(self, index: int, seq: int) -> None:
        """Note that an entry was published."""
        self._seq_by_index[index] = seq

    def stop(self, index: int, uri: str, text: str) -> None:
        """Note that an entry has to come again, and all behind it."""
        self._stopped = [index, uri, text]

    def wait_for(self, index: int) -> Callable[[bool], Sends]:
        """Wait for an entry; returns what hears that it is safe, or was counted as lost here."""
        self._open.add(index)
        return partial(self._on_verdict, index)

    def expire(self) -> Sends:
        """Wait no more: what is not safe has to come again."""
        self.stop(min(self._open), NOT_STORED, "it is not stored yet")
        return self.send()

    def send(self) -> Sends:
        """Return the answer."""
        self._is_sent = True
        if not self._caller.is_established:
            return NOTHING
        told: dict[str, Any] = {}
        end = MAX_BATCH
        if self._stopped is not None:
            told["stopped"] = self._stopped
            end = self._stopped[0]
        if refused := [each for each in self.refused if each[0] < end]:
            told["refused"] = refused
        taken = max((seq for index, seq in self._seq_by_index.items() if index < end), default=0)
        result = Result(self._request_id, {}, Payload((taken,), told))
        return (Send((self._caller,), result),)

    def _on_verdict(self, index: int, _is_safe: bool) -> Sends:
        self._open.discard(index)
        if self._open or self._is_sent or self.deadline is None:
            return NOTHING
        self.deadline.cancel()
        return self.send()


def _arguments(call: Call) -> tuple[Mark, Sequence[Any]]:
    """Return the stream, as the mark of a first event, and the entries; raises ApplicationError."""
    args = call.payload.args
    if len(args) != _ARGUMENTS:
        raise _wrong(f"wanted node, epoch, lane and entries, got {len(args)} arguments")
    node, epoch, lane, entries = args
    probe = {"node": node, "epoch": epoch, "lane": lane, "seq": 1, "time": 0, "historical": False}
    mistake = mark_mistake(probe)
    if mistake is not None:
        raise _wrong(mistake)
    if not isinstance(entries, list | tuple) or len(entries) > MAX_BATCH:
        raise _wrong(f"entries must be a list of {MAX_BATCH} or fewer")
    return Mark.found_in(probe), entries


def _publication(call: Call, stream: Mark, entry: Any) -> _Publication | ApplicationError:
    """Return what *entry* asks for, or what is wrong with it."""
    if not isinstance(entry, list | tuple) or len(entry) != _FIELDS:
        return _wrong(f"an entry must be a list of {_FIELDS}, got {shown(entry)}")
    seq, topic, time, flags, options, args, kwargs = entry
    if type(topic) is not str or not is_loose_uri(topic):
        return ApplicationError(INVALID_URI, [f"not a URI: {quoted(str(topic))}"])
    if type(flags) is not int or type(options) is not dict:
        return _wrong("flags must be an integer and options a dict")
    payload = _payload(args, kwargs)
    if payload is None:
        return _wrong("args must be a list or a sealed payload, and kwargs a dict or null")
    mistake = event_mistake(seq, time)
    if mistake is not None:
        return _wrong(mistake)
    if options:
        options = {name: each for name, each in options.items() if name not in _NOT_TAKEN}
    is_historical = bool(flags & FLAG_HISTORICAL)
    mark = Mark(stream.node, stream.epoch, stream.lane, seq, float(time), is_historical)
    return Publish(call.request_id, options, topic, payload), mark


def _payload(args: Any, kwargs: Any) -> Payload | None:
    if isinstance(args, bytes | str) and not kwargs:
        return Payload.sealed(args)
    is_plain = isinstance(args, list | tuple | None) and isinstance(kwargs, dict | None)
    return Payload(args or (), kwargs) if is_plain else None


def _told(error: ApplicationError | RemoteProtocolError) -> tuple[str, str]:
    if isinstance(error, ApplicationError):
        return error.uri, str(error.arguments[0]) if error.arguments else ""
    return error.reason, str(error)


def _wrong(text: str) -> ApplicationError:
    return ApplicationError(INVALID_ARGUMENT, [text])
