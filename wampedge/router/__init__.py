"""The mini-router: realms, sessions, broker and dealer, without any I/O.

A listener attaches a session for each connection, feeds it messages and delivers what the
router returns; see ``Router``.
"""

from __future__ import annotations

from wampedge.router.counters import RouterCounters
from wampedge.router.dynamic import DynamicAuthorization
from wampedge.router.limits import ProcedureLimit, RoleLimits
from wampedge.router.permissions import Action, Authorizer, RoleRules, RuleAuthorizer
from wampedge.router.router import Router
from wampedge.router.rules import Rules
from wampedge.router.sends import Send, Sends
from wampedge.router.session import RouterSession, SessionState
from wampedge.router.settings import Admission, RealmSettings, SessionLimits
from wampedge.router.users import User

__all__ = [
    "Action",
    "Admission",
    "Authorizer",
    "DynamicAuthorization",
    "ProcedureLimit",
    "RealmSettings",
    "RoleLimits",
    "RoleRules",
    "Router",
    "RouterCounters",
    "RouterSession",
    "RuleAuthorizer",
    "Rules",
    "Send",
    "Sends",
    "SessionLimits",
    "SessionState",
    "User",
]
