"""Pages in headless Chromium, without network."""

import os
import re
import shutil
import unicodedata
from contextlib import contextmanager

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@contextmanager
def chromium():
    """Start Chromium, or skip the test if there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with api.sync_playwright() as playwright:
        # Parallel coordinates are drawn with WebGL, here without a graphics card.
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--enable-unsafe-swiftshader", *root]
        )
        yield launched
        launched.close()


@contextmanager
def opened_page(browser, file, **options):
    """Open a page; at the end check that it reported no error and asked for nothing else.

    Parameters
    ----------
    browser
        The browser.
    file
        The page.
    options
        Of the window, such as ``viewport``.
    """
    page = browser.new_page(**options)
    said = []
    page.on("console", lambda message: said.append((message.type, message.text)))
    page.on("pageerror", lambda error: said.append(("error", str(error))))
    page.on("request", lambda asked: said.append(("request", asked.url)))
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready='1']", timeout=60_000)
    yield page
    wrong = [each for each in said if each[0] == "error"]
    assert not wrong
    asked = [
        url for kind, url in said if kind == "request" and not url.startswith(("file", "blob"))
    ]
    assert not asked, "the page needs the network"
    page.close()


def printed_text(page, path):
    """Print a page on A4 and return its text, words separated by single spaces."""
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    page.pdf(path=path, format="A4")
    # Maps are thousands of forms; beyond its limit, pypdf leaves out the rest of a page.
    with pypdf.apply_configuration(xform_maximum_invocations_per_extraction=1_000_000):
        text = " ".join(each.extract_text() for each in pypdf.PdfReader(path).pages)
    # Ligatures, such as that of ffi, as their letters.
    letters = re.sub("[\ufb00-\ufb06]", lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return " ".join(letters.split())
