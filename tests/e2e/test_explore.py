"""The interactive page: what its data say, and in a browser without network that filters and boxes work."""

import json
import subprocess
import sys

import factory
import pytest
from browser import asked_for, errors, script, start, texts, wait
from paths import ROOT
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from scripts.figures import explore, packed_rows

FRAMEWORKS = ("tensorflow", "pytorch", "theano")
MISSING = ("mnist", "theano", 2)
FLAGGED = ("letter", "pytorch", 1)
# How many marks of one kind the chart shows, by the name that Vega-Lite gives to a view's marks.
MARKS = """
const count = (item, name) => (item.name === name ? item.items.length : 0) +
  (item.items || []).reduce((sum, inner) => sum + count(inner, name), 0);
return count(view.scenegraph().root, arguments[0]);
"""


def make(run):
    seconds = {"tensorflow": 10.0, "pytorch": 20.0, "theano": 80.0}[run.framework] + run.fold
    accuracy = {"mnist": 0.9, "letter": 0.7}[run.dataset]
    busy = {"other_cores": 3.0} if (run.dataset, run.framework, run.fold) == FLAGGED else {}
    return factory.make(run, train_s=seconds, accuracy=accuracy, surroundings=busy)


@pytest.fixture(scope="module")
def planned():
    return factory.plan(["mnist", "letter"], splits=["kfold"], folds=3)


@pytest.fixture(scope="module")
def written(tmp_path_factory, planned):
    folder = tmp_path_factory.mktemp("explore")
    made = [make(run) for run in planned if (run.dataset, run.framework, run.fold) != MISSING]
    _, parquet = factory.table(planned, made, folder)
    out = folder / "explore.html"
    command = [sys.executable, ROOT / "scripts", "explore", "--runs", parquet]
    for file in (out, folder / "again.html"):
        subprocess.run([*command, "--out", file], check=True)
    assert out.read_bytes() == (folder / "again.html").read_bytes()
    return out


@pytest.fixture(scope="module")
def page(written, tmp_path_factory):
    browser = start(tmp_path_factory.mktemp("chromium"))
    try:
        browser.get(written.as_uri())
        wait(browser, lambda: script(browser, "return Boolean(window.view)"))
        yield browser
    finally:
        browser.quit()


def choose(page, **wanted):
    """Set filters, as a reader does, and all others to `all`."""
    for label in page.find_elements(By.CSS_SELECTOR, "#filters label"):
        name = label.find_element(By.CSS_SELECTOR, ".vega-bind-name").text.strip()
        Select(label.find_element(By.TAG_NAME, "select")).select_by_visible_text(wanted.pop(name, "all"))
    assert not wanted


def shown(page, runs, epochs):
    """Wait for so many points and ticks."""
    wait(page, lambda: script(page, MARKS, "runs_marks") == runs)
    wait(page, lambda: script(page, MARKS, "epochs_marks") == epochs)
    return True


def test_data_have_every_planned_run_with_its_facts(planned, tmp_path):
    made = [make(run) for run in planned if (run.dataset, run.framework, run.fold) != MISSING]
    rows = explore.rows(factory.table(planned, made, tmp_path)[0])
    assert len(rows) == len(planned) == 18
    assert all(set(row) == {*explore.FACTS, "epochs"} for row in rows)
    by_name = {(row["dataset"], row["framework"], row["fold"]): row for row in rows}
    lost = by_name["MNIST", "Theano", 2]
    assert (lost["validity"], lost["total_s"], lost["epochs"]) == ("missing", None, [])
    doubtful = by_name["Letter Recognition", "PyTorch", 1]
    assert (doubtful["validity"], doubtful["flags"]) == ("shared", "busy machine")
    clean = by_name["MNIST", "TensorFlow", 0]
    assert (clean["validity"], clean["flags"]) == ("clean", "")
    assert (clean["total_s"], clean["accuracy"], clean["threads"], clean["busy"]) == (12.0, 90.0, 4, 3.5)
    assert clean["versions"] == "TensorFlow 1.2.3, Keras 3.0, Python 3.12.1, NumPy 2.1.0"
    assert clean["host"] == "node1, Test CPU"
    assert len(clean["epochs"]) == 12 and clean["epoch_s"] == pytest.approx(10 / 12, rel=1e-4)


def test_the_page_unpacks_what_was_packed(page, planned, tmp_path):
    """Texts, numbers, times, nulls and the lists of epochs are those of the records."""
    made = [make(run) for run in planned if (run.dataset, run.framework, run.fold) != MISSING]
    rows = explore.rows(factory.table(planned, made, tmp_path)[0])
    assert script(page, "return unpack(given('runs'))") == rows
    assert None in rows[8].values() or None in rows[7].values()


