"""Commands that propose categories by a scheme: schemes, categorise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from headway.commands.backtesting import was_it_right
from headway.commands.evidence import Json
from headway.commands.output import count_of, open_store, out, print_json, print_table, told
from headway.commands.scheme_profiles import profiles_of, read_judgements, usual_day
from headway.commands.selection import latest_run
from headway.policy import rounds, scheme_packs, what_if
from headway.policy.categorise import (
    Proposal,
    Reckoning,
    by_category,
    categorise_resolved,
    explained,
    ranked,
    resolved,
)
from headway.policy.certainty import chances as chances_of
from headway.policy.days import written
from headway.policy.outcomes import JUDGEMENT_NEEDED
from headway.policy.packs.checking import PackError
from headway.policy.schemes import Rule, Scheme

PANEL = "Rules"


def schemes(
    key: Annotated[str | None, typer.Argument(help="One scheme, or a file ending in .toml.")] = None,
    text: Annotated[bool, typer.Option("--text", help="Print the pack itself, to copy and change.")] = False,
    json: Json = False,
) -> None:
    """List the categorisation schemes, or show one: criteria, rules, categories, sources.

    Examples: headway schemes · headway schemes rise-2025 · headway schemes rise-2025 --text > ours.toml
    """
    if key is None:
        known = scheme_packs.shipped().values()
        if json:
            print_json(_as_row(one) for one in known)
            return
        print_table(
            "",
            ("Scheme", "Title", "How", "Results of", "In force"),
            ((one.key, one.title, one.method, _years(one), _days(one)) for one in known),
        )
        return
    with told(PackError):
        found = scheme_packs.scheme(key)
    if text:
        typer.echo(found.text, nl=False)
    elif json:
        print_json([_as_row(found)])
    else:
        _show(found)


def _as_row(one: Scheme) -> dict[str, object]:
    return {
        "scheme": one.key,
        "title": one.title,
        "version": one.version,
        "method": one.method,
        "first_year": one.first_year,
        "last_year": one.last_year,
        "first_day": one.first_day,
        "last_day": one.last_day,
        "figures": one.figures,
        "compared_with": one.compared_with,
        "minimum_pupils": one.minimum_pupils,
        "criteria": [criterion.key for criterion in one.criteria],
        "categories": [category.key for category in one.categories],
        "sources": list(one.sources),
    }


def _years(one: Scheme) -> str:
    return f"{one.first_year} to {one.last_year or 'now'}"


def _days(one: Scheme) -> str:
    return f"{written(one.first_day)} to {written(one.last_day) if one.last_day else 'now'}"


def _show(one: Scheme) -> None:
    def say(line: str = "") -> None:
        out.print(line, markup=False, soft_wrap=True)

    out.print(one.title, style="bold", markup=False)
    say(
        f"Scheme {one.key}, version {one.version}; {one.method}; results of {_years(one)}; in force {_days(one)}"
    )
    say(f"Compares {one.figures} figures, with: {one.compared_with}.")
    if one.minimum_pupils:
        say(f"No automatic category below {one.minimum_pupils} pupils ({one.minimum_source}).")
    say()
    print_table(
        "Criteria, with their levels (least concerning first) and rules",
        ("Criterion", "Weight", "Levels", "Rules"),
        (
            (
                criterion.key,
                f"{criterion.weight:g}",
                " < ".join(level.name for level in criterion.levels) or "0 to 1",
                "; ".join(_rule(rule) for rule in criterion.rules),
            )
            for criterion in one.criteria
        ),
    )
    if one.categories:
        say()
        print_table(
            "Categories, the most concerned first",
            ("Category", "Meaning", "When", "Entitled to"),
            (
                (
                    category.title,
                    category.meaning,
                    one.when_in_words(category),
                    category.entitlement,
                )
                for category in one.categories
            ),
        )
    say()
    for treatment in one.treatments:
        say(f"{treatment.kind.capitalize()} schools: {treatment.words}")
    if one.academies:
        say(f"Academies: {one.academies}")
    say()
    for note in one.notes:
        say(f"Note: {note}")
    for source in one.sources:
        say(f"Source: {source}")


def _rule(rule: Rule) -> str:
    given = ", ".join(
        f"{name}={value if not isinstance(value, tuple) else ' '.join(map(str, value))}"
        for name, value in vars(rule.settings).items()
        if value not in (None, "", (), 0, False) and name not in ("levels", "criterion")
    )
    about = f" for {', '.join(rule.kinds)}" if rule.kinds else ""
    years = "" if rule.first_year is None else f" {rule.first_year} to {rule.last_year or 'now'}"
    return f"{rule.kind.key}{f' ({given})' if given else ''}{about}{years}"


def categorise(
    scheme: Annotated[
        str, typer.Option(help="The scheme's key (headway schemes), or a file ending in .toml.")
    ],
    year: Annotated[int, typer.Option(help="The year of the results.")],
    authority: Annotated[
        str | None, typer.Option(help="The three-digit code; without it every school known.")
    ] = None,
    as_at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="What was known on this day. Default: 31 August after the results."
        ),
    ] = None,
    judgements: Annotated[
        Path | None,
        typer.Option(help="People's judgements: CSV with organisation, criterion, level, by, date, note."),
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="What if: criterion.setting=value, such as attainment.below=60; may be repeated."
        ),
    ] = None,
    chances: Annotated[
        bool,
        typer.Option("--chances", help="The chance of each category, from the uncertainty of the figures."),
    ] = False,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="How many schools would move if a weight changed by 10 %.")
    ] = False,
    freeze: Annotated[
        Path | None, typer.Option(help="Freeze the round into this new folder (JSON and Parquet).")
    ] = None,
    json: Json = False,
) -> None:
    """Each school's proposed category, why, and what would change it.

    Examples: headway categorise --scheme rise-2025 --year 2024 --authority 999 ·
    headway categorise --scheme dcsf-2008 --year 2009 --authority 999 --set attainment.below=60 --json
    """
    store = open_store()
    run = latest_run(store)
    with told(PackError):
        before = scheme_packs.scheme(scheme)
        day = as_at.date() if as_at else usual_day(before, year)
        before.refuse_outside(year, day)
    people = read_judgements(judgements, before) if judgements else []
    profiles = profiles_of(store, run, before, year, day, authority, people)
    before = resolved(before, profiles)
    found = categorise_resolved(profiles, Reckoning(before))
    after = before
    with told(PackError):
        for one in change or ():
            after = what_if.with_setting(after, one)
    shown = found if after is before else what_if.rejudged(profiles, found, before, after)
    sure = chances_of(profiles, shown, Reckoning(after)) if chances else None
    if freeze is not None:
        with told(rounds.RoundError, OSError):
            rounds.write(rounds.frozen(shown, after, year=year, as_at=day, run=run.id, chances=sure), freeze)
    if json:
        by_school = dict(zip((one.organisation for one in shown), sure or (), strict=False))
        print_json(
            {**rounds.as_row(one, after, by_school.get(one.organisation)), "scheme": after.key, "as_at": day}
            for one in ranked(shown, after)
        )
        return
    _print(shown, after, year, day, sure)
    if after is not before:
        _print_moved(found, shown, before, after)
    if sensitivity:
        _print_sensitivity(shown, after)
    if freeze is not None:
        out.print(f"Frozen in {freeze}.", markup=False)


def _print(
    found: Sequence[Proposal],
    scheme: Scheme,
    year: int,
    day: date,
    sure: Sequence[Mapping[str, float]] | None,
) -> None:
    out.print(
        f"{scheme.title}: proposals on the results of {year}, as known on {written(day)}. People decide.",
        markup=False,
    )
    counts = by_category(found, scheme)
    titles = {one.key: one.title for one in scheme.categories}
    if scheme.categories:
        out.print(
            "; ".join(
                f"{titles[key] if key else JUDGEMENT_NEEDED}: {number}" for key, number in counts.items()
            ),
            markup=False,
        )
    # The least concerned need no reasons in a list; --json has them all.
    least = scheme.categories[-1].key if scheme.categories else ""
    by_school = {one.organisation: chance for one, chance in zip(found, sure or (), strict=False)}
    print_table(
        "",
        ("School", "Category", "Score", "Because", "What would change it", *(("Chances",) if sure else ())),
        (
            (
                one.name or one.organisation,
                titles.get(one.category or "", one.attention or "-"),
                "" if one.score is None else f"{one.score:.2f}",
                " ".join(_because(one)) if one.category != least else "",
                " ".join(explained(change, scheme) for change in one.changes[:2])
                if one.category != least
                else "",
                *((_chances(by_school[one.organisation]),) if one.organisation in by_school else ()),
            )
            for one in ranked(found, scheme)
        ),
        right=("Score",),
    )


def _because(one: Proposal) -> list[str]:
    """The reasons of what contributed most; where nothing raised concern, of what cannot be said."""
    keys = one.contributors or one.without[:3]
    return [reason for key in keys for reason in one.finding(key).judgement.because[:2]]


def _chances(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{key} {share:.0%}" for key, share in shares.items())


def _print_moved(found: Sequence[Proposal], shown: Sequence[Proposal], before: Scheme, after: Scheme) -> None:
    moved = what_if.moved(found, shown)
    out.print(f"\nWith the change {count_of(len(moved), 'school')} of {len(found)} would move.", markup=False)
    days = [sum(what_if.days_needed(list_, one).values()) for list_, one in ((found, before), (shown, after))]
    if any(days):
        out.print(f"Days of support: {days[0]:g} before, {days[1]:g} after.", markup=False)
    if moved:
        print_table(
            "",
            ("School", "Before", "After"),
            (
                (
                    one.name or one.organisation,
                    one.before or JUDGEMENT_NEEDED,
                    one.after or JUDGEMENT_NEEDED,
                )
                for one in moved
            ),
        )


def _print_sensitivity(shown: Sequence[Proposal], scheme: Scheme) -> None:
    rows = what_if.sensitivity(shown, scheme)
    if not rows:
        out.print("\nNo weight decides here: the categories follow from gates or a table.", markup=False)
        return
    what = "enter or leave the first places" if scheme.method == "ranking" else "move"
    out.print(f"\nSchools of {len(shown)} that would {what}:", markup=False)
    print_table(
        "",
        ("Weight of", "Changed by", "Schools"),
        ((one.criterion, f"{one.share:+.0%}", str(len(one.moved))) for one in rows),
        right=("Changed by", "Schools"),
    )


COMMANDS = (schemes, categorise, was_it_right)
