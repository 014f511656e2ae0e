"""In Chromium: a screen reader is told of each new message once, and not of those one pages back to."""

from playwright.sync_api import expect

from chat.tests.people import Raw

TOLD = """() => Object.fromEntries([...document.querySelectorAll('.message-body')].map(one => [one.innerText,
  one.closest('[aria-live], [role=log]').getAttribute('aria-live') || 'log']))"""
"""{text of a message: by what the nearest around it says whether it is announced}."""


def tree(page) -> list[dict]:
    """Chromium's tree of accessibility: [{role, name, properties}], without what it leaves out."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        {
            "role": one["role"]["value"],
            "name": one.get("name", {}).get("value", ""),
            **{said["name"]: said["value"].get("value") for said in one.get("properties", [])},
        }
        for one in nodes
        if not one["ignored"]
    ]


def test_it_works(busy_site, room, browser):
    with Raw(busy_site, room) as raw:
        for number in range(120):
            raw.send(message=f"word {number}")
        raw.hear(120)
        page = browser(busy_site, f"/chat/{room}/")
        raw.post("word 120")
        expect(page.locator(".message-body").last).to_have_text("word 120")
    nodes = tree(page)
    (log,) = [one for one in nodes if one["role"] == "log"]
    assert (log["name"], log["live"], log["relevant"]) == ("Messages", "polite", "additions text")
    assert len([one for one in nodes if one["role"] == "StaticText" and one["name"] == "word 120"]) == 1
    assert {*page.evaluate(TOLD).values()} == {"log"}
    shown = page.locator(".message").count()
    page.locator(".older-ask").scroll_into_view_if_needed()
    expect(page.locator(".message")).not_to_have_count(shown)
    told = page.evaluate(TOLD)
    older = [int(text.split()[1]) for text, how in told.items() if how == "off"]
    newer = [int(text.split()[1]) for text, how in told.items() if how == "log"]
    assert len(newer) == shown
    assert older == [*range(min(older), min(newer))]
    assert len(older) + len(newer) == len(told)
