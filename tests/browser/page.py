"""Draws on the page of `digits serve` in a real browser, as people do: with a mouse, a finger, the keyboard and a picture.

Usage: page.py DIGITS CHROMIUM FOLDER - the program, the browser, and where screenshots go. Exits with 1 if anything is not as it should be.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

ROOT = pathlib.Path(__file__).parents[2]
PICTURE = ROOT / "examples" / "seven.png"
SEVEN = [(0.28, 0.25), (0.5, 0.24), (0.72, 0.25), (0.6, 0.5), (0.48, 0.8)]
# Two strokes far enough apart to be two digits.
ELEVEN = [[(0.3, 0.2), (0.3, 0.8)], [(0.7, 0.2), (0.7, 0.8)]]
# Drops or pastes a picture.
HAND_OVER = """([kind, bytes]) => {
    const files = new DataTransfer();
    files.items.add(new File([new Uint8Array(bytes)], `${kind}.png`, { type: 'image/png' }));
    const event = kind === 'drop'
        ? new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true })
        : new ClipboardEvent('paste', { clipboardData: files, bubbles: true });
    document.getElementById('pad').dispatchEvent(event);
}"""


@contextmanager
def serving(digits, *flags, model="builtin"):
    """The address of a server that runs meanwhile."""
    command = [digits, "serve", "--port", "0", "--quiet", "--model", model, *flags]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        assert server.wait(timeout=10) == 0, "the server did not end well"


class Visit:
    """A page of the server, and whatever goes wrong on it."""

    def __init__(self, browser, address, model="builtin", **settings):
        self.address, self.problems = address, []
        self.context = browser.new_context(**settings)
        self.page = self.context.new_page()
        self.page.on("console", lambda said: said.type == "error" and self.problems.append(said.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", self.note)
        self.page.goto(address)
        expect(self.page.locator("#model")).to_contain_text(model)

    def note(self, request):
        if not request.url.startswith((self.address, "blob:", "data:")):
            self.problems.append(f"a request to {request.url}")

    def place(self, point):
        box = self.page.locator("#pad").bounding_box()
        return box["x"] + point[0] * box["width"], box["y"] + point[1] * box["height"]

    def draw(self, stroke):
        self.page.locator("#pad").scroll_into_view_if_needed()
        mouse = self.page.mouse
        mouse.move(*self.place(stroke[0]))
        mouse.down()
        for point in stroke[1:]:
            mouse.move(*self.place(point), steps=8)
        mouse.up()

    def touch(self, stroke):
        devtools = self.context.new_cdp_session(self.page)

        def send(kind, points):
            places = [dict(zip("xy", self.place(point))) for point in points]
            devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

        send("touchStart", stroke[:1])
        for start, end in zip(stroke, stroke[1:]):
            for step in range(1, 9):
                send("touchMove", [[a + (b - a) * step / 8 for a, b in zip(start, end)]])
        send("touchEnd", [])

    def answers(self, digit):
        expect(self.page.locator("#digit")).to_have_text(digit)

    def accessible(self):
        found = Axe().run(self.page).response["violations"]
        self.problems += [f"{each['id']}: {each['help']}: {each['nodes'][0]['html']}" for each in found]

    def done(self):
        self.context.close()
        assert not self.problems, self.problems


def mouse_and_history(browser, address, folder):
    visit = Visit(browser, address, viewport={"width": 1280, "height": 900})
    page = visit.page
    expect(page.locator("#words")).to_have_text("Nothing is drawn yet.")
    visit.accessible()
    visit.draw(SEVEN)
    visit.answers("7")
    expect(page.locator("#bars tr").nth(7)).to_have_class("first")
    expect(page.locator("#spoken")).to_contain_text("It is a 7")
    page.locator("#layers summary").click()
    expect(page.locator("#maps canvas")).not_to_have_count(0)
    visit.accessible()
    page.screenshot(path=folder / "wide-light.png", full_page=True)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    visit.accessible()
    page.screenshot(path=folder / "wide-dark.png", full_page=True)

    page.get_by_role("button", name="Clear").click()
    visit.answers("–")
    page.keyboard.press("Control+z")
    visit.answers("7")
    page.get_by_role("button", name="Undo").click()
    visit.answers("–")
    page.get_by_role("button", name="Redo").click()
    visit.answers("7")
    page.keyboard.press("Escape")
    visit.answers("–")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+z")
    visit.answers("–")

    width = page.locator("#width")
    page.keyboard.press("]")
    expect(width).to_have_value("8")
    page.keyboard.press("[")
    expect(width).to_have_value("7")

    for stroke in ELEVEN:
        visit.draw(stroke)
    expect(page.locator("#words")).to_contain_text("2 digits: 11")
    visit.done()


def finger(browser, address, folder):
    phone = {"width": 390, "height": 844}
    visit = Visit(browser, address, viewport=phone, has_touch=True, is_mobile=True, device_scale_factor=2)
    page = visit.page
    # Nothing is wider than the screen, and drawing does not scroll.
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    visit.touch(SEVEN)
    visit.answers("7")
    expect(page.locator("#maps canvas")).not_to_have_count(0)
    assert page.evaluate("scrollY") == 0
    visit.accessible()
    page.screenshot(path=folder / "phone-light.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=folder / "phone-dark.png", full_page=True)
    visit.done()


def keyboard_only(browser, address, folder):
    visit = Visit(browser, address, viewport={"width": 1280, "height": 900})
    page = visit.page
    page.keyboard.press("Tab")
    expect(page.locator("#pad")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Space")
    for _ in range(8):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Space")
    visit.answers("1")
    page.screenshot(path=folder / "keyboard.png")
    visit.done()


def pictures_and_marks(browser, digits, folder):
    with tempfile.TemporaryDirectory() as kept, serving(digits, "--collect", kept) as address:
        visit = Visit(browser, address, viewport={"width": 1280, "height": 900})
        page = visit.page
        page.locator("#file").set_input_files(PICTURE)
        visit.answers("7")
        page.get_by_role("button", name="3", exact=True).click()
        expect(page.locator("#marked")).to_have_text("Kept: wrong, it is a 3.")
        visit.accessible()
        page.screenshot(path=folder / "picture.png", full_page=True)
        names = sorted(path.name for path in pathlib.Path(kept).iterdir())
        assert [name[:2] for name in names] == ["3-", "3-"], names
        mark = json.loads((pathlib.Path(kept) / names[0]).read_text())
        assert (mark["label"], mark["digit"], mark["right"]) == (3, 7, False), mark
        assert (pathlib.Path(kept) / mark["file"]).read_bytes() == PICTURE.read_bytes()
        # A slip is taken back by the next mark.
        page.get_by_role("button", name="7", exact=True).click()
        expect(page.locator("#marked")).to_have_text("Kept: right, a 7.")
        assert page.locator("#marks [aria-pressed=true]").all_inner_texts() == ["7"]
        names = sorted(path.name for path in pathlib.Path(kept).iterdir())
        assert [name[:2] for name in names] == ["7-", "7-"], names

        page.get_by_role("button", name="Test digit").click()
        expect(page.locator("#source")).to_contain_text("labelled")
        expect(page.locator("#digit")).to_have_text(page.locator("#source").inner_text().split()[-1].rstrip("."))
        for event in ("drop", "paste"):
            page.keyboard.press("Escape")
            visit.answers("–")
            page.evaluate(HAND_OVER, [event, list(PICTURE.read_bytes())])
            visit.answers("7")
            expect(page.locator("#source")).to_have_text(f"{event}.png")
        # A file that is no picture.
        page.locator("#file").set_input_files(ROOT / "README.md")
        expect(page.locator("#words")).to_contain_text("not a picture")
        visit.done()


def other_classes(browser, digits):
    # Ten digits and one class more: names are shown, and nothing speaks of digits.
    with serving(digits, model="models/gate.bin") as address:
        visit = Visit(browser, address, "gate.bin", viewport={"width": 1280, "height": 900})
        page = visit.page
        expect(page.locator("h1")).to_have_text("Draw what it knows")
        expect(page.locator("#bars th")).to_have_text([*"0123456789", "none"])
        expect(page.get_by_role("button", name="Test image")).to_be_hidden()
        visit.draw(SEVEN)
        visit.answers("7")
        expect(page.locator("#words")).to_contain_text("7: ")
        expect(page.locator("#bars tr").nth(7)).to_have_class("first")
        page.keyboard.press("Escape")
        for stroke in ELEVEN:
            visit.draw(stroke)
        expect(page.locator("#words")).to_contain_text("2 in all: ")
        visit.accessible()
        visit.done()


def main():
    digits, chromium, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # In milliseconds: shared machines may be very slow for a while.
    expect.set_options(timeout=60_000)
    with sync_playwright() as driver, serving(digits) as address:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        mouse_and_history(browser, address, folder)
        finger(browser, address, folder)
        keyboard_only(browser, address, folder)
        pictures_and_marks(browser, digits, folder)
        other_classes(browser, digits)
        browser.close()
    print("the page works: mouse, finger, keyboard, pictures, marks, other classes; screenshots in", folder)


if __name__ == "__main__":
    main()
