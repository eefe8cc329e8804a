"""A headless Chromium without any network, and what tests look up in its page."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

# Every host name fails, and what is requested is logged.
SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
SWITCHES += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
SWITCHES += ["--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1400,900"]


def start(folder: Path) -> webdriver.Chrome:
    """Start a browser that keeps its own files in `folder`; skip the test where none is installed."""
    binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("needs chromium and chromedriver (Debian: apt install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for switch in [*SWITCHES, f"--user-data-dir={folder}"]:
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


def wait(page: webdriver.Chrome, condition: Callable[[], Any]) -> Any:
    """Wait until a condition holds, and return it; errors meanwhile are ignored."""
    return WebDriverWait(page, 20, poll_frequency=0.05, ignored_exceptions=[Exception]).until(
        lambda _: condition()
    )


def script(page: webdriver.Chrome, code: str, *arguments: Any) -> Any:
    """Run JavaScript in the page, and return what it returns."""
    return page.execute_script(code, *arguments)


def texts(page: webdriver.Chrome, selector: str) -> list[str]:
    """Return the visible text of each element that a CSS selector selects."""
    return script(
        page, "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim())", selector
    )


def asked_for(page: webdriver.Chrome) -> list[str]:
    """List the addresses that the page has requested since the last call."""
    messages = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    # Chromium's own page of a new tab, with a part of another kind in it, is open for a moment before.
    own = ("chrome:", "chrome-untrusted:")
    return [s["request"]["url"] for s in sent if not s["documentURL"].startswith(own)]


def errors(page: webdriver.Chrome) -> list[str]:
    """List the errors on its console since the last call."""
    return [entry["message"] for entry in page.get_log("browser") if entry["level"] == "SEVERE"]
