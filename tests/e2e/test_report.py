"""The quickstart's report.html as a reader sees it: opened in headless Chromium, clicked through."""

import csv
import json
import re
import shutil
from xml.etree import ElementTree

import pytest
from browser import asked_for, errors, script, start, texts, wait
from commands import call
from paths import ROOT
from selenium.webdriver.common.by import By

from scripts.parity import certificate_page

RESULTS = ROOT / "results" / "quickstart"
SVG = "{http://www.w3.org/2000/svg}"
CATEGORIES = ["1 Results", "2 Figures", "3 Checks", "4 Environments", "5 All runs"]
TABLES = [
    "answer",
    "times",
    "speedups",
    "accuracy",
    "differences",
    "published",
    "verdicts",
    "doubts",
    "learning",
    "phases",
    "breakeven",
    "implementations",
    "keras_costs",
    "backends",
    "devices",
    "validation",
    "flags",
    "parity",
    "effective",
    "data",
    "software",
    "machines",
]
FIGURES = [
    f"{name}-figure.html"
    for name in ("digits", "digits-learning", "epochs", "breakeven", "schedule", "parity")
]
FILES = ["explore.html", "runs.csv"]
FRAMEWORKS = {"tensorflow": "TensorFlow", "pytorch": "PyTorch", "theano": "Theano"}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    started = start(tmp_path_factory.mktemp("chromium"))
    yield started
    started.quit()


@pytest.fixture(scope="module")
def page(browser, quickstart):
    """The report, opened."""
    browser.get((RESULTS / "report.html").as_uri())
    wait(browser, lambda: texts(browser, "nav li"))
    return browser


def click(page, words):
    """Click the visible link of these words in the menu."""
    link = page.find_element(By.XPATH, f"//nav//a[normalize-space()='{words}']")
    link.click()


def settle(page):
    """The menu slides to its new width: a click on a link that moves meets what lies beside it."""
    wait(page, lambda: script(page, "return document.getAnimations().length === 0"))


def home(page):
    """The menu, by the house in the breadcrumbs."""
    settle(page)
    page.find_elements(By.CSS_SELECTOR, "nav ol a")[0].click()
    wait(page, lambda: "Statistics" in texts(page, "nav li"))
    settle(page)


def open_category(page, category):
    """Open it in the menu; the rows of its list as [label]."""
    home(page)
    click(page, category)
    rows = wait(page, lambda: texts(page, "nav tbody tr"))
    settle(page)
    return rows


def place(page, name):
    """(category, path, label) of the file of that name in the report."""
    categories = script(page, "return categories")
    for category, parts in categories.items():
        for path in (path for paths in parts.values() for path in paths):
            if path.rsplit("/", 1)[-1] == name:
                return (
                    category,
                    path,
                    script(page, "return Object.values(results[arguments[0]].labels)[0]", path),
                )
    raise AssertionError(f"{name} is not in the report")


def row_of(page, name):
    category, _, label = place(page, name)
    open_category(page, category)
    return page.find_element(By.XPATH, f"//nav//tbody/tr[td[1][normalize-space()='{label}']]")


def press(page, link):
    """Click, also where the list of the category is so long that its head lies over the row."""
    script(page, "arguments[0].click()", link)


def view(page, name):
    """Open a file by its eye, as a reader does."""
    press(page, row_of(page, name).find_elements(By.TAG_NAME, "a")[0])


def open_table(page, name):
    """Open a table; its blocks as [{title, head, rows}] of the cells' texts, as the browser shows them."""
    view(page, f"{name}.html")
    frame = wait(page, lambda: page.find_element(By.CSS_SELECTOR, "iframe"))
    page.switch_to.frame(frame)
    try:
        wait(page, lambda: texts(page, "h1")[0] and script(page, "return document.readyState") == "complete")
        return blocks(page)
    finally:
        page.switch_to.default_content()


def blocks(page):
    return script(
        page,
        """const cells = row => [...row.cells].map(cell => cell.innerText.trim());
        return [...document.querySelectorAll("table")].map(table => ({
          title: (before => before && before.tagName === "H2" ? before.innerText : "")(
                  table.parentElement.previousElementSibling),
          head: cells(table.tHead.rows[0]), rows: [...table.tBodies[0].rows].map(cells)}))""",
    )


