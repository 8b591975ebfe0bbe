"""Near misses: which of the known names was meant by a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["nearest", "one_of"]


def nearest(word: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """Return the candidates that *word* most likely meant, best first.

    Args:
        word: what was written.
        candidates: what could have been written.
        limit: at most so many.

    Returns:
        Candidates at most a third of their letters away, or those that begin with *word*; a swap
        of two neighbours counts as one change, and case, ``-`` and ``_`` count as nothing.
    """
    plain = _plain(word)
    if not plain or len(plain) > 64:
        return []
    scored = []
    for candidate in dict.fromkeys(candidates):
        goal = _plain(candidate)
        distance = _distance(plain, goal)
        if distance <= max(1, max(len(plain), len(goal)) // 3):
            scored.append((distance, _distance(word, candidate), candidate))
        elif min(len(plain), len(goal)) > 2 and goal.startswith((plain, plain[: len(goal)])):
            scored.append((len(goal), 0, candidate))
    return [candidate for *_, candidate in sorted(scored)[:limit]]


def one_of(names: Iterable[str], conjunction: str = "or") -> str:
    """Return *names* as a phrase: ``a``, ``a or b``, ``a, b or c``."""
    listed = list(names)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {conjunction} {listed[-1]}"


def _plain(word: str) -> str:
    return word.lower().replace("-", "_").replace("_", "")


def _distance(a: str, b: str) -> int:
    """Count the changes from *a* to *b*: insert, delete, replace, swap neighbours."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
