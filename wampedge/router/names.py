"""Error and close URIs the router answers with."""

from __future__ import annotations

__all__ = [
    "AUTHENTICATION_FAILED",
    "CANCELED",
    "CLOSE_NORMAL",
    "DISCLOSE_ME_DISALLOWED",
    "FEATURE_NOT_SUPPORTED",
    "GOODBYE_AND_OUT",
    "INVALID_ARGUMENT",
    "INVALID_URI",
    "INVOCATION_POLICY_CONFLICT",
    "LIMIT",
    "LOGOUT",
    "NOT_AUTHORIZED",
    "NOT_STORED",
    "NO_AVAILABLE_CALLEE",
    "NO_MATCHING_AUTH_METHOD",
    "NO_SUCH_PROCEDURE",
    "NO_SUCH_REALM",
    "NO_SUCH_REGISTRATION",
    "NO_SUCH_SESSION",
    "NO_SUCH_SUBSCRIPTION",
    "PROCEDURE_ALREADY_EXISTS",
    "REPLACED",
    "SYSTEM_SHUTDOWN",
    "TIMEOUT",
]

AUTHENTICATION_FAILED = "wamp.error.authentication_failed"
CANCELED = "wamp.error.canceled"
CLOSE_NORMAL = "wamp.close.normal"
DISCLOSE_ME_DISALLOWED = "wamp.error.option_disallowed.disclose_me"
FEATURE_NOT_SUPPORTED = "wamp.error.feature_not_supported"
GOODBYE_AND_OUT = "wamp.close.goodbye_and_out"
INVALID_ARGUMENT = "wamp.error.invalid_argument"
INVALID_URI = "wamp.error.invalid_uri"
INVOCATION_POLICY_CONFLICT = "wamp.error.procedure_exists_with_different_invocation_policy"
LIMIT = "wampedge.error.limit"
LOGOUT = "wamp.close.logout"
NOT_AUTHORIZED = "wamp.error.not_authorized"
NOT_STORED = "wampedge.error.not_stored"
NO_AVAILABLE_CALLEE = "wamp.error.no_available_callee"
NO_MATCHING_AUTH_METHOD = "wamp.error.no_matching_auth_method"
NO_SUCH_PROCEDURE = "wamp.error.no_such_procedure"
NO_SUCH_REALM = "wamp.error.no_such_realm"
NO_SUCH_REGISTRATION = "wamp.error.no_such_registration"
NO_SUCH_SESSION = "wamp.error.no_such_session"
NO_SUCH_SUBSCRIPTION = "wamp.error.no_such_subscription"
PROCEDURE_ALREADY_EXISTS = "wamp.error.procedure_already_exists"
REPLACED = "wampedge.registration.replaced"
SYSTEM_SHUTDOWN = "wamp.close.system_shutdown"
TIMEOUT = "wamp.error.timeout"
