"""What the simulator says no with.

SimulatorError
├── ApiError      a Bot API method failed: what a bot would read in the response
└── NotAllowed    a person tried what Telegram's apps would not let them do
"""

from __future__ import annotations

from collections.abc import Mapping


class SimulatorError(Exception):
    """The root of the tree."""


class ApiError(SimulatorError):
    """A Bot API error: the HTTP status, its description, and `parameters` of the envelope."""

    def __init__(self, code: int, description: str, parameters: Mapping[str, object] | None = None) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.parameters = dict(parameters or {})

    def envelope(self) -> dict[str, object]:
        """The response body, ready for JSON."""
        body: dict[str, object] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


class NotAllowed(SimulatorError):
    """Telegram would not let that person do this now; the message says why."""


def bad_request(text: str) -> ApiError:
    """400, with the prefix and the lower-cased first letter of the official server."""
    return ApiError(400, f"Bad Request: {_lowered(text)}")


def forbidden(text: str) -> ApiError:
    """403; a text in ALL_CAPS becomes a 400, as the official server does it."""
    if text.isupper() and " " not in text:
        return bad_request(text)
    return ApiError(403, f"Forbidden: {_lowered(text)}")


def _lowered(text: str) -> str:
    """The first letter is lower-cased unless `_` or a capital follows it."""
    if len(text) > 1 and (text[1] == "_" or text[1].isupper()):
        return text
    return text[:1].lower() + text[1:]


def unauthorized() -> ApiError:
    """401: no bot has that token."""
    return ApiError(401, "Unauthorized")


def method_not_found() -> ApiError:
    """404: no method has that name."""
    return ApiError(404, "Not Found: method not found")


def upgraded(supergroup_id: int) -> ApiError:
    """400: the basic group lives on as that supergroup."""
    return ApiError(
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        {"migrate_to_chat_id": supergroup_id},
    )


def too_many_requests(retry_after: int) -> ApiError:
    """429: wait for that many seconds."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after})