def csv_rows(name):
    with (RESULTS / "tables" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def shown(number, cell):
    """Whether a cell begins with this number, rounded to the digits that it shows."""
    digits = re.match(r"\d+\.(\d+)", cell)
    assert digits, f"{cell!r} is no number"
    return digits[0] == f"{float(number):.{len(digits[1])}f}"


def shown_number(row, column):
    """What a cell of times begins with: its number, or the least of its folds where they lie far apart."""
    unsettled = "folds_doubtful" in row and int(row["folds_doubtful"]) and row["fold_sd_s"]
    if unsettled and float(row["fold_sd_s"]) > float(row["fold_mean_s"]) and column != "fold_median_s":
        return row["fold_least_s"]
    return row[column]


# ---- opening it ----


def test_it_opens_with_the_answer(page):
    """The first page has the table of the answer, and says what was done."""
    wait(page, lambda: texts(page, ".prose table"))
    check_answer([list(map(str.strip, line.split("\t"))) for line in texts(page, ".prose tbody tr")])
    description = texts(page, ".prose")[0]
    assert "holdout split 70 %" in description and "into 3 folds" in description


def check_answer(cells):
    by_row = {}
    for row in csv_rows("answer"):
        by_row.setdefault((row["device"], row["split"], row["dataset"]), []).append(row)
    assert len(cells) == len(by_row) == 2
    for line, rows in zip(cells, by_row.values(), strict=True):
        least = min(rows, key=lambda row: float(row["seconds"]))
        verdict = "" if least["verdict"] == "faster" else f" ({least['verdict']})"
        count = sum(int(row["folds_flagged"]) for row in rows)
        flagged = f" ({count} flagged)" if count else ""
        doubtful, finished = (sum(int(row[name]) for row in rows) for name in ("folds_doubtful", "folds_ok"))
        if 2 * doubtful > finished:  # as on a machine that runs other tests
            assert line[2:4] == [f"no answer yet: {doubtful} of {finished} runs doubtful", ""]
        else:
            assert line[2] == FRAMEWORKS[least["framework"]] + verdict + flagged
            assert shown(least["seconds"], line[3])
        for row, cell in zip(rows, line[4:7], strict=True):
            assert shown(row["times_fastest"], cell)
        percents = [float(row["accuracy_percent"]) for row in rows]
        assert line[7] == f"{min(percents):.2f} to {max(percents):.2f}"


def test_categories_stand_in_reading_order_and_all_open(page):
    home(page)
    menu = texts(page, "nav li")
    assert [entry for entry in menu if entry[:1].isdigit()] == CATEGORIES
    files = script(page, "return Object.values(results).map(r => r.labels)")
    rows = [row for category in CATEGORIES for row in open_category(page, category)]
    assert len(rows) == len(files) == len(TABLES) + len(FIGURES) + len(FRAMEWORKS) + len(FILES)


def test_links_of_the_first_page_open_their_tables(page):
    home(page)
    links = {a.text: a for a in page.find_elements(By.CSS_SELECTOR, ".prose a")}
    assert len(links) == 13
    links["training times"].click()
    frame = wait(page, lambda: page.find_element(By.CSS_SELECTOR, "iframe"))
    page.switch_to.frame(frame)
    title = wait(page, lambda: texts(page, "h1"))
    page.switch_to.default_content()
    assert title == ["Training times"]
    assert "Theano compiles C++" in page.find_element(By.TAG_NAME, "nav").text


def test_statistics_show_the_runtime_of_every_rule(page):
    home(page)
    click(page, "Statistics")
    wait(page, lambda: len(page.find_elements(By.CSS_SELECTOR, "#runtimes canvas, #timeline canvas")) == 2)
    for canvas in page.find_elements(By.CSS_SELECTOR, "#runtimes canvas, #timeline canvas"):
        assert canvas.size["width"] > 100 and canvas.size["height"] > 100
    timed = script(page, "return runtimes_spec.data.values")
    trained = [job["rule"] for job in timed if job["rule"].startswith("train")]
    assert {rule: trained.count(rule) for rule in trained} == {"train": 3, "train_folds_0_to_2": 3}
    assert all(job["runtime"] >= 0 for job in timed)


# ---- tables ----


def test_answer_shows_its_csv(page):
    check_answer(open_table(page, "answer")[0]["rows"])


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (
            "times",
            [
                ("holdout", "seconds"),
                ("kfold", "seconds"),
                ("kfold", "fold_mean_s"),
                ("kfold", "fold_median_s"),
            ],
        ),
        (
            "accuracy",
            [
                ("holdout", "accuracy_percent"),
                ("kfold", "accuracy_percent"),
                ("kfold", "accuracy_median"),
            ],
        ),
    ],
)
def test_cells_by_framework_show_their_csv(page, name, wanted):
    """One block for each (split, column of the CSV), one column a framework."""
    found = open_table(page, name)
    assert len(found) == len(wanted)
    rows = csv_rows(name)
    for block, (split, column) in zip(found, wanted, strict=True):
        assert block["head"] == ["dataset", *FRAMEWORKS.values()]
        numbers = [shown_number(row, column) for row in rows if row["split"] == split]
        (line,) = block["rows"]
        assert line[0] == "Digits"
        for number, cell in zip(numbers, line[1:], strict=True):
            assert shown(number, cell), (block["title"], number, cell)


