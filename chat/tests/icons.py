"""Draws the icons that can't be SVG, out of SVG: python -m chat.tests.icons writes PNGs into chat/static/chat/."""

from playwright.sync_api import sync_playwright

from chat.tests import servers

MARK = servers.ROOT / "chat/static/chat/icon.svg"
DRAWN = servers.ROOT / "theme/static_src/icons"
ICONS = servers.ROOT / "chat/static/chat"

PICTURES = {
    "icon-192.png": (MARK, 192, 192),
    "icon-512.png": (MARK, 512, 512),
    "icon-maskable.png": (DRAWN / "full.svg", 512, 512),  # what matters is within the circle that any mask leaves
    "apple-touch-icon.png": (DRAWN / "full.svg", 180, 180),
    "share.png": (DRAWN / "share.svg", 1200, 630),
}
"""{name: (source, width, height in pixels)}."""


def main() -> None:
    with sync_playwright() as playwright:
        chromium = servers.launch_chromium(playwright)
        for name, (source, width, height) in PICTURES.items():
            page = chromium.new_page(viewport={"width": width, "height": height})
            page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{source.read_text()}")
            page.screenshot(path=ICONS / name, omit_background=True)
            page.close()
            print(f"{name}: {(ICONS / name).stat().st_size / 1000:.1f} KB")
        chromium.close()


if __name__ == "__main__":
    main()
