"""Headless Chromium for the tests that look at pages as people do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.waiting import START_LIMIT

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
"""The one without windows first: it draws the same and prepares none of a browser's own pages."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_CHROMIUM = "needs chromium on PATH (apt-get install chromium-headless-shell)"
BROWSER_TEST = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM),
    pytest.mark.slow,
    pytest.mark.timeout(900),
]
"""The `pytestmark` of a module whose tests open pages."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium that nobody sees, closed at the end."""
    expect.set_options(timeout=START_LIMIT * 1000)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=START_LIMIT * 1000)
        try:
            yield running
        finally:
            running.close()


@contextmanager
def open_page(browser: Browser, **look: Any) -> Iterator[Page]:
    """A page with its own storage, which waits for what must come as long as a busy machine takes.

    Nothing moves on it: what pulses is drawn sixty times a second, without a card by the processor.
    """
    context = browser.new_context(reduced_motion="reduce", **look)
    context.set_default_timeout(START_LIMIT * 1000)
    try:
        yield context.new_page()
    finally:
        context.close()
