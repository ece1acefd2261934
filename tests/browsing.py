"""Pages in a real headless browser, for the tests that look at them."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Runs beside a page of 400 pixels and says in the body of the outer one what it found.
OUTER = """<!doctype html><iframe id="f" width="400" height="800" srcdoc="{page}"></iframe><script>
document.getElementById("f").onload = ({{ target: frame }}) => {{
  const page = frame.contentDocument, root = page.documentElement;
  const all = (selector, within = page) => [...within.querySelectorAll(selector)];
  {tools}
  const found = {{}};
  try {{ {script} }} catch (error) {{ found.error = String(error); }}
  document.body.dataset.found = JSON.stringify(found);
}};</script>"""
TOOLS = r"""
const seen = (each) => each.checkVisibility();
const words = (found) => found.map((each) => each.outerHTML.slice(0, 90));
const key = (name) => page.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
const tooltip = page.getElementById("tip");
const tip = () => tooltip.hidden ? null : tooltip.textContent;
// What lies in a media query holds from now on, or no longer.
const media = (part, holds) => {
  for (const sheet of page.styleSheets) for (const rule of sheet.cssRules)
    if (rule.media?.mediaText.includes(part)) rule.media.mediaText = holds ? "all" : "not all";
};
const beyond = () => all("body *").filter((each) => seen(each)
  && each.getBoundingClientRect().right > root.clientWidth + 1);
const light = (colour) => {
  const [r, g, b] = colour.match(/[\d.]+/g).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const style = (each) => frame.contentWindow.getComputedStyle(each);
const clear = (colour) => colour === "transparent" || /, 0\)$/.test(colour);
const behind = (each) => {
  for (let place = each; place; place = place.parentElement)
    if (!clear(style(place).backgroundColor)) return style(place).backgroundColor;
  return "rgb(255, 255, 255)";
};
const ink = (each) => style(each)[each.ownerSVGElement ? "fill" : "color"];
const text = (each) => [...each.childNodes].some(
  (node) => node.nodeType === 3 && node.textContent.trim());
// Texts that are paler than AA of WCAG 2 asks for.
const pale = () => all("body :not(script)").filter((each) => {
  if (!text(each) || !seen(each)) return false;
  const [low, high] = [light(ink(each)), light(behind(each))].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05) < 4.5;
});
const speaking = () => all("[data-tip], .mark[tabindex='0']").filter(seen);
const pressed = "a[href], button, input, select, summary, [role=region]";
const reachable = () => [...all(pressed).filter(seen), ...speaking()];
"""
# What holds of every page: at 400 pixels, by the keyboard, in the dark, and on paper of A4.
EVERYWHERE = r"""
found.wide = root.scrollWidth > root.clientWidth;
found.blank = all("svg").filter((each) => !each.querySelector("rect, circle")).length;
found.loaded = frame.contentWindow.performance.getEntriesByType("resource").length;
found.pale = words(pale());
found.unreachable = words(reachable().filter((each) => {
  each.focus();
  return page.activeElement !== each || each.tabIndex < 0;
}));
found.speaking = speaking().length;
found.silent = words(speaking().filter((each) => {
  each.focus();
  const box = tooltip.getBoundingClientRect();
  return !tip() || box.left < 0 || box.right > root.clientWidth;
}));
key("Escape");
found.loud = tip();
const charts = all("svg").filter((each) => seen(each) && each.querySelector(".mark"));
found.stops = charts.filter((each) => all(".mark[tabindex='0']", each).length !== 1).length;
found.stuck = charts.filter((each) => all(".mark", each).length > 2).filter((each) => {
  const first = all(".mark[tabindex='0']", each)[0];
  first.focus();
  for (const name of ["ArrowRight", "ArrowDown"]) key(name);
  return page.activeElement === first || !each.contains(page.activeElement) || !tip();
}).length;
page.activeElement.blur();
media("dark", true);
found.pale_in_the_dark = words(pale());
media("dark", false);
media("screen", false);
media("print", true);
frame.width = 680;
found.cut_off = words(beyond());
found.pale_on_paper = words(pale());
media("print", false);
media("screen", true);
media("dark", false);
frame.width = 400;
"""
FAULTLESS = {
    "wide": False, "blank": 0, "loaded": 0, "pale": [], "unreachable": [], "silent": [],
    "loud": None, "stops": 0, "stuck": 0, "pale_in_the_dark": [], "cut_off": [],
    "pale_on_paper": [],
}  # fmt: skip


def faults(found: dict[str, Any]) -> dict[str, Any]:
    """What `EVERYWHERE` found that should not be so; empty of a good page."""
    return {name: found.get(name) for name, good in FAULTLESS.items() if found.get(name) != good}


def browse(page: str, script: str, folder: Path) -> dict[str, Any]:
    """What a script finds in a page of 400 pixels; it fails by any word on the console.

    Args:
        page: its HTML.
        script: fills `found` and may use what `TOOLS` define; `page` is the document.
        folder: for files of the browser.
    """
    place = folder / "probe.html"
    outer = OUTER.format(page=html.escape(page), tools=TOOLS, script=script)
    place.write_text(outer, encoding="utf-8")
    done = _run(folder, "--virtual-time-budget=20000", "--dump-dom", place.as_uri())
    found = re.search(r'data-found="(.*?)"', done.stdout)
    assert found is not None, done.stderr
    assert "CONSOLE" not in done.stderr, done.stderr
    return json.loads(html.unescape(found[1]))


def printed(page: str, folder: Path) -> bytes:
    """The page as PDF, on the paper that it asks for."""
    place, paper = folder / "printed.html", folder / "printed.pdf"
    place.write_text(page, encoding="utf-8")
    _run(folder, "--no-pdf-header-footer", f"--print-to-pdf={paper}", place.as_uri())
    return paper.read_bytes()


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no Chromium on this machine")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += [f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)
