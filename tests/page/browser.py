"""A headless Chromium, and what a test asks of it."""
import pathlib
import shutil

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

# The browser speaks with loopback alone: what it would do on its own account is switched off.
FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --disable-default-apps --disable-extensions --no-proxy-server
--disable-features=OptimizationHints,MediaRouter --force-device-scale-factor=1 --host-resolver-rules=MAP&*&~NOTFOUND,EXCLUDE&127.0.0.1"""


class Browser:
    def __init__(self, directory: pathlib.Path):
        self.downloads = directory / "downloads"
        self.downloads.mkdir()
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in FLAGS.split():
            options.add_argument(flag.replace("&", " "))
        options.add_argument(f"--user-data-dir={directory / 'profile'}")
        options.add_experimental_option("prefs", {"download.default_directory": str(self.downloads)})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self.resize(1440, 900)

    def resize(self, width: int, height: int):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def scheme(self, name: str):
        features = [{"name": "prefers-color-scheme", "value": name}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def open(self, url: str):
        self.driver.get("about:blank")
        self.driver.get(url)

    def one(self, selector: str):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return self.one(selector).text

    def run(self, script: str, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, condition, what: str, seconds: float = 15):
        """Waits until `condition` holds, and gives what it says."""
        wait = WebDriverWait(self.driver, seconds, poll_frequency=0.05, ignored_exceptions=(Exception,))
        return wait.until(lambda _: condition(), f"did not happen: {what}")

    def says(self, selector: str, text: str):
        self.until(lambda: text in self.text(selector), f"{selector} says {text!r}")

    def focused(self) -> str:
        """The id of the element that has the focus, or what else tells it."""
        return self.run("const e = document.activeElement; return e.id || e.dataset.key || e.textContent")

    def press(self, *keys: str):
        self.driver.switch_to.active_element.send_keys(*keys)

    def complaints(self) -> list:
        """What the browser had to complain of: errors of scripts, and what the policy of the page forbids."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def axe(self, source: str) -> list:
        """What axe-core finds, a line each."""
        self.run(source)
        found = self.driver.execute_async_script("axe.run(document).then(arguments[0])")
        return [f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
                for one in found["violations"] for node in one["nodes"]]

    def screenshot(self, path: pathlib.Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(path))

    def quit(self):
        self.driver.quit()