def test_times_are_packed_as_steps():
    texts = ["2026-01-01 00:00:05", None, "2026-01-02 00:00:04", "2026-01-01 00:00:00"]
    packed = packed_rows.times(texts)
    assert packed == {"first": 1767225605, "steps": [0, None, 86399, -86404]}
    assert packed_rows.times([None]) == {"first": 0, "steps": [None]}


def test_more_epochs_than_the_page_holds_are_quantiles(planned, tmp_path, monkeypatch):
    """Of each run the least, the quartiles and the greatest, and the chart says so."""
    monkeypatch.setattr(explore, "MOST_EPOCHS", 8 * 12 + 9 * 300 - 1)
    made = [make(run) for run in planned if (run.dataset, run.framework, run.fold) != MISSING]
    made[0] = factory.make(planned[0], times={"epochs_s": [float(n) for n in range(1, 13)]})
    runs = factory.table(planned, made, tmp_path)[0]
    rows = explore.rows(runs)
    assert [len(row["epochs"]) for row in rows] == [5 if row["total_s"] else 0 for row in rows]
    assert rows[0]["epochs"] == [1, 3.75, 6.5, 9.25, 12] and rows[0]["epoch_s"] == 6.5
    spec = explore.chart(rows, list(FRAMEWORKS), explore.are_many(runs))
    assert "the least, the quartiles and the greatest" in json.dumps(spec)
    monkeypatch.setattr(explore, "MOST_EPOCHS", 8 * 12 + 9 * 300)
    assert not explore.are_many(runs)


def test_texts_cannot_end_the_script():
    content = {"host": "</script><b>", "flags": "<!--<script>"}
    assert "<" not in explore.embedded(content)
    assert json.loads(explore.embedded(content)) == content


def test_licence_goes_with_the_software(written):
    text = written.read_text(encoding="utf-8")
    assert "Vega-Embed" in text and "BSD-3-Clause" in text
    assert "University of Washington" in text


def test_everything_is_shown_at_first(page):
    assert shown(page, 17, 8 * 12 + 9 * 300)
    assert texts(page, "#count") == ["18 of 18 runs, 1 of them missing"]
    assert len(texts(page, "#table tbody tr")) == 18


def test_a_filter_changes_points_ticks_and_table(page):
    choose(page, dataset="MNIST")
    assert shown(page, 8, 8 * 12)
    choose(page, dataset="MNIST", framework="Theano")
    assert shown(page, 2, 2 * 12)
    assert texts(page, "#count") == ["3 of 18 runs, 1 of them missing"]
    cells = [row.split("\t")[:2] for row in texts(page, "#table tbody tr")]
    assert cells == [["MNIST", "Theano"]] * 3
    choose(page, **{"verdict on its time": "shared"})
    assert shown(page, 1, 300)
    choose(page)
    assert shown(page, 17, 8 * 12 + 9 * 300)


def test_filters_offer_what_the_experiment_has(page):
    offered = {}
    for label in page.find_elements(By.CSS_SELECTOR, "#filters label"):
        name = label.find_element(By.CSS_SELECTOR, ".vega-bind-name").text.strip()
        offered[name] = [option.text for option in Select(label.find_element(By.TAG_NAME, "select")).options]
    assert list(offered) == list(explore.FILTERS.values())
    assert offered["dataset"] == ["all", "MNIST", "Letter Recognition"]
    assert offered["device"] == ["all", "CPU"]
    assert sorted(offered["verdict on its time"]) == ["all", "clean", "missing", "shared"]


# [x, y, seconds] of every point, from the upper left corner of the canvas.
POINTS = """
const [ox, oy] = view.origin(), {left, top} = view.padding();
const points = (item, x, y) => item.name === "runs_marks"
  ? item.items.map(point => [x + point.x, y + point.y, point.datum.total_s])
  : (item.items || []).flatMap(inner => points(inner, x + (item.mark ? item.x || 0 : 0),
                                                     y + (item.mark ? item.y || 0 : 0)));
return points(view.scenegraph().root, ox + left, oy + top);
"""


def test_a_box_chooses_epochs_and_rows(page):
    """Dragged around the fast runs of both datasets, none of which is Theano's."""
    fast = [(x, y) for x, y, seconds in script(page, POINTS) if seconds < 50]
    assert len(fast) == 12
    (left, top), (right, bottom) = ([edge(c) for c in zip(*fast, strict=True)] for edge in (min, max))
    drag(page, (left - 8, top - 8), (right + 8, bottom + 8))
    wait(page, lambda: texts(page, "#count") == ["12 of 18 runs"])
    assert "Theano" not in "".join(texts(page, "#table tbody tr"))
    assert shown(page, 17, 6 * 12 + 6 * 300)
    double_click(page, (right + 60, bottom - 60))
    assert shown(page, 17, 8 * 12 + 9 * 300)
    wait(page, lambda: len(texts(page, "#table tbody tr")) == 18)


def drag(page, begin, end):
    """Press the mouse at a place on the canvas, move it to another one and let it go."""
    mouse = pointer(page, begin)
    mouse.pointer_action.pointer_down()
    mouse.pointer_action.move_to_location(*on_screen(page, end))
    mouse.pointer_action.pointer_up()
    mouse.perform()