def test_phases_show_their_csv(page):
    rows, found = csv_rows("phases"), open_table(page, "phases")
    lines = [(block["head"], line) for block in found for line in block["rows"]]
    assert len(lines) == len(rows) == 6
    for row, (head, line) in zip(rows, lines, strict=True):
        cells = dict(zip(head, line, strict=True))
        assert cells["framework"] == FRAMEWORKS[row["framework"]]
        for phase in ("import", "load", "build", "compile", "train", "predict", "total"):
            assert shown(row[f"{phase}_s"], cells[phase]), phase


@pytest.mark.parametrize(("name", "column"), [("speedups", "ratio"), ("differences", "percent_a")])
def test_pairs_show_their_csv(page, name, column):
    """Every two frameworks in both splits; one run of each is never judged."""
    rows = csv_rows(name)
    lines = [(block["head"], line) for block in open_table(page, name) for line in block["rows"]]
    assert len(lines) == len(rows) == 6
    for row, (head, line) in zip(rows, lines, strict=True):
        cells = dict(zip(head, line, strict=True))
        assert cells["A : B"] == f"{FRAMEWORKS[row['framework_a']]} : {FRAMEWORKS[row['framework_b']]}"
        assert shown(row[column], cells[{"ratio": "time", "percent_a": "A %"}[column]])
        assert (row["split"] == "holdout") == (row["verdict"] == "one run")
        assert (row["split"] == "holdout") == cells["verdict"].startswith("one run: not tested")


