"""Charts: drawn once and kept, intervals always drawn, breaks marked, the sentence and the table saying the same."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from headway.web.design import charts, drawing
from headway.web.design.charts import Break, Figure, Line

BREAK = Break(2018, "writing is assessed under a changed framework")


@pytest.fixture(autouse=True)
def _charts_of_this_test(settings, tmp_path):
    settings.SERVICE = tmp_path


@pytest.fixture
def drawn(monkeypatch):
    """Every specification that was rendered."""
    found = []
    render = drawing._rendered
    monkeypatch.setattr(drawing, "_rendered", lambda made: found.append(made) or render(made))
    return found


def point(value, half=4.0, **more):
    return Figure("", value, value - half, value + half, 100, **more)


OWN = {2016: point(52.0), 2017: point(60.0), 2018: point(64.0), 2019: point(65.0), 2022: point(58.0)}
ENGLAND = {year: Figure("", value, whole=True) for year, value in ((2017, 61.0), (2022, 59.0))}


def trend(own=OWN, **more):
    return charts.trend("RWM", own, unit="percent", of="Northmoor", breaks=[BREAK], **more)


def caterpillar(**more):
    schools = [
        Figure("Alder", 71.0, 60.0, 80.0, 30, verdict="above"),
        Figure("Birch", 61.0, 50.0, 70.0, 31, verdict="not significant", marked=True),
        Figure("Cedar", 40.0, 30.0, 50.0, 32, verdict="below", link="/figure/"),
        Figure("Dale", None, missing="suppressed"),
    ]
    return charts.caterpillar("Schools", schools, unit="percent", line=Line("Northmoor", 60.0), **more)


def marks(specification, kind):
    """The layers of a drawing whose mark is of a kind, each with its rows."""
    data = specification.get("datasets", {})
    return [
        layer.get("data", {}).get("values") or data[layer["data"]["name"]]
        for layer in specification["layer"]
        if layer["mark"]["type"] == kind
    ]


def test_a_chart_is_drawn_once_and_then_read_from_where_it_is_kept(drawn, tmp_path):
    first = trend(comparators={"England": ENGLAND})
    assert len(drawn) == 2  # wide and narrow
    again = trend(comparators={"England": ENGLAND})
    assert len(drawn) == 2
    assert (again.svg, again.narrow) == (first.svg, first.narrow)
    assert len(list((tmp_path / "charts").rglob("*.json"))) == 1


def test_another_figure_title_or_break_is_another_chart(drawn):
    trend()
    trend(OWN | {2022: point(58.1)})
    charts.trend("Reading", OWN, unit="percent", of="Northmoor", breaks=[BREAK])
    charts.trend("RWM", OWN, unit="percent", of="Northmoor")
    assert len(drawn) == 8


def test_a_damaged_drawing_is_drawn_anew(drawn, tmp_path):
    first = trend()
    (kept,) = (tmp_path / "charts").rglob("*.json")
    kept.write_text("[half of")
    assert trend().svg == first.svg
    assert len(drawn) == 4


def test_several_may_draw_the_same_chart_at_once_and_nothing_half_written_stays(tmp_path):
    with ThreadPoolExecutor(6) as pool:
        found = {chart.svg for chart in pool.map(lambda _: trend(), range(12))}
    assert len(found) == 1
    assert [path.suffix for path in (tmp_path / "charts").rglob("*.*")] == [".json"]


def test_every_known_interval_is_drawn(drawn):
    trend(comparators={"England": ENGLAND})
    whiskers = [rows for rows in marks(drawn[0], "rule") if "lower" in rows[0]]
    assert [(row["lower"], row["upper"]) for row in whiskers[0]] == [(v.lower, v.upper) for v in OWN.values()]
    caterpillar()
    whiskers = [rows for rows in marks(drawn[2], "rule") if "lower" in rows[0]]
    assert [(row["lower"], row["upper"]) for row in whiskers[0]] == [(60.0, 80.0), (50.0, 70.0), (30.0, 50.0)]
    charts.groups("Groups", [point(50.0)], unit="percent")
    assert any("lower" in rows[0] for rows in marks(drawn[4], "rule"))
    charts.beside("Beside", point(50.0), [Figure("England", 61.0)], unit="percent")
    assert any("lower" in rows[0] for rows in marks(drawn[6], "rule"))


def test_a_break_is_marked_and_no_line_crosses_it_or_a_missing_year(drawn):
    chart = trend()
    (ruled,) = [rows for rows in marks(drawn[0], "rule") if "at" in rows[0]]
    assert [row["at"] for row in ruled] == [2017.5]
    assert ">break<" in chart.svg
    (line,) = marks(drawn[0], "line")
    parts = {row["year"]: row["part"] for row in line}
    assert parts[2016] == parts[2017] != parts[2018] == parts[2019] != parts[2022]
    assert chart.notes == (
        "From 2017/18 figures cannot be compared with earlier ones: writing is assessed under a changed framework.",
    )


def test_a_missing_year_is_not_drawn_and_its_word_stands_in_the_table(drawn):
    chart = trend(OWN | {2022: Figure("", None, missing="suppressed")})
    assert all(row["year"] != 2022 for row in marks(drawn[0], "point")[0])
    assert [cell.text for cell in chart.rows[-1]] == ["2021/22", "suppressed", "", ""]
    assert "2018/19" in chart.sentence
    assert "2021/22" not in chart.sentence


def test_the_sentence_says_what_the_table_says():
    chart = trend(comparators={"England": ENGLAND})
    assert chart.sentence == (
        "Northmoor: 58.0% (95% interval 54.0% to 62.0%) in 2021/22, 64.0% in 2017/18; England 59% in 2021/22. The series "
        "breaks in 2017/18; years on either side of a break are not comparable."
    )
    table = {row[0].text: [cell.text for cell in row[1:]] for row in chart.rows}
    assert table["2021/22"] == ["58.0%", "54.0% to 62.0%", "100", "59%"]
    assert table["2017/18"] == ["64.0%", "60.0% to 68.0%", "100", "no figure"]


def test_the_sentence_of_a_caterpillar_counts_what_its_table_shows():
    chart = caterpillar()
    assert chart.sentence == (
        "3 schools, from 40.0% (Cedar) to 71.0% (Alder). Beside Northmoor (60.0%), 1 lies above, 1 below and 1 cannot be "
        "told apart from it. 1 has no figure to show."
    )
    said = [row[-1].text for row in chart.rows]
    assert said == ["above", "cannot be told apart", "below", "cannot say"]
    assert chart.rows[2][1].link == "/figure/"
    assert [cell.text for cell in chart.rows[3][1:4]] == ["suppressed", "", ""]


def test_groups_are_told_one_by_one_while_they_are_few_and_by_their_range_when_many():
    few = charts.groups("G", [Figure("Girls", 60.0, 55.0, 65.0, 40), Figure("Boys", 50.0)], unit="percent")
    assert few.sentence == "Girls 60.0% (95% interval 55.0% to 65.0%); Boys 50.0%."
    many = [Figure(f"Group {number}", float(number)) for number in range(1, 11)]
    assert (
        charts.groups("G", many, unit="percent").sentence
        == "10 groups, from Group 1 (1.0%) to Group 10 (10.0%)."
    )
    counted = [Figure(f"Group {number}", float(number), pupils=number) for number in range(1, 11)]
    assert (
        charts.groups("G", counted, unit="percent").sentence
        == "10 groups, from Group 1 (1.0% of 1 pupil) to Group 10 (10.0% of 10 pupils)."
    )


def test_a_figure_without_an_interval_says_so():
    chart = charts.beside("B", Figure("Here", 61.0), [Figure("England", 60.0)], unit="percent")
    assert [cell.text for cell in chart.rows[0]] == ["Here", "61.0%", "no interval", "unpublished"]


def test_nothing_to_draw_draws_nothing_and_says_so(drawn):
    chart = charts.caterpillar("C", [Figure("Dale", None, missing="suppressed")], unit="percent")
    assert (chart.svg, chart.narrow, drawn) == ("", "", [])
    assert chart.sentence == "None of the schools listed has a figure to show."


def test_a_drawing_is_one_image_to_a_screen_reader_and_keeps_to_the_content_security_policy():
    chart = caterpillar()
    for svg in (chart.svg, chart.narrow):
        assert svg.count('role="') == 1
        name = re.search(r'role="img" aria-labelledby="(\S+) (\S+)"', svg)
        assert f'<title id="{name[1]}">Schools</title>' in svg
        assert f'<desc id="{name[2]}">{chart.sentence}</desc>' in svg
        assert not re.search(r"<style|style=|<script|\son\w+=|https?://(?!www\.w3\.org/)|data:|@import", svg)


def test_identifiers_of_two_charts_in_one_page_never_meet():
    both = [trend(), caterpillar()]
    identifiers = [re.findall(r'\bid="([^"]+)"', svg) for one in both for svg in (one.svg, one.narrow)]
    flat = [each for some in identifiers for each in some]
    assert len(flat) == len(set(flat))


def test_names_from_a_file_cannot_become_markup():
    chart = charts.caterpillar("<b>T</b>", [Figure("<script>x</script>", 50.0, 40.0, 60.0)], unit="percent")
    assert "<script" not in chart.svg
    assert "<b>" not in chart.svg


def contrast(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 1.05 / (sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True)) + 0.05)


@pytest.mark.parametrize("colour", [drawing.INK, drawing.GREY, drawing.BLUE, drawing.PURPLE])
def test_what_is_drawn_stands_out_from_the_paper(colour):
    assert contrast(colour) >= 3
