"""The page in a browser: no request leaves, no error, every width, dark, print, contrast. Skipped where there is no Chromium."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_page import FULL, STORIES

from mlefit.drawing.page.rendered import html

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("jinja2")

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDTHS = (320, 390, 800, 1280)
CONTRAST = """() => {
  const rgb = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const part = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const light = c => 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2]);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$/.test(colour) && colour !== 'transparent') return rgb(colour);
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || ['SCRIPT', 'STYLE', 'title', 'desc'].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgb(element.ownerSVGElement ? style.fill : style.color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([ratio, element.tagName + '.' + element.getAttribute('class') + ': ' + element.textContent.slice(0, 40)]);
  }
  return found;
}"""


def executable() -> str | None:
    """Chromium of the system, None where playwright has one of its own."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    with playwright.sync_playwright() as made:
        own = made.chromium.executable_path
    if found is None and not Path(own).exists():
        pytest.skip("no Chromium: neither the system's nor playwright's")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    place = executable()
    with playwright.sync_playwright() as made:
        found = made.chromium.launch(executable_path=place, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("page") / "report.html"
    place.write_text(html(FULL), encoding="utf-8")
    return place


def opened(browser: Any, place: Path, width: int, scheme: str = "light") -> tuple[Any, list[str], list[str]]:
    """The page, what the console said, and what was asked for beside the file."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(place.as_uri())
    return page, said, [url for url in asked if url != place.as_uri()]


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_asked_for_nothing_is_wrong_and_nothing_scrolls_sideways(browser: Any, page_file: Path, width: int) -> None:
    page, said, asked = opened(browser, page_file, width)
    assert said == []
    assert asked == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    columns = page.evaluate("getComputedStyle(document.querySelector('.three')).gridTemplateColumns.split(' ').length")
    assert columns == (1 if width < 640 else 2 if width < 980 else 3)
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_is_legible(browser: Any, page_file: Path, scheme: str) -> None:
    page, *_ = opened(browser, page_file, 1280, scheme)
    found = page.evaluate(CONTRAST)
    assert len(found) > 100
    assert [one for one in found if one[0] < 4.5] == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    page.close()


def test_print_is_light_on_paper_and_a_pdf_comes_out(browser: Any, page_file: Path) -> None:
    page, *_ = opened(browser, page_file, 1280, "dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    made = page.pdf(format="A4", tagged=True, prefer_css_page_size=True)
    assert made.startswith(b"%PDF")
    assert 2 <= made.count(b"/Type /Page\n") + made.count(b"/Type /Page ") + made.count(b"/Type /Page/") <= 8
    page.close()


def test_a_reader_of_the_screen_finds_pictures_by_name(browser: Any, page_file: Path) -> None:
    page, *_ = opened(browser, page_file, 1280)
    pictures = page.get_by_role("img")
    assert pictures.count() == 8
    assert page.get_by_role("img", name="Quantiles of the residuals").count() == 1
    assert page.get_by_role("region", name="Parameters").count() == 1
    assert page.evaluate("JSON.parse(document.getElementById('mlefit-fit').textContent).schema") == "mlefit.fit/1"
    page.close()


@pytest.mark.parametrize("name", STORIES)
def test_every_story_opens_without_an_error(browser: Any, name: str, tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    place.write_text(html(STORIES[name]), encoding="utf-8")
    page, said, asked = opened(browser, place, 320)
    assert (said, asked) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()