def test_published_figures_show_their_csv(page):
    """As the study prints them: a table for each device and split, datasets down, s and % across."""
    rows = csv_rows("published")
    assert len(rows) == 48
    blocks = {block["title"]: block for block in open_table(page, "published")}
    splits = {"kfold": "10-fold cross-validation", "holdout": "70/30 split"}
    names = {"mnist": "MNIST", "cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "letter": "Letter Recognition"}
    for row in rows:
        block = blocks[f"{row['device'].upper()}, {splits[row['split']]}"]
        (line,) = (line for line in block["rows"] if line[:2] == [names[row["dataset"]], "published"])
        cells = dict(zip(block["head"], line, strict=True))
        for unit, column in (("s", "published_s"), ("%", "published_percent")):
            shown_figure = cells[f"{FRAMEWORKS[row['framework']]} {unit}"].split(" [")[0]
            assert float(shown_figure) == float(row[column])


def test_verdicts_show_their_csv(page):
    """Digits are not in the study: nothing is tested, each row says why and what would test it."""
    rows, (block, rules) = csv_rows("verdicts"), open_table(page, "verdicts")
    assert len(rows) == len(block["rows"]) == len(rules["rows"]) == 6
    for row, line in zip(rows, block["rows"], strict=True):
        cells = dict(zip(block["head"], line, strict=True))
        assert cells["conclusion"] == f"{row['conclusion']} {row['words']}"
        assert cells["verdict"] == row["verdict"] == "not tested"
        assert cells["evidence"] == row["evidence"] and "o run of" in row["evidence"]
        assert cells["what would test it"] == row["command"] != ""


def test_doubts_show_their_csv(page):
    rows, (rules, found, *tried) = csv_rows("doubts"), open_table(page, "doubts")
    assert [int(line[4]) for line in rules["rows"]] == [
        sum(row["rule"] == line[0] for row in rows) for line in rules["rows"]
    ]
    seen = dict.fromkeys((row["rule"], row["finding"], row["seen"]) for row in rows)
    assert [(line[0], line[3]) for line in found["rows"]] == [(rule, words) for rule, _, words in seen]
    explained = {word for line in found["rows"] for word in line[4].split("; ") if word}
    assert explained == {row["explained_by"] for row in rows} - {""}
    assert [block["head"][-1] for block in tried] == ["result", "result"]  # mistakes, slips


def test_flags_count_the_runs_of_their_csv(page):
    rows, found = csv_rows("flags"), open_table(page, "flags")
    todo = [block for block in found if block["head"] == ["flag", "runs", "what to do"]]
    counts = {line[0]: int(line[1]) for block in todo for line in block["rows"]}
    assert counts == {name: sum(row["flag"] == name for row in rows) for name in {r["flag"] for r in rows}}


def test_parity_shows_its_csv(page):
    rows, (double, single) = csv_rows("parity"), open_table(page, "parity")
    assert len(double["rows"]) == len(single["rows"]) == len(rows) == 3
    for row, line, other in zip(rows, double["rows"], single["rows"], strict=True):
        assert line[:2] == other[:2] == ["Digits", FRAMEWORKS[row["framework"]]]
        assert line[3] == other[3] == "CPU"
        assert (line[5] == "yes") == (row["same_network"] == row["float32_as_expected"] == "True")
        for columns, cells in ((certificate_page.FLOAT64, line[6:]), (certificate_page.SINGLE, other[4:])):
            assert cells == [f"{float(row[name]):.1e}" for name in columns]


def test_software_shows_what_the_records_say(page):
    """One row a framework, and every package of the records with its version."""
    libraries, packages = open_table(page, "software")
    rows = csv_rows("software")
    assert len(libraries["rows"]) == len(rows) == 3
    for n, (row, line) in enumerate(zip(rows, libraries["rows"], strict=True), start=1):
        cells = dict(zip(libraries["head"], line, strict=True))
        assert cells["framework"] == FRAMEWORKS[row["framework"]]
        assert cells["version"] == row["framework_version"] != ""
        assert (cells["Python"], cells["NumPy"]) == (row["python"], row["numpy"])
        assert (cells["Keras"], cells["BLAS"], cells["C++ compiler"]) == (
            row["keras"],
            row["blas"],
            row["compiler"],
        )
        of_table = {line[0]: line[n] for line in packages["rows"] if line[n]}
        assert of_table == json.loads(row["packages"])
        assert int(cells["runs"]) == 4


def test_machines_show_their_csv(page):
    rows, (block,) = csv_rows("machines"), open_table(page, "machines")
    assert len(block["rows"]) == len(rows)
    for row, line in zip(rows, block["rows"], strict=True):
        cells = dict(zip(block["head"], line, strict=True))
        assert (cells["host"], cells["cpu"], cells["cores"]) == (row["host"], row["cpu"], row["cores"])


def test_a_click_on_a_column_sorts_by_it(page):
    """By numbers up and down, and by words, in the table as the report shows it."""
    view(page, "phases.html")
    frame = wait(page, lambda: page.find_element(By.CSS_SELECTOR, "iframe"))
    page.switch_to.frame(frame)
    try:
        head = wait(page, lambda: blocks(page)[0]["head"])
        buttons = page.find_elements(By.CSS_SELECTOR, "table:first-of-type thead button")
        for column, key in (("total", float), ("import", float), ("framework", str)):
            at = head.index(column)
            before = [line[at] for line in blocks(page)[0]["rows"]]
            orders = []
            for _ in range(2):
                buttons[at].click()
                orders.append([line[at] for line in blocks(page)[0]["rows"]])
            assert orders[0] == sorted(before, key=key), column
            assert orders[1] == orders[0][::-1], column
            assert buttons[at].find_element(By.XPATH, "..").get_attribute("aria-sort") == "descending"
    finally:
        page.switch_to.default_content()


@pytest.mark.parametrize("name", ["times", "doubts"])
def test_a_table_is_copied_as_csv_markdown_and_latex(page, name):
    """What the reader pastes is what is shown, and the lines of the files next to it."""
    view(page, f"{name}.html")
    frame = wait(page, lambda: page.find_element(By.CSS_SELECTOR, "iframe"))
    page.switch_to.frame(frame)
    try:
        (block, *_) = wait(page, lambda: blocks(page))
        script(
            page,
            "document.execCommand = () => { window.copied = document.activeElement.value; return true }",
        )
        copied = {}
        for button in page.find_elements(By.CSS_SELECTOR, ".copy:first-of-type button")[:3]:
            button.click()
            copied[button.text] = script(page, "return window.copied")
            assert texts(page, ".copy [role=status]")[0] == f"Copied as {button.text}."
    finally:
        page.switch_to.default_content()
    files = {suffix: (RESULTS / "tables" / f"{name}.{suffix}").read_text() for suffix in ("md", "tex")}
    assert [*csv.reader(copied["CSV"].splitlines())] == [block["head"], *block["rows"]]
    assert copied["Markdown"] in files["md"]
    rows = [line for line in copied["LaTeX"].splitlines() if " & " in line]
    assert len(rows) == 1 + len(block["rows"])
    assert [line for line in rows if line not in files["tex"]] == []


def test_tables_are_dark_where_the_system_is_and_black_on_white_on_paper(page):
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    try:
        page.get((RESULTS / "tables" / "times.html").as_uri())
        colour = "return getComputedStyle(document.body).backgroundColor"
        hints = "return [...document.querySelectorAll('.screen')].map(e => getComputedStyle(e).display)"
        assert script(page, colour) == "rgb(20, 24, 29)"
        assert set(script(page, hints)) == {"block"}
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        assert script(page, colour) == "rgb(255, 255, 255)"
        assert set(script(page, hints)) == {"none"}
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
        page.get((RESULTS / "report.html").as_uri())
        wait(page, lambda: texts(page, "nav li"))


# ---- figures, captions, files ----


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_visible_and_in_words(page, name):
    """A screen reader names the picture by its title and what it shows; all others read that below it."""
    view(page, name)
    frame = wait(page, lambda: page.find_element(By.CSS_SELECTOR, "iframe"))
    page.switch_to.frame(frame)
    try:
        image = wait(page, lambda: page.find_element(By.CSS_SELECTOR, "figure svg"))
        wait(page, lambda: image.size["width"] > 300 and image.size["height"] > 150)
        (below,) = texts(page, "figcaption")
        assert image.aria_role in ("img", "image")
        assert image.accessible_name.endswith(below) and len(below) > 40
        link = page.find_element(By.CSS_SELECTOR, "a[download]")
        assert link.get_attribute("download") == name.replace("-figure.html", ".svg")
        saved = script(page, "return fetch(arguments[0].href).then(answer => answer.text())", link)
        assert saved.startswith("<svg ") and below in ElementTree.fromstring(saved).findtext(f"{SVG}desc")
    finally:
        page.switch_to.default_content()


def test_the_interactive_page_works_inside_the_report(page):
    """tests/test_explore.py has what it does; here that its charts are drawn, and that its table is full."""
    view(page, "explore.html")
    frame = wait(page, lambda: page.find_element(By.CSS_SELECTOR, "iframe"))
    page.switch_to.frame(frame)
    try:
        wait(page, lambda: texts(page, "#count") == ["12 of 12 runs"])
        (canvas,) = page.find_elements(By.CSS_SELECTOR, "#chart canvas")
        assert canvas.size["width"] > 600 and canvas.size["height"] > 400
        assert len(texts(page, "#table tbody tr")) == 12
    finally:
        page.switch_to.default_content()


def test_every_file_has_a_caption_and_shows_it(page):
    names = [f"{name}.html" for name in TABLES] + FIGURES + FILES
    for name in [*names, *(f"{framework}.yaml" for framework in FRAMEWORKS)]:
        press(page, row_of(page, name).find_elements(By.TAG_NAME, "a")[1])
        _, path, _ = place(page, name)
        wait(page, lambda path=path: path in texts(page, "nav ol li"))
        shown_text = "\n".join(texts(page, "nav .prose"))
        assert len(shown_text.split()) > 15, name
        assert "{{" not in shown_text and "System Message" not in shown_text, name


def test_environment_files_are_inside(page):
    for framework in FRAMEWORKS:
        _, path, _ = place(page, f"{framework}.yaml")
        inside = script(
            page, "return fetch(results[arguments[0]].data_uri).then(answer => answer.text())", path
        )
        assert inside == (ROOT / "envs" / f"{framework}.yaml").read_text()


def test_home_fits_a_narrow_window(page):
    """The first line and the answer are not cut off, which Snakemake's centred page would do."""
    page.set_window_size(800, 700)
    try:
        home(page)
        click(page, "Workflow")
        wait(page, lambda: page.find_elements(By.CSS_SELECTOR, "#rulegraph canvas"))
        nav = page.find_element(By.TAG_NAME, "nav").rect
        first = page.find_element(By.CSS_SELECTOR, ".prose p").rect
        assert first["y"] >= 0
        assert first["x"] >= nav["width"]
    finally:
        page.set_window_size(1400, 900)


# ---- after all of that ----


def test_nothing_but_the_file_itself_was_asked_for(page):
    asked = asked_for(page)
    assert any(url.startswith("file:") and url.endswith("report.html") for url in asked)
    assert {url for url in asked if url.split(":")[0] not in ("file", "data", "blob")} == set()


def test_no_error_on_the_console(page):
    assert errors(page) == []


def test_make_report_without_results_names_the_command(quickstart, tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "config.yaml").write_text("results: results/nothing   # as nobody has it\n")
    python = f"BIN={ROOT / '.venv' / 'bin'}"
    done = call("make", python, "--old-file", ".venv/ready", "report", cwd=tmp_path)
    assert done.returncode != 0
    assert "no tables in results/nothing/tables" in done.stdout
    assert "`make run`" in done.stdout
    assert not (tmp_path / "report.html").exists()