def double_click(page, place):
    mouse = pointer(page, place)
    for _ in range(2):
        mouse.pointer_action.pointer_down()
        mouse.pointer_action.pointer_up()
    mouse.perform()


def pointer(page, place):
    """The mouse on its way to a place on the canvas."""
    script(page, "scrollTo(0, 0)")
    mouse = ActionBuilder(page)
    mouse.pointer_action.move_to_location(*on_screen(page, place))
    return mouse


def on_screen(page, place):
    """The place on the canvas in pixels of the window."""
    box = script(page, "return document.querySelector('#chart canvas').getBoundingClientRect()")
    return round(box["x"] + place[0]), round(box["y"] + place[1])


def test_a_click_on_a_column_sorts_the_rows(page):
    button = next(b for b in page.find_elements(By.CSS_SELECTOR, "#table button") if b.text == "total s")
    script(page, "arguments[0].click()", button)
    column = list(explore.FACTS).index("total_s")
    seconds = [row.split("\t")[column] for row in texts(page, "#table tbody tr")]
    assert seconds[-1] == ""  # the missing one comes last
    assert [float(value) for value in seconds[:-1]] == sorted(float(value) for value in seconds[:-1])


def test_pointer_on_a_point_tells_its_run(page):
    x, y, seconds = script(page, POINTS)[-1]
    pointer(page, (x, y)).perform()

    def reported():
        cells = texts(page, "#vg-tooltip-element.visible td")
        return dict(zip(cells[::2], cells[1::2], strict=True))

    wait(page, lambda: float(reported()["total s"]) == seconds)
    facts = reported()
    assert facts["threads"] == "4" and facts["host"] == "node1, Test CPU"
    assert facts["started (UTC)"].startswith("2026-01-01 00:0")
    assert "Python 3.12.1" in facts["versions"]


def test_nothing_was_asked_for_and_no_error_was_told(page):
    asked = asked_for(page)
    assert any(url.endswith("explore.html") for url in asked)
    assert {url for url in asked if url.split(":")[0] not in ("file", "data", "blob")} == set()
    assert errors(page) == []


# ---- Thousands of runs ----


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A browser with the page of 6,000 runs, their number, and the file."""
    folder = tmp_path_factory.mktemp("large")
    config = {**factory.CONFIG, "seeds": list(range(100))}
    plan = factory.plan(["mnist", "letter"], splits=["kfold"], replicates=100)
    made = [
        factory.make(run, config, train_s=10 + n % 1000 / 100, accuracy=0.5 + n % 400 / 1000)
        for n, run in enumerate(plan)
    ]
    runs, _ = factory.table(plan, made, folder, config)
    data = explore.rows(runs)
    out = folder / "explore.html"
    out.write_text(explore.page(explore.chart(data, list(FRAMEWORKS), explore.are_many(runs)), data))
    browser = start(tmp_path_factory.mktemp("chromium"))
    try:
        browser.get(out.as_uri())
        wait(browser, lambda: script(browser, "return Boolean(window.view)"))
        yield browser, len(plan), out
    finally:
        browser.quit()


def test_charts_of_thousands_of_runs_show_some_and_the_table_counts_all(large):
    browser, count, _ = large
    assert count == 6000
    assert shown(browser, 5000, 5 * 5000)  # quantiles of each
    words = f"The charts show 5000 of the {count} runs chosen, evenly taken; the table has all."
    wait(browser, lambda: texts(browser, "#drawn") == [words])
    assert texts(browser, "#count") == [f"{count} of {count} runs; the table has the first 500"]
    choose(browser, dataset="Letter Recognition")
    assert shown(browser, 3000, 5 * 3000)
    wait(browser, lambda: texts(browser, "#count") == [f"3000 of {count} runs; the table has the first 500"])
    assert texts(browser, "#drawn") == [""]
    choose(browser)
    assert shown(browser, 5000, 5 * 5000)


def test_a_click_sorts_all_runs_and_not_only_those_that_the_table_has(large):
    browser, _, _ = large
    column = list(explore.FACTS).index("total_s")
    button = browser.find_elements(By.CSS_SELECTOR, "#table thead button")[column]
    for ends in ([12.0] * 5, [21.99] * 5):  # which are not all among the first 500 of the plan
        script(browser, "arguments[0].click()", button)
        lines = script(
            browser,
            "return [...document.querySelectorAll('#table tbody tr')].slice(0, 5)"
            ".map(row => +row.cells[arguments[0]].textContent)",
            column,
        )
        assert lines == pytest.approx(ends, abs=0.011)
    assert errors(browser) == []


def test_the_page_of_thousands_of_runs_is_small(large):
    _, _, out = large
    assert out.stat().st_size < 1.2e6  # 0.9 MB of it are Vega
