"""`GET /docs` in a real browser: everything from this server, under a policy that lets no inline script run."""

import json

from chromium import chromium
from gateway_process import running
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE_SECONDS = 60


def test_the_documentation_works_without_anything_from_elsewhere(small_model, tmp_path):
    with (
        running(small_model, tmp_path) as gateway,
        chromium(tmp_path / "profile", logs=("browser", "performance")) as seen,
    ):
        seen.get(f"{gateway.url}/docs")
        waiting = WebDriverWait(seen, PATIENCE_SECONDS)
        waiting.until(lambda browser: browser.find_elements(By.CSS_SELECTOR, ".opblock-summary-path"))
        paths = {one.get_attribute("data-path") for one in seen.find_elements(By.CSS_SELECTOR, ".opblock-summary-path")}
        assert {"/predict", "/analyze/code", "/feedback", "/drift-status"} <= paths
        operation = seen.find_element(By.CSS_SELECTOR, "[id$=predict_predict_post]")
        operation.find_element(By.CSS_SELECTOR, ".opblock-summary-control").click()
        waiting.until(lambda _: operation.find_elements(By.CSS_SELECTOR, "button.execute"))
        operation.find_element(By.CSS_SELECTOR, "button.execute").click()
        waiting.until(lambda _: "prediction_id" in operation.text)
        complaints = [one["message"] for one in seen.get_log("browser") if one["level"] == "SEVERE"]
        events = [json.loads(entry["message"])["message"] for entry in seen.get_log("performance")]
    asked = [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]
    called = [url for url in asked if url.startswith(("http", "ws"))]  # not the browser's own first page
    assert called
    assert [url for url in called if not url.startswith(gateway.url)] == []
    assert complaints == []
