"""A headless Chromium without any network, and what tests ask of the page in it."""

import json
import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

# Every host name fails, and what is asked for is written down.
SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
SWITCHES += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
SWITCHES += ["--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1400,900"]


def start(folder):
    """A browser that keeps its own files in `folder`; skips the test where none is installed."""
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


def wait(page, condition):
    return WebDriverWait(page, 20, poll_frequency=0.05, ignored_exceptions=[Exception]).until(
        lambda _: condition()
    )


def script(page, code, *arguments):
    return page.execute_script(code, *arguments)


def texts(page, selector):
    return script(
        page, "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim())", selector
    )


def asked_for(page):
    """Addresses that the page has asked for since the last call."""
    messages = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    # Chromium's own page of a new tab is open for a moment before.
    return [s["request"]["url"] for s in sent if not s["documentURL"].startswith("chrome:")]


def errors(page):
    """Errors on its console since the last call."""
    return [entry["message"] for entry in page.get_log("browser") if entry["level"] == "SEVERE"]
