"""The web page in a real Chromium, as its users drive it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.browser import NewVisitor
from support.telnet import NewTelnet
from support.twistd import Twistd

pytestmark = pytest.mark.ui_acceptance


def test_two_people_talk(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    ann.sees_people("ann")
    bob = visitor("bob")
    ann.notices("bob joined")
    for each in (ann, bob):
        each.sees_people("ann", "bob")
    ann.say("hello bob")
    bob.sees("ann: hello bob")
    bob.say("hello ann")
    bob.say("two lines,\none message")
    for each in (ann, bob):
        each.sees("ann: hello bob", "bob: hello ann", "bob: two lines,\none message")
    cy = visitor("cy")
    cy.sees("ann: hello bob", "bob: hello ann", "bob: two lines,\none message")
    bob.page.close()
    for each in (ann, cy):
        each.notices("bob left (connection lost)")
        each.sees_people("ann", "cy")


def test_who_is_typing(visitor: NewVisitor) -> None:
    ann, bob, cy = visitor("ann"), visitor("bob"), visitor("cy")
    bob.type("I th")
    ann.sees_typing("bob is typing…")
    bob.sees_typing("")
    cy.type("but")
    ann.sees_typing("bob, cy are typing…")
    cy.page.get_by_role("textbox", name="Say something").fill("")
    ann.sees_typing("bob is typing…")
    bob.say("I think so")
    ann.sees("bob: I think so")
    ann.sees_typing("")
    bob.type("/nick b")  # a command is nobody's business
    cy.say("really?")
    ann.sees("bob: I think so", "cy: really?")
    ann.sees_typing("")


def test_who_stopped_typing_in_the_middle(visitor: NewVisitor) -> None:
    ann, bob = visitor(), visitor("bob")
    ann.page.clock.install()
    ann.page.reload()
    ann.give_name("ann")
    ann.is_in()
    bob.type("well")
    ann.sees_typing("bob is typing…")
    ann.page.clock.fast_forward(6_000)
    ann.sees_typing("")


def test_page_and_telnet_in_one_room(visitor: NewVisitor, telnet: NewTelnet) -> None:
    ann = visitor("ann")
    tel = telnet("tel")
    ann.notices("tel joined")
    ann.sees_people("ann", "tel")
    ann.say("hello terminal")
    tel.sees("<ann> hello terminal")
    tel.says("hello page")
    ann.sees("ann: hello terminal", "tel: hello page")
    ann.say("/msg tel between us")
    tel.sees("[ann] between us")
    ann.is_at("@tel")
    tel.says("/msg ann yes")
    ann.sees("ann: between us", "tel: yes")
    ann.goes_to("#lobby")
    ann.sees("ann: hello terminal", "tel: hello page")
    ann.say("/me smiles")
    tel.sees("<* ann smiles>")
    tel.says("/topic tea")
    ann.notices("tel set the topic: tea")
    expect(ann.page.locator("#topic")).to_have_text("tea")
    tel.says("/quit")
    ann.notices("tel left")
    ann.sees_people("ann")


def test_rename(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    ann.say("/nick Annie")
    bob.notices("ann is now called Annie")
    bob.sees_people("Annie", "bob")
    ann.notices("you are now called Annie")
    ann.page.get_by_role("button", name="Annie").click()
    ann.give_name("bob")
    expect(ann.page.get_by_role("alert")).to_contain_text("bob")
    ann.give_name("Anna")
    bob.notices("Annie is now called Anna")
    ann.say("now it is me")
    bob.sees("Anna: now it is me")
    ann.page.reload()
    ann.is_in()
    ann.sees_people("Anna", "bob")


def test_a_name_that_is_taken_or_wrong(visitor: NewVisitor) -> None:
    visitor("ann")
    other = visitor()
    problem = other.page.get_by_role("alert")
    other.give_name("Ann")
    expect(problem).to_contain_text("Ann is somebody else")
    other.give_name("<b>")
    expect(problem).to_contain_text("A name is one word of letters")
    other.give_name("bob")
    other.is_in()
    other.sees_people("ann", "bob")


def test_a_reload_shows_nothing_to_others(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    ann.say("before")
    bob.sees("ann: before")
    for _ in range(3):
        bob.page.reload()
        bob.is_in()
    bob.say("after")
    for each in (ann, bob):
        each.sees("ann: before", "bob: after")
    # Longer than the grace time after the last reload nothing is shown either: cy's leaving is
    # shown, and began later.
    cy = visitor("cy")
    cy.page.close()
    ann.notices("cy left (connection lost)")
    assert ann.all_notices() == ["bob joined", "cy joined", "cy left (connection lost)"]


def test_a_second_tab_is_the_same_user(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    tab = ann.another_tab()
    tab.say("from the second tab")
    for each in (ann, bob, tab):
        each.sees("ann: from the second tab")
        each.sees_people("ann", "bob")
    tab.page.close()
    ann.say("still here")
    bob.sees("ann: from the second tab", "ann: still here")
    assert bob.all_notices() == []


def test_another_room(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann", room="tea"), visitor("bob")
    ann.is_at("#tea")
    ann.say("is anybody here?")
    ann.sees("ann: is anybody here?")
    bob.sees()
    bob.sees_people("bob")
    bob.say("/join #tea")
    bob.sees("ann: is anybody here?")
    bob.sees_people("ann", "bob")
    assert bob.page.url.endswith("#/room/tea")
    bob.page.go_back()
    bob.is_at("#lobby")
    bob.sees()
    # Whoever looks at another room is still in this one.
    ann.say("yes, you")
    bob.has_unread(1, **{"#tea": 1})
    ann.notices("bob left", times=0)
    bob.clicks("#tea")
    bob.sees("ann: is anybody here?", "ann: yes, you")
    bob.say("/leave")
    bob.is_at("#lobby")
    bob.has_places("#lobby")
    ann.notices("bob left")
    ann.sees_people("ann")


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_server_restarts(visitor: NewVisitor, daemon: Twistd, how: str) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    ann.say("one")
    bob.sees("ann: one")
    bob.say("two")
    ann.sees("ann: one", "bob: two")
    getattr(daemon, how)()
    for each in (ann, bob):
        each.is_away()
    ann.say("three")
    ann.say("four")
    ann.waits_to_say("three", "four")
    bob.say("five")
    daemon.start()
    for each in (ann, bob):
        each.is_in()
        each.notices("The server's history began anew")
        each.sees_people("ann", "bob")
        expect(each.page.locator("#pending li")).to_have_count(0)
        texts = each.page.locator("#log .message .text")
        expect(texts).to_have_count(5)
        assert texts.all_inner_texts()[:2] == ["one", "two"]
        new = texts.all_inner_texts()[2:]
        assert sorted(new) == ["five", "four", "three"]
        assert new.index("three") < new.index("four")
    bob.say("six")
    expect(ann.page.locator("#log .message .text").last).to_have_text("six")
    for each in (ann, bob):
        before = each.page.locator("#log .message .text").all_inner_texts()
        each.page.reload()
        each.is_in()
        after = each.page.locator("#log .message .text")
        expect(after).to_have_text(before[2:])  # what this server knows: each once


def test_the_server_restarts_in_the_middle_of_a_stream(
    visitor: NewVisitor, daemon: Twistd
) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    said = [f"message {number}" for number in range(30)]
    for text in said[:10]:
        ann.say(text)
    daemon.stop()
    for text in said[10:20]:
        ann.say(text)
    daemon.start()
    for text in said[20:]:
        ann.say(text)
    for each in (ann, bob):
        expect(each.page.locator("#log .message .text")).to_have_text(said)
        expect(each.page.locator("#pending li")).to_have_count(0)


def test_what_was_said_to_a_silent_server(visitor: NewVisitor, daemon: Twistd) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    daemon.freeze()
    ann.say("once")
    ann.waits_to_say("once")
    ann.page.evaluate("setTimeout(() => location.reload())")  # before it heard more of it
    daemon.thaw()
    for each in (ann, bob):
        each.sees("ann: once")
    ann.is_in()
    ann.say("and more")
    bob.sees("ann: once", "ann: and more")


def test_a_dead_connection_is_noticed(visitor: NewVisitor, daemon: Twistd) -> None:
    ann, bob = visitor(), visitor("bob")
    ann.page.clock.install()
    ann.page.reload()
    ann.give_name("ann")
    ann.is_in()
    daemon.freeze()
    for _ in range(16):  # it asks whether the server is there, and has no answer for 12 s
        ann.page.clock.fast_forward(2_000)
    ann.is_away()
    bob.say("did you hear?")
    bob.say("/msg ann and this?")
    daemon.thaw()
    bob.sees("bob: and this?")
    ann.page.clock.fast_forward(15_000)
    ann.is_in()
    ann.sees_rows("You missed 1 message", "bob did you hear?")
    ann.has_unread(1, **{"@bob": 1})
    ann.goes_to("@bob")
    ann.sees_rows("You missed 1 message", "bob and this?")
    bob.goes_to("#lobby")
    # The page gave its connection up; to others that is no good-bye.
    bob.notices("ann left", times=0)


def test_the_name_is_gone_after_a_restart(
    visitor: NewVisitor, telnet: NewTelnet, daemon: Twistd
) -> None:
    ann = visitor()
    ann.page.clock.install()
    ann.page.reload()
    ann.give_name("ann")
    ann.is_in()
    daemon.stop()
    ann.is_away()
    ann.page.clock.pause_at(ann.page.evaluate("Date.now()") + 1000)
    daemon.start()
    telnet("ann")
    # It may be a remainder of ourselves, as it would be after a crash: for a while it tries again.
    status = ann.page.locator("#status")
    ann.time_passes_until(lambda: "ann is somebody" in (status.get_attribute("title") or ""))
    ann.is_away()
    alert = ann.page.get_by_role("alert")
    ann.time_passes_until(alert.is_visible)
    expect(alert).to_contain_text("ann")
    ann.page.clock.resume()
    ann.give_name("bob")
    ann.is_in()
    ann.sees_people("ann", "bob")


HOSTILE = (
    "<img src=x onerror='window.hacked = 1'>",
    "<script>window.hacked = 1</script>",
    "javascript:window.hacked=1",
    "&lt;b&gt; is no tag </li></ol><h1>neither",
)


def test_markup_is_only_text(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    for text in HOSTILE:
        ann.say(text)
    for each in (ann, bob):
        each.sees(*(f"ann: {text}" for text in HOSTILE))
    ann.say(f"/topic {HOSTILE[0]}")
    expect(bob.page.locator("#topic")).to_have_text(HOSTILE[0])
    bob.page.goto(bob.page.url.partition("#")[0] + "#/room/<img src=x onerror='window.hacked=1'>")
    bob.is_at("#lobby")
    bob.page.reload()
    bob.is_at("#lobby")
    bob.sees(*(f"ann: {text}" for text in HOSTILE))
    for each in (ann, bob):
        assert each.page.evaluate("window.hacked") is None
        assert each.page.locator("#log :is(img, script, h1, a)").count() == 0


def test_links(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    ann.say("see https://example.org/a?b=c#d, (http://example.org/x) and ftp://example.org")
    links = ann.page.locator("#log a")
    expect(links).to_have_text(["https://example.org/a?b=c#d", "http://example.org/x"])
    for link in links.all():
        assert link.get_attribute("rel") == "noopener noreferrer"
        assert link.get_attribute("href") == link.inner_text()


def test_what_cannot_be_said(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    field = ann.page.get_by_role("textbox", name="Say something")
    ann.say("x" * 4001)
    expect(ann.page.locator("#log .error")).to_contain_text("at most 4000 characters")
    expect(field).to_have_value("x" * 4001)
    ann.say("/join @bob")
    expect(ann.page.locator("#log .error").last).to_contain_text("/msg NAME TEXT")
    ann.say("still here")
    ann.sees("ann: still here")
    ann.say("/dance")
    expect(ann.page.locator("#log .error").last).to_contain_text("There is no /dance")
    expect(field).to_have_value("/dance")
    ann.say("/msg nobody hello")
    ann.is_at("@nobody")
    failed = ann.page.locator("#pending .failed")
    expect(failed).to_contain_text("not sent")
    failed.get_by_role("button", name="Retry").click()
    expect(failed).to_contain_text("not sent")
    failed.get_by_role("button", name="Discard").click()
    expect(failed).to_have_count(0)
    ann.goes_to("#lobby")
    ann.say("//dance")
    ann.sees("ann: still here", "ann: /dance")


def test_only_the_newest_rows_are_kept(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    ann.page.evaluate(
        """async () => {
            const socket = new WebSocket(location.origin.replace("http", "ws") + "/ws");
            await new Promise((resolve) => (socket.onopen = resolve));
            const send = (command) => socket.send(JSON.stringify(command));
            send({ type: "connect", nick: "bot" });
            send({ type: "join", room: "lobby" });
            for (let n = 1; n <= 600; n++)
                send({ type: "publish", room: "lobby", text: `line ${n}` });
        }"""
    )
    expect(ann.page.locator("#log .text").last).to_have_text("line 600")
    assert ann.page.locator("#log li").count() <= 200
    at_end = "el => el.scrollHeight - el.scrollTop - el.clientHeight < 2"
    assert ann.page.locator("#talk").evaluate(at_end)
    ann.page.locator("#talk").evaluate("el => el.scrollTo(0, 0)")
    ann.say("the last one")
    assert ann.page.locator("#talk").evaluate(at_end), "who speaks sees it"


def test_on_a_phone(visitor: NewVisitor, tmp_path: Path) -> None:
    phone = {"width": 320, "height": 568}
    ann = visitor("ann", viewport=phone, has_touch=True, is_mobile=True, device_scale_factor=2)
    bob = visitor("bob")
    bob.say("a" * 200 + " https://example.org/" + "b" * 100)
    topic = "much too long for a line on the screen of so small a telephone as this one"
    bob.say(f"/topic {topic}")
    ann.notices(f"bob set the topic: {topic}")
    ann.page.get_by_role("textbox", name="Say something").fill("hello")
    ann.page.get_by_role("button", name="Send").tap()
    expect(ann.page.locator("#log .text").last).to_have_text("hello")
    assert ann.page.evaluate("document.documentElement.scrollWidth") <= 320
    buttons = [ann.page.get_by_role("button", name=name, exact=True) for name in ("Send", "ann")]
    for shown in (*buttons, ann.page.locator("#status"), ann.page.locator("#transport")):
        box = shown.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
        assert box["y"] + box["height"] <= 568
    ann.page.screenshot(path=tmp_path / "phone.png")
