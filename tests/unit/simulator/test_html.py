"""HTML-style formatting: what is read and what is refused."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import Scene

from gmbot.simulator.errors import ApiError
from gmbot.simulator.html import HtmlReader


def read(source: str) -> tuple[str, list[tuple[object, object, object]]]:
    """The plain text, and (type, offset, length) of each entity."""
    text, entities = HtmlReader(source).parse()
    return text, [(entity["type"], entity["offset"], entity["length"]) for entity in entities]


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("b", "bold"),
        ("strong", "bold"),
        ("i", "italic"),
        ("em", "italic"),
        ("u", "underline"),
        ("ins", "underline"),
        ("s", "strikethrough"),
        ("strike", "strikethrough"),
        ("del", "strikethrough"),
        ("code", "code"),
        ("pre", "pre"),
        ("tg-spoiler", "spoiler"),
        ("blockquote", "blockquote"),
    ],
)
def test_every_plain_tag_becomes_its_entity(tag: str, kind: str) -> None:
    """In any case of letters."""
    assert read(f"a<{tag}>bc</{tag.upper()}>d") == ("abcd", [(kind, 1, 2)])


def test_tags_with_attributes() -> None:
    """Links, spoilers, emoji, code languages, times, expandable quotes."""
    source = (
        '<a href="https://t.me/x?a=1&amp;b=2">l</a><span class="tg-spoiler">s</span>'
        '<tg-emoji emoji-id="5">e</tg-emoji><pre><code class="language-py">c</code></pre>'
        '<blockquote expandable>q</blockquote><tg-time unix="60">t</tg-time><a href=t.me>u</a>'
    )
    text, entities = HtmlReader(source).parse()
    by_type = {str(entity["type"]): entity for entity in entities}
    assert text == "lsecqtu"
    assert entities[0]["url"] == "https://t.me/x?a=1&b=2"
    assert entities[-1]["url"] == "http://t.me/"
    assert by_type["custom_emoji"]["custom_emoji_id"] == "5"
    assert by_type["date_time"]["unix_time"] == 60
    assert {"spoiler", "expandable_blockquote", "pre"} <= set(by_type)


def test_offsets_count_utf16_units() -> None:
    """An emoji counts two."""
    assert read("👍<b>👍é</b>") == ("👍👍é", [("bold", 2, 3)])


def test_nesting_lists_the_outer_first() -> None:
    """At the same offset the longer one comes first."""
    assert read("<b><i>a</i>b</b>") == ("ab", [("bold", 0, 2), ("italic", 0, 1)])


def test_references_are_resolved_and_others_left() -> None:
    """Only four names and numbers are known."""
    assert read("&lt;&gt;&amp;&quot;&#33;&#x21; &copy; &")[0] == '<>&"!! &copy; &'


def test_empty_entities_and_links_without_target_vanish() -> None:
    """Their text stays."""
    assert read("<b></b><a>x</a>") == ("x", [])
    assert read('<tg-time unix="x">y</tg-time>') == ("y", [])


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("<x>a</x>", 'Unsupported start tag "x" at byte offset 0'),
        ("é<span>a</span>", 'Unsupported start tag "span" at byte offset 2'),
        ("a < b", "Unclosed start tag at byte offset 2"),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>a</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ('<a ="x">a</a>', "Empty attribute name in the tag at byte offset 0"),
    ],
)
def test_bad_markup_is_refused_with_its_place(source: str, detail: str) -> None:
    """`can't parse entities: …`."""
    with pytest.raises(ApiError) as caught:
        HtmlReader(source).parse()
    assert caught.value.description == f"Bad Request: can't parse entities: {detail}"


def test_a_message_with_bad_markup_is_not_sent(scene: Scene) -> None:
    """The bot reads a 400."""
    before = len(scene.world.messages(scene.group))
    refusal = scene.refusal("sendMessage", chat_id=scene.group, text="<b>", parse_mode="HTML")
    assert refusal.startswith("400 Bad Request: can't parse entities")
    assert len(scene.world.messages(scene.group)) == before


def test_white_space_around_is_cut_and_entities_move(scene: Scene) -> None:
    """Those that covered nothing else vanish."""
    text = "  <b> a</b> <i>  </i>"
    sent = scene.wire("sendMessage", chat_id=scene.group, text=text, parse_mode="HTML")
    assert sent["text"] == "a"
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 1}]


def test_a_link_to_a_user_is_a_mention_of_a_known_one(scene: Scene) -> None:
    """An unknown one stays a link."""
    text = f'<a href="tg://user?id={scene.ann}">Ann</a> <a href="tg://user?id=5">who</a>'
    sent = scene.wire("sendMessage", chat_id=scene.group, text=text, parse_mode="HTML")
    found = sent["entities"]
    assert isinstance(found, list)
    assert [entity["type"] for entity in found] == ["text_mention", "text_link"]
    assert found[0]["user"]["id"] == scene.ann
