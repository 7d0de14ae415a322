"""Whether everybody can use a page: axe-core's rules, the focus, what moves, what fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

FOCUSED = """() => {
  const { activeElement: at } = document;
  if (!at || at === document.body) return "nothing has the focus";
  const { top, left, bottom, right, width, height } = at.getBoundingClientRect();
  const inView = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  if (!inView || width * height === 0) return `${at.outerHTML} is out of view`;
  if (!at.matches(":focus-visible")) return "";
  const ringed = ({ outlineStyle, outlineWidth, boxShadow }) =>
    (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
  const marked = (each) =>
    [null, "::after"].some((part) => ringed(getComputedStyle(each, part)));
  for (let each = at, far = 0; each && far < 4; each = each.parentElement, far += 1)
    if (marked(each)) return "";
  return `nothing marks the focus on ${at.outerHTML}`;
}"""

SPILLS = """() => {
  const wide = document.documentElement.clientWidth;
  const seen = (each) => each.checkVisibility({ visibilityProperty: true });
  const out = [...document.querySelectorAll("body *")].filter((each) => {
    const { left, right, width } = each.getBoundingClientRect();
    const hidden = each.closest("[inert], [popover]:not(:popover-open), pre, .unseen, .skip");
    return width > 0 && !hidden && (right > wide + 1 || left < -1) && seen(each);
  });
  const spilt = out.map((each) => each.outerHTML.slice(0, 200));
  const scrolls = document.scrollingElement.scrollWidth > wide;
  return scrolls ? ["the page scrolls sideways", ...spilt] : spilt;
}"""


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(
            AXE.read_text()
        )  # not as a script of the page: its policy allows only its own
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", list(RULES)
    )
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def focus_problem(page: Page) -> str:
    """What is wrong with where the focus is; "" if it can be seen somewhere."""
    problem: str = page.evaluate(FOCUSED)
    return problem


def spills(page: Page) -> list[str]:
    """What reaches beyond the sides of the page."""
    out: list[str] = page.evaluate(SPILLS)
    return out


def moving(page: Page) -> list[str]:
    """What is being animated just now."""
    found: list[str] = page.evaluate(
        """document.getAnimations().map(({ animationName, transitionProperty, effect }) => {
            const target = effect?.target?.outerHTML.slice(0, 200);
            return `${animationName ?? transitionProperty} of ${target}`;
        })"""
    )
    return found
