"""What may hang under a message, and how its text is formatted."""

from __future__ import annotations

import re

from gmbot.simulator.access import Call
from gmbot.simulator.entities import merged_entities, number_of, utf16_len
from gmbot.simulator.errors import bad_request
from gmbot.simulator.html import HtmlReader
from gmbot.simulator.members import Wire

TEXT_LIMIT = 4_096
CAPTION_LIMIT = 1_024
CALLBACK_DATA_LIMIT = 64
ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
    "disabled",
)
BUTTON_FIELDS = ("text", "icon_custom_emoji_id", "style", *ACTIONS)
URL = re.compile(
    r"(?:https?|tg|tonsite)://\S+|(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:[/?#:]\S*)?", re.IGNORECASE
)
USER_LINK = re.compile(r"tg://user\?id=(\d+)")


def formatted(call: Call, name: str, entities_name: str, limit: int) -> tuple[str, list[Wire]]:
    """The text of an argument without its markup, and its entities.

    `Markdown` and `MarkdownV2` are accepted and left as they are.
    """
    source = call.args.text(name)
    mode = call.args.text("parse_mode").lower()
    explicit: list[Wire] = []
    if mode == "html":
        source, explicit = HtmlReader(source).parse()
    elif mode in ("", "markdown", "markdownv2"):
        given = call.args.listing(entities_name) or []
        explicit = [_entity(entity) for entity in given]
    else:
        raise bad_request("unsupported parse_mode")
    text, explicit = _trimmed(source, explicit)
    if len(text) > limit:
        raise bad_request("message is too long" if name == "text" else "message caption is too long")
    return text, merged_entities(text, [_mention(call, entity) for entity in explicit])


def inline_keyboard(call: Call) -> Wire | None:
    """The inline keyboard of `reply_markup`, checked; None for none and for other kinds of markup."""
    markup = call.args.mapping("reply_markup", "reply keyboard markup")
    if not markup or "inline_keyboard" not in markup:
        return None
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    kept = [[_button(button) for button in row] for row in rows if row]
    return {"inline_keyboard": kept} if kept else None


def _button(button: object) -> Wire:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad_request("inline keyboard button text must be non-empty")
    actions = [name for name in ACTIONS if button.get(name) is not None]
    if len(actions) != 1:
        raise bad_request("text buttons are unallowed in the inline keyboard")
    _check_action(actions[0], button[actions[0]])
    return {name: button[name] for name in BUTTON_FIELDS if button.get(name) is not None}


def _check_action(action: str, value: object) -> None:
    if action == "callback_data" and not 1 <= len(str(value).encode()) <= CALLBACK_DATA_LIMIT:
        raise bad_request("BUTTON_DATA_INVALID")
    if action == "url" and URL.fullmatch(str(value)) is None:
        raise bad_request(f"inline keyboard button URL '{value}' is invalid: Wrong HTTP URL")


def _trimmed(text: str, entities: list[Wire]) -> tuple[str, list[Wire]]:
    """The text without white space at its ends, and the entities moved and cut accordingly."""
    stripped = text.strip()
    if not entities or len(stripped) == len(text):
        return stripped, entities
    shift = utf16_len(text) - utf16_len(text.lstrip())
    kept = [_moved(entity, shift, utf16_len(stripped)) for entity in entities]
    return stripped, [entity for entity in kept if entity["length"]]


def _entity(given: object) -> Wire:
    """An entity that the bot gave itself."""
    if not isinstance(given, dict):
        raise bad_request("can't parse MessageEntity: expected an Object")
    numbers = (given.get("offset"), given.get("length"))
    if not isinstance(given.get("type"), str) or not all(isinstance(number, int) for number in numbers):
        raise bad_request("can't parse MessageEntity: type, offset and length are required")
    return dict(given)


def _moved(entity: Wire, shift: int, limit: int) -> Wire:
    start = max(0, number_of(entity, "offset") - shift)
    end = min(limit, number_of(entity, "offset") + number_of(entity, "length") - shift)
    return entity | {"offset": start, "length": max(0, end - start)}


def _mention(call: Call, entity: Wire) -> Wire:
    match = USER_LINK.fullmatch(str(entity.get("url", "")))
    if match is None or int(match.group(1)) not in call.world.people:
        return entity
    kept = {name: value for name, value in entity.items() if name != "url"}
    return kept | {"type": "text_mention", "user": call.world.user_wire(int(match.group(1)))}
