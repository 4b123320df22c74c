"""How a bot gets its updates: the settings, and a getUpdates that does not wait."""

from __future__ import annotations

import re

from gmbot.simulator.access import Call
from gmbot.simulator.errors import ApiError, bad_request
from gmbot.simulator.mailbox import DEFAULT_KINDS, Webhook
from gmbot.simulator.members import Wire

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
MOST_CONNECTIONS = 100
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


def get_updates(call: Call) -> object:
    """What waits now; the server around this does the waiting."""
    mailbox = call.bot.mailbox
    if mailbox.webhook is not None:
        raise ApiError(409, WEBHOOK_ACTIVE)
    mailbox.allow(allowed_updates(call))
    return mailbox.take(call.args.integer("offset"), call.args.integer("limit", 100, low=1, high=100))


def set_webhook(call: Call) -> object:
    """Have updates posted to a URL; an empty one ends it."""
    url = call.args.text("url")
    if not url:
        return delete_webhook(call)
    secret = call.args.text("secret_token")
    if secret and SECRET.fullmatch(secret) is None:
        raise bad_request("secret token contains unallowed characters")
    if not url.startswith(("https://", "http://")):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    mailbox = call.bot.mailbox
    mailbox.allow(allowed_updates(call))
    if call.args.boolean("drop_pending_updates"):
        mailbox.clear()
    mailbox.last_error = None
    mailbox.webhook = Webhook(
        url=url,
        secret_token=secret,
        max_connections=call.args.integer("max_connections", 40, low=1, high=MOST_CONNECTIONS),
        ip_address=call.args.text("ip_address"),
        has_custom_certificate=call.args.has("certificate"),
    )
    return True


def delete_webhook(call: Call) -> object:
    """Go back to getUpdates; what waits is kept unless `drop_pending_updates`."""
    if call.args.boolean("drop_pending_updates"):
        call.bot.mailbox.clear()
    call.bot.mailbox.webhook = None
    call.bot.mailbox.last_error = None
    return True


def get_webhook_info(call: Call) -> object:
    """The WebhookInfo."""
    mailbox = call.bot.mailbox
    webhook = mailbox.webhook or Webhook(url="")
    wire: Wire = {
        "url": webhook.url,
        "has_custom_certificate": webhook.has_custom_certificate,
        "pending_update_count": len(mailbox),
    }
    if webhook.url:
        wire["max_connections"] = webhook.max_connections
        wire["ip_address"] = webhook.ip_address or "127.0.0.1"
    if mailbox.allowed != DEFAULT_KINDS:
        wire["allowed_updates"] = sorted(mailbox.allowed)
    if mailbox.last_error is not None:
        wire["last_error_date"], wire["last_error_message"] = mailbox.last_error
    return wire


def allowed_updates(call: Call) -> list[str] | None:
    """The names given, or None when the argument is missing or cannot be read."""
    given = call.args.listing("allowed_updates")
    return None if given is None else [str(name) for name in given]
