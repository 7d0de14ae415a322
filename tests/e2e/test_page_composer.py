"""Where one types: drafts, completion, commands, emoji, edits and answers, and what becomes of a
message that can't be sent just now."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Route, expect

from support.browser import NewVisitor, Visitor
from support.daemons import wait_for
from support.people import Person
from support.twistd import Twistd, with_options

pytestmark = pytest.mark.ui_acceptance

PHONE = {
    "viewport": {"width": 320, "height": 568},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


def field(visitor: Visitor) -> Locator:
    """Where one types."""
    return visitor.page.get_by_role("textbox", name="Say something")


def holds(visitor: Visitor, text: str) -> None:
    """This stands there."""
    expect(field(visitor)).to_have_value(text)


def said(visitor: Visitor, *texts: str) -> None:
    """These texts are all that was said, in this order, and confirmed."""
    expect(visitor.page.locator("#pending li")).to_have_count(0)
    expect(visitor.page.locator("#log .message .text")).to_have_text(list(texts))


def choices(visitor: Visitor, *labels: str) -> None:
    """This is offered to go on with; nothing at all without labels."""
    offered = visitor.page.get_by_role("option").locator("bdi")
    expect(offered).to_have_text(list(labels))


def active(visitor: Visitor, label: str) -> None:
    """This one is chosen, as a screen reader hears it."""
    chosen = visitor.page.locator("#completions [aria-selected=true]")
    expect(chosen).to_have_count(1)
    expect(chosen).to_contain_text(label)
    number = chosen.get_attribute("id")
    expect(field(visitor)).to_have_attribute("aria-activedescendant", str(number))


def press(visitor: Visitor, *keys: str) -> None:
    """Press keys, wherever the focus is."""
    for key in keys:
        visitor.page.keyboard.press(key)


def test_names_are_completed(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    for nick in ("bob", "bonnie", "cy"):
        visitor(nick).say(f"{nick} is here")
    said(ann, "bob is here", "bonnie is here", "cy is here")
    ann.type("tea, @")
    choices(ann, "@cy", "@bonnie", "@bob")  # who spoke last comes first
    active(ann, "@cy")
    ann.type("b")
    choices(ann, "@bonnie", "@bob")
    press(ann, "ArrowDown")
    active(ann, "@bob")
    press(ann, "ArrowDown")
    active(ann, "@bonnie")
    press(ann, "ArrowUp", "Enter")
    holds(ann, "tea, @bob ")
    choices(ann)
    ann.type("and @BON")
    press(ann, "Tab")
    holds(ann, "tea, @bob and @bonnie ")
    press(ann, "Enter")
    said(ann, "bob is here", "bonnie is here", "cy is here", "tea, @bob and @bonnie")
    # Escape closes it until something else is begun, and does nothing more than that.
    ann.type("@b")
    choices(ann, "@bonnie", "@bob")
    press(ann, "Escape")
    choices(ann)
    ann.type("o")
    choices(ann)
    holds(ann, "@bo")
    ann.type(" @c")
    choices(ann, "@cy")
    expect(field(ann)).to_have_attribute("aria-controls", "completions")
    # A whole name needs no choice.
    ann.type("y")
    press(ann, "Enter")
    expect(ann.page.locator("#log .text").last).to_have_text("@bo @cy")
    # A nick at the beginning of a line.
    ann.type("bon")
    press(ann, "Tab")
    holds(ann, "bonnie: ")
    # Undo takes a completion back.
    press(ann, "ControlOrMeta+z")
    holds(ann, "bon")
    # Where there is nothing to complete, Tab goes on.
    field(ann).fill("hello there")
    press(ann, "Tab")
    expect(field(ann)).not_to_be_focused()


def test_completion_by_mouse_and_touch(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob", **PHONE)
    ann.sees_people("ann", "bob")
    ann.type("@b")
    # It keeps the focus all the time: a phone's keyboard would go and come back.
    field(ann).evaluate("field => field.addEventListener('blur', () => (window.blurred = true))")
    ann.page.get_by_role("option", name="@bob").click()
    holds(ann, "@bob ")
    assert ann.page.evaluate("window.blurred") is None
    expect(field(ann)).to_be_focused()
    field(bob).tap()
    bob.type("/to")
    choices(bob, "/topic [TEXT]")
    bob.page.get_by_role("option", name="/topic").tap()
    holds(bob, "/topic ")
    expect(field(bob)).to_be_focused()


def test_commands_and_rooms_are_completed(visitor: NewVisitor) -> None:
    bob = visitor("bob", room="teapots")
    ann = visitor("ann")
    bob.sees_people("bob")
    ann.type("/")
    expect(ann.page.get_by_role("option")).to_have_count(14)
    press(ann, "ArrowUp")
    active(ann, "/help")
    expect(ann.page.get_by_role("option").last).to_be_in_viewport(ratio=1)
    ann.type("se")
    choices(ann, "/search [WORDS]", "/session [WORD]")
    field(ann).fill("")
    ann.type("/jo")
    press(ann, "Enter")
    holds(ann, "/join ")
    ann.type("#tea")
    choices(ann, "#teapots")
    press(ann, "Enter", "Enter")
    ann.is_at("#teapots")
    ann.sees_people("ann", "bob")
    ann.type("not a /nick")
    choices(ann)


def test_drafts(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    visitor("bob")
    ann.type("in the lobby")
    ann.goes_to("#tea")
    holds(ann, "")
    expect(field(ann)).to_be_focused()
    field(ann).fill("two\nlumps")
    ann.goes_to("@bob")
    holds(ann, "")
    ann.type("psst")
    ann.goes_to("#lobby")
    holds(ann, "in the lobby")
    ann.page.reload()
    holds(ann, "in the lobby")
    ann.is_in()
    ann.goes_to("@bob")
    holds(ann, "psst")
    press(ann, "Enter")
    said(ann, "psst")
    holds(ann, "")
    ann.page.reload()
    ann.is_in()
    holds(ann, "")
    ann.goes_to("#tea")
    holds(ann, "two\nlumps")
    # Another tab begins with them, and neither writes over what the other has elsewhere.
    tab = ann.another_tab("#lobby")
    holds(tab, "in the lobby")
    tab.say("from the other tab")
    ann.type("!")
    tab.page.reload()
    tab.is_in()
    holds(tab, "")
    tab.goes_to("#tea")
    holds(tab, "two\nlumps!")


def test_edit_the_last_message(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    press(ann, "ArrowUp")
    expect(ann.page.locator("#editing")).to_be_hidden()
    ann.say("tee")
    bob.say("what?")
    said(ann, "tee", "what?")
    press(ann, "ArrowUp")
    expect(ann.page.locator("#editing")).to_be_visible()
    expect(field(ann)).to_have_accessible_description(re.compile("You edit a message"))
    holds(ann, "tee")
    press(ann, "Escape")
    holds(ann, "")
    expect(ann.page.locator("#editing")).to_be_hidden()
    press(ann, "ArrowUp")
    ann.type("!")
    press(ann, "Enter")
    holds(ann, "")
    for each in (ann, bob):
        said(each, "tee!", "what?")
    # In another place one goes on with what one had there.
    press(ann, "ArrowUp")
    field(ann).fill("tea")
    ann.goes_to("#milk")
    expect(ann.page.locator("#editing")).to_be_hidden()
    ann.say("elsewhere")
    said(ann, "elsewhere")
    ann.goes_to("#lobby")
    holds(ann, "tea")
    press(ann, "Enter")
    for each in (ann, bob):
        said(each, "tea", "what?")
    # Nothing instead of something is a question.
    press(ann, "ArrowUp")
    field(ann).fill(" ")
    press(ann, "Enter")
    said(bob, "tea", "what?")
    ann.page.get_by_role("button", name="Delete the message").click()
    expect(field(ann)).to_be_focused()
    holds(ann, "")
    expect(bob.page.locator("#log .message .text").first).to_have_text("message deleted")


def test_who_edits_is_not_typing(visitor: NewVisitor, daemon: Twistd) -> None:
    ann, bob, cy = visitor("ann"), visitor("bob"), visitor("cy")
    listener = Person(daemon.port).connect("listener", "lobby")
    ann.say("tee")
    said(bob, "tee")
    press(ann, "ArrowUp")
    ann.type("!")
    bob.type("/top")  # nor is who gives a command
    cy.type("//so")
    ann.sees_typing("cy is typing…")
    cy.goes_to("#tea")
    listener.sees("typing", from_="cy", active=False)
    listener.close()
    ann.sees_typing("")
    others = [visitor(nick) for nick in ("dan", "eve", "flo", "gil")]
    for other in others:
        other.type("I")
    ann.sees_typing("dan, eve, flo and 1 more are typing…")
    field(others[0]).fill("")
    ann.sees_typing("eve, flo, gil are typing…")


def test_several_lines(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    low = field(ann).bounding_box()
    ann.type("one")
    press(ann, "Shift+Enter")
    ann.type("two")
    holds(ann, "one\ntwo")
    high = field(ann).bounding_box()
    assert low is not None
    assert high is not None
    assert high["height"] > low["height"]
    press(ann, "Enter")
    said(bob, "one\ntwo")
    # What is pasted is one message.
    ann.page.evaluate(
        """text => document.getElementById("text").dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: new DataTransfer() }),
        ) && document.execCommand("insertText", false, text)""",
        "\n".join(f"line {number}" for number in range(100)),
    )
    highest = field(ann).bounding_box()
    assert highest is not None
    assert highest["height"] <= 9 * 16 + 1
    press(ann, "Enter")
    expect(bob.page.locator("#log .message")).to_have_count(2)
    expect(bob.page.locator("#log .text").last).to_contain_text("line 99")
    assert field(ann).bounding_box() == low


def test_an_input_method_composes(visitor: NewVisitor) -> None:
    """Enter takes what an input method suggests; it sends nothing."""
    ann = visitor("ann")
    ann.type("日本")
    session = ann.context.new_cdp_session(ann.page)
    session.send("Input.imeSetComposition", {"text": "ご", "selectionStart": 1, "selectionEnd": 1})
    holds(ann, "日本ご")
    for type in ("keydown", "keyup"):
        field(ann).dispatch_event(type, {"key": "Enter", "isComposing": True, "bubbles": True})
    holds(ann, "日本ご")
    session.send("Input.insertText", {"text": "語"})
    holds(ann, "日本語")
    press(ann, "Enter")
    said(ann, "日本語")


def test_a_letter_finds_the_field(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    expect(field(ann)).to_be_focused()
    ann.page.locator("#talk").focus()
    press(ann, "PageUp", "Space", "Control+c")
    expect(ann.page.locator("#talk")).to_be_focused()
    press(ann, "h", "i")
    expect(field(ann)).to_be_focused()
    holds(ann, "hi")


def test_at_a_phone(visitor: NewVisitor) -> None:
    """A keyboard comes only when one asks for it; its Enter begins a line, for it has no Shift."""
    ann = visitor("ann", **PHONE)
    ann.page.reload()
    ann.is_in()
    ann.goes_to("#tea")
    expect(field(ann)).not_to_be_focused()
    field(ann).tap()
    ann.type("one\ntwo")
    holds(ann, "one\ntwo")
    ann.page.get_by_role("button", name="Send").tap()
    said(ann, "one\ntwo")
    holds(ann, "")
    ann.type("by hand")  # if there is a keyboard after all
    press(ann, "Control+Enter")
    said(ann, "one\ntwo", "by hand")
    ann.type("/")
    expect(ann.page.get_by_role("option")).to_have_count(14)
    assert ann.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_answer(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    ann.say("tea at four?\nor five?")
    ann.say("or six?")
    bob.type("a draft")
    answering = bob.page.locator("#replying")
    bob.does("Reply", "tea at four")
    expect(answering).to_contain_text("Your answer to ann: tea at four? or five?")
    expect(field(bob)).to_be_focused()
    expect(field(bob)).to_have_accessible_description(re.compile("Your answer to ann"))
    press(bob, "Escape")
    expect(answering).to_be_hidden()
    holds(bob, "a draft")
    bob.does("Reply", "tea at four")
    bob.goes_to("#milk")
    expect(answering).to_be_hidden()
    bob.goes_to("#lobby")
    expect(answering).to_be_visible()
    # A command is none.
    field(bob).fill("/who")
    press(bob, "Enter")
    expect(bob.page.locator("#log .notice").last).to_contain_text("#lobby: 2 people")
    field(bob).fill("five")
    press(bob, "Enter")
    expect(answering).to_be_hidden()
    holds(bob, "")
    for each in (ann, bob):
        answer = each.page.locator("#log .message").last
        expect(answer.locator("blockquote")).to_contain_text("tea at four?")
        expect(answer.locator("blockquote")).to_contain_text("or five?")
        expect(answer).to_contain_text("five")
    # What is quoted counts.
    ann.does("Reply", "or six")
    field(ann).fill("x" * 3990)
    expect(ann.page.locator("#length")).to_contain_text("too many")
    press(ann, "Enter")
    expect(ann.page.locator("#log .error").last).to_contain_text("at most 4000 characters")
    expect(ann.page.locator("#replying")).to_be_visible()
    ann.page.get_by_role("button", name="Do not answer").click()
    press(ann, "Enter")
    expect(bob.page.locator("#log .text").last).to_have_text("x" * 3990)


def test_emoji_by_name(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    ann.type("yes :thumbs")
    expect(ann.page.get_by_role("option").first).to_contain_text("👍")
    press(ann, "Tab")
    holds(ann, "yes 👍 ")
    # Whoever knows the name needs no choice.
    ann.type("and :tada:")
    holds(ann, "yes 👍 and 🎉")
    ann.type(" at 10:30: `:tada:` :nosuchthing:")
    text = "yes 👍 and 🎉 at 10:30: `:tada:` :nosuchthing:"
    holds(ann, text)
    press(ann, "Enter")
    said(ann, text.replace("`", ""))
    # Not even one who is too quick for the table to have come.
    ann.page.reload()
    ann.is_in()
    ann.say("hurray :tada:!")
    expect(ann.page.locator("#log .text").last).to_have_text("hurray 🎉!")
    # A reaction has a name too.
    bob = visitor("bob")
    bob.say("/react :thumbsup:")
    ann.sees_reactions("hurray", "👍 1")


def test_emoji_by_the_picker(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    ann.type("yes and more")
    press(ann, *["ArrowLeft"] * len(" and more"))
    ann.page.get_by_role("button", name="Emoji").click()
    picker = ann.page.get_by_role("dialog", name="Choose an emoji")
    ann.page.get_by_role("searchbox").fill("thumbs up")
    press(ann, "Enter")
    expect(picker).to_have_count(0)
    holds(ann, "yes👍 and more")
    expect(field(ann)).to_be_focused()
    ann.type("!")
    holds(ann, "yes👍! and more")
    ann.page.get_by_role("button", name="Emoji").click()
    expect(picker).to_be_visible()
    press(ann, "Escape")
    expect(picker).to_have_count(0)
    expect(field(ann)).to_be_focused()
    holds(ann, "yes👍! and more")


def test_an_emoji_is_chosen_before_there_are_any(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    table: list[Route] = []
    ann.page.route("**/assets/en-*.js", lambda route: table.append(route))
    picker = ann.page.get_by_role("dialog", name="Choose an emoji")
    for words, shown in (("thumbs up", "👍"), ("zzzz", "")):
        ann.page.reload()
        ann.is_in()
        ann.page.get_by_role("button", name="Emoji").click()
        ann.page.get_by_role("searchbox").fill(words)
        press(ann, "Enter")
        expect(picker).to_be_visible()
        wait_for(lambda: ann.page.title() and table, "the table is asked for")
        table.pop().continue_()
        if shown:
            expect(picker).to_have_count(0)
            holds(ann, shown)
            field(ann).fill("")
    # Where there was none, the next best is not taken for it.
    expect(picker).to_contain_text("No emoji is called like that")
    picker.get_by_role("button", name="Food and drink").click()
    expect(picker.get_by_role("button", name="grapes")).to_be_visible()
    holds(ann, "")


def test_what_is_refused_can_be_sent_again(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    ann.say("/msg bob hello")
    ann.is_at("@bob")
    failed = ann.page.locator("#pending .failed")
    expect(failed).to_contain_text("hello")
    failed.get_by_role("button", name="Retry").click()
    expect(failed).to_contain_text("not sent")  # there is no bob still
    ann.page.reload()
    ann.is_in()
    expect(failed).to_contain_text("hello")
    bob = visitor("bob")
    failed.get_by_role("button", name="Retry").dblclick(no_wait_after=True)
    said(ann, "hello")
    bob.goes_to("@ann")
    ann.say("and more")
    said(bob, "hello", "and more")
    ann.page.reload()
    ann.is_in()
    said(ann, "hello", "and more")


@with_options("--max-rooms=1")
def test_where_one_is_refused(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    expect(field(ann)).to_be_enabled()
    ann.goes_to("#tea")
    expect(field(ann)).to_be_disabled()
    expect(ann.page.locator("#barred")).to_contain_text("rooms")
    ann.goes_to("#lobby")
    expect(field(ann)).to_be_focused()
    ann.say("here I am")
    said(ann, "here I am")


def test_too_long(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    length = ann.page.locator("#length")
    field(ann).fill("x" * 3000)
    expect(length).to_have_count(0)
    field(ann).fill("👍" * 3990)
    expect(length).to_have_text("10 characters left")
    field(ann).fill("x" * 4001)
    expect(length).to_have_text("1 character too many")
    press(ann, "Enter")
    expect(ann.page.locator("#log .error").last).to_contain_text("at most 4000 characters")
    holds(ann, "x" * 4001)
    press(ann, "Backspace", "Enter")
    said(ann, "x" * 4000)
    # So is a text that a message is to have instead.
    press(ann, "ArrowUp", "y", "Enter")
    holds(ann, "x" * 4000 + "y")
    expect(ann.page.locator("#editing")).to_be_visible()


def test_what_was_typed_while_the_server_was_away(visitor: NewVisitor, daemon: Twistd) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    daemon.stop()
    ann.is_away()
    ann.say("one")
    ann.say("/me waits")
    ann.say("/topic tea")
    expect(ann.page.locator("#log .error").last).to_contain_text("not connected")
    holds(ann, "/topic tea")
    ann.waits_to_say("one", "waits")
    daemon.start()
    for each in (ann, bob):
        each.is_in()
        expect(each.page.locator("#pending li")).to_have_count(0)
        expect(each.page.locator("#log .message .text")).to_have_text(["one", "waits"])
    press(ann, "Enter")
    expect(bob.page.locator("#topic")).to_have_text("tea")


def test_commands(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    notices = ann.page.locator("#log .notice")
    ann.say("/who")
    expect(notices.last).to_contain_text("ann")
    expect(notices.last).to_contain_text("bob")
    ann.say("/rooms")
    expect(notices.last).to_contain_text("#lobby: 2 people")
    ann.say("/help")
    expect(notices.last).to_contain_text("/msg NAME TEXT")
    ann.say("/session")
    word = re.search(r"/session (\S+)", notices.last.inner_text())
    assert word is not None
    ann.say("tee")
    for each in (ann, bob):
        said(each, "tee")
    ann.say("/edit tea")
    said(bob, "tea")
    bob.say("/react 👍")
    ann.sees_reactions("tea", "👍 1")
    bob.say("nonsense")
    said(bob, "tea", "nonsense")
    bob.say("/delete")
    said(ann, "tea", "message deleted")
    ann.say("/search tea")
    expect(ann.page.get_by_label("Words to look for")).to_have_value("tea")
    ann.page.get_by_role("button", name="Close", exact=True).click()
    # Two people edit at once: each their own.
    ann.say("/edit milk")
    bob.say("no")
    said(bob, "milk", "message deleted", "no")
    bob.say("/edit yes")
    for each in (ann, bob):
        said(each, "milk", "message deleted", "yes")
    ann.say("/msg bob between us")
    ann.is_at("@bob")
    said(ann, "between us")
    bob.has_unread(1, **{"@ann": 1})
    ann.say("/leave")
    ann.is_at("#lobby")
    ann.say("/join tea")
    ann.is_at("#tea")
    bob.sees_people("ann", "bob")  # one is in both
    ann.say("/leave lobby")
    bob.sees_people("bob")
    ann.is_at("#tea")
    ann.say("/nick Annie")
    ann.sees_people("Annie")
    # Be the same user elsewhere.
    cy = visitor("cy")
    cy.say(f"/session {word[1]}")
    expect(cy.page.locator("#me")).to_contain_text("Annie")
