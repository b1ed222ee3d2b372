"""Holding a round: open it, judge, propose, sign, send to schools, answer, publish, change."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from headway.policy import rounds, scheme_packs
from headway.policy.days import written
from headway.policy.profiles import Entered
from headway.policy.schemes import Criterion, Scheme
from headway.web.audit import versions
from headway.web.audit.actions import record
from headway.web.categories.models import Change, Judged, Round, Standing
from headway.web.categories.reckoning import Reckoned, evidence_of, reckon, schools_of
from headway.web.categories.refusals import must
from headway.web.categories.scheme_actions import pack_of
from headway.web.people import access
from headway.web.people.actions import NotPermitted
from headway.web.people.models import User
from headway.web.people.permissions import Permission

REPLY_WITHIN = timedelta(days=28)
"""By when the authority answers a school that does not agree, unless it says another day. Headway's own default."""


@transaction.atomic
def open_round(organisation: str, *, scheme: str, year: int, as_at: date, title: str, by: User) -> Round:
    """Open a round of an authority or trust on the newest figures, and reckon it. `scheme` is the key of a pack, or of the
    organisation's own adopted copy. Raises NotPermitted, or PackError where the scheme does not hold."""
    must(
        access.permits(by, Permission.HOLD_ROUNDS, organisation),
        "You do not hold rounds of this organisation.",
    )
    must(bool(title.strip()), "Give the round a title.")
    must(
        as_at <= timezone.localdate(),
        "A round rests on what is known by a day that has come: choose today or earlier.",
    )
    pack = pack_of(organisation, scheme)
    pack.refuse_outside(year, as_at)
    schools = schools_of(organisation)
    _, run = evidence_of()
    found = reckon(pack.text, pack.file, schools=schools, year=year, as_at=as_at, run=run.id)
    must(
        bool(found.proposals),
        f"No school of this organisation that has children below secondary age was open on {written(as_at)}.",
    )
    made = Round.objects.create(
        organisation=organisation,
        title=title.strip(),
        year=year,
        as_at=as_at,
        run=run.id,
        scheme_key=pack.key,
        scheme_title=pack.title,
        scheme_text=pack.text,
        opened_by=by,
    )
    _write(made, found)
    record(
        "opened a round",
        by=by,
        organisation=organisation,
        subject=made.subject,
        detail={"title": made.title, "scheme": pack.key, "year": year, "schools": len(found.proposals)},
    )
    return made


@transaction.atomic
def judge(
    standing: Standing, *, criterion: str, level: str, note: str, by: User, expected: int | None = None
) -> Judged:
    """Judge a criterion that people judge; the round is reckoned anew. `expected` is the version that was looked at.

    Raises NotPermitted, or versions.Conflict where a colleague judged it in the meantime."""
    held = _open(standing)
    must(
        access.permits(by, Permission.JUDGE_SCHOOLS, standing.organisation),
        "This school is not yours to judge.",
    )
    asked = next((one for one in judged_by_people(scheme_of(held), standing) if one.key == criterion), None)
    if asked is None:
        raise NotPermitted("Of this school the criterion is judged from figures, not by people.")
    must(asked.level(level) is not None, f"Choose one of {', '.join(one.name for one in asked.levels)}.")
    must(bool(note.strip()), "Say on what your judgement rests: the school will read it.")
    made, _ = Judged.objects.update_or_create(
        standing=standing,
        criterion=criterion,
        defaults={"level": level, "note": note.strip(), "by": by, "at": timezone.now()},
    )
    versions.save_version(
        made.subject,
        {"level": level, "note": note.strip()},
        by=by,
        expected=versions.latest(made.subject) if expected is None else expected,
    )
    _write(held, reckon_round(held))
    _record("judged a criterion", standing, by, {"criterion": asked.title, "level": level})
    return made


@transaction.atomic
def propose(standing: Standing, *, category: str, reason: str, by: User) -> Standing:
    """Propose another category than the computed one (or one where none was). It stands only when another person has signed.
    Proposing the computed category takes an earlier proposal back."""
    held = _open(standing)
    must(
        access.permits(by, Permission.JUDGE_SCHOOLS, standing.organisation),
        "This school is not yours to judge.",
    )
    scheme = scheme_of(held)
    must(scheme.category(category) is not None, "Choose one of the scheme's categories.")
    locked = _locked(standing)
    if category == locked.computed:
        locked.override, locked.override_reason, locked.override_by = "", "", None
    else:
        must(bool(reason.strip()), "Say why: the school will read it.")
        locked.override, locked.override_reason, locked.override_by = category, reason.strip(), by
    locked.signed_by, locked.signed_at = None, None
    locked.save()
    _keep(locked, by)
    _record("proposed a category", locked, by, {"category": category, "because": reason.strip()})
    return locked


@transaction.atomic
def sign(standing: Standing, *, by: User, expected: int | None = None) -> Standing:
    """Sign what another person proposed. Nobody signs their own, nor what they have not read: `expected` is the version of
    the standing that was looked at."""
    _open(standing)
    locked = _locked(standing)
    must(_may_sign(by, locked), "This is not yours to sign.")
    must(
        expected is None or versions.latest(locked.subject) == expected,
        "The proposal has changed since you opened the page. Read it again, then sign.",
    )
    must(locked.waits_for_signature, "There is nothing to sign.")
    must(locked.override_by_id != by.pk, "Nobody signs their own proposal: another person must.")
    locked.signed_by, locked.signed_at = by, timezone.now()
    locked.save()
    _keep(locked, by)
    _record("signed a proposal", locked, by, {"category": locked.override})
    return locked


def send(held: Round, *, reply_by: date, by: User) -> Round:
    """Freeze the round and show each school its proposed category, with a day to reply by. Raises NotPermitted while a
    school has no category, a proposal waits for its signature, or records that were loaded since have moved a school: it
    is then shown as it stands now, and people look again before anything is sent."""
    moved = _bring_up_to_date(held, by=by)
    must(
        not moved,
        f"Records were loaded since this round was looked at, and {_some(moved)} came out differently. "
        "Look at what stands there now, then send it.",
    )
    return _freeze(held, reply_by=reply_by, by=by)


@transaction.atomic
def _bring_up_to_date(held: Round, *, by: User) -> list[str]:
    """Reckon the round on what is loaded now; the names of the schools whose computed category that changed."""
    held = _held(held, by, Round.OPEN)
    before = dict(held.standings.values_list("organisation", "computed"))
    _write(held, reckon_round(held))
    return [one.name for one in held.standings.all() if before.get(one.organisation) != one.computed]


@transaction.atomic
def _freeze(held: Round, *, reply_by: date, by: User) -> Round:
    held = _held(held, by, Round.OPEN)
    must(reply_by > timezone.localdate(), "Give schools a day to reply by that is yet to come.")
    standings = list(held.standings.all())
    unsigned = [one.name for one in standings if one.waits_for_signature]
    must(not unsigned, f"{_some(unsigned)} wait for a second signature.")
    without = [one.name for one in standings if not one.category]
    must(not without, f"{_some(without)} have no category yet: judge what cannot be said, or propose one.")
    frozen = reckon_round(held).frozen(year=held.year, as_at=held.as_at, run=held.run)
    rows = {row["organisation"]: row for row in frozen.rows}
    gone = [one.name for one in standings if one.organisation not in rows]
    must(
        not gone,
        f"By the register as it is loaded now, {_some(gone)} were not open on {written(held.as_at)}. Open the round anew.",
    )
    held.frozen_text, held.digest, held.frozen_at = frozen.text, frozen.digest, timezone.now()
    held.state, held.reply_by = Round.PROPOSED, reply_by
    held.save()
    for one in standings:
        one.evidence = rows[one.organisation]
    Standing.objects.bulk_update(standings, ["evidence"])
    record(
        "sent proposals to schools",
        by=by,
        organisation=held.organisation,
        subject=held.subject,
        detail={"schools": len(standings), "reply by": reply_by.isoformat(), "digest": held.digest},
    )
    return held


@transaction.atomic
def answer(standing: Standing, *, answer: str, text: str, by: User) -> Standing:
    """The school agrees, does not agree, or says that a fact is wrong. The last two need words, and the authority replies by
    a day. Raises NotPermitted for others, and once the round is over."""
    locked = _locked(standing)
    must(
        access.permits(by, Permission.ANSWER_CATEGORIES, locked.organisation),
        "This is for the school to answer.",
    )
    must(locked.round.state in (Round.PROPOSED, Round.PUBLISHED), "There is nothing to answer now.")
    must(answer in (Standing.AGREED, Standing.DIFFERENCE, Standing.CORRECTION), "Choose an answer.")
    must(
        answer == Standing.AGREED or bool(text.strip()),
        "Say what you see differently, or which fact is wrong.",
    )
    locked.answer, locked.answer_text = answer, text.strip()
    locked.answered_by, locked.answered_at = by, timezone.now()
    locked.reply, locked.replied_by, locked.replied_at = "", None, None
    locked.reply_by_day = None if answer == Standing.AGREED else timezone.localdate() + REPLY_WITHIN
    locked.save()
    _keep(locked, by)
    _record("answered to its category", locked, by, {"answer": answer, "text": text.strip()})
    return locked


@transaction.atomic
def reply(standing: Standing, *, text: str, by: User) -> Standing:
    """Answer a school that does not agree or asks for a correction. The difference stays on record."""
    locked = _locked(standing)
    must(access.permits(by, Permission.HOLD_ROUNDS, locked.organisation), "This is not yours to answer.")
    must(locked.waits_for_reply, "There is nothing that waits for a reply.")
    must(bool(text.strip()), "Write your reply: the school will read it.")
    locked.reply, locked.replied_by, locked.replied_at = text.strip(), by, timezone.now()
    locked.save()
    _keep(locked, by)
    _record("replied to a school", locked, by, {"text": text.strip()})
    return locked


@transaction.atomic
def publish(held: Round, *, by: User) -> Round:
    """Make the categories those of the schools from today: governors and others who may see categories find them. An
    earlier round of the organisation is closed."""
    held = _held(held, by, Round.PROPOSED)
    Round.objects.filter(organisation=held.organisation, state=Round.PUBLISHED).update(state=Round.CLOSED)
    held.state, held.published_at = Round.PUBLISHED, timezone.now()
    held.save()
    record(
        "published categories",
        by=by,
        organisation=held.organisation,
        subject=held.subject,
        detail={"title": held.title},
    )
    return held


@transaction.atomic
def change(standing: Standing, *, category: str, because: str, on: date, by: User) -> Change:
    """Change a school's category after publication, on a trigger or at a review. It stands when another has signed."""
    locked = _locked(standing)
    must(
        access.permits(by, Permission.JUDGE_SCHOOLS, locked.organisation),
        "This school is not yours to judge.",
    )
    must(locked.round.state == Round.PUBLISHED, "The category of a school changes only once it is published.")
    must(scheme_of(locked.round).category(category) is not None, "Choose one of the scheme's categories.")
    must(category != current(locked), "That is the school's category already.")
    must(
        not locked.changes.filter(signed_at=None).exists(),
        "A change of this school waits for its signature already.",
    )
    must(bool(because.strip()), "Say what happened: the school will read it.")
    must(on <= timezone.localdate(), "Choose today or an earlier day.")
    made = Change.objects.create(standing=locked, category=category, because=because.strip(), on=on, by=by)
    _record("proposed a change of category", locked, by, {"category": category, "because": because.strip()})
    return made


@transaction.atomic
def sign_change(change: Change, *, by: User) -> Change:
    """Sign a change that another person proposed."""
    locked = Change.objects.select_for_update(of=("self",)).get(pk=change.pk)
    must(_may_sign(by, locked.standing), "This is not yours to sign.")
    must(locked.signed_at is None, "This change is signed.")
    must(locked.standing.round.state == Round.PUBLISHED, "A later round has closed this one.")
    must(locked.by_id != by.pk, "Nobody signs their own proposal: another person must.")
    locked.signed_by, locked.signed_at = by, timezone.now()
    locked.save()
    _record("signed a change of category", locked.standing, by, {"category": locked.category})
    return locked


def scheme_of(held: Round) -> Scheme:
    """The scheme as it was when the round was opened."""
    return scheme_packs.read(held.scheme_text, held.scheme_title)


def judged_by_people(scheme: Scheme, standing: Standing) -> list[Criterion]:
    """The criteria that people judge of this kind of school in the round's year."""
    rules = [(one, one.rule(standing.evidence.get("kind"), standing.round.year)) for one in scheme.criteria]
    return [one for one, rule in rules if rule is not None and rule.kind.key == "entered"]


def reckon_round(held: Round) -> Reckoned:
    """The round on the figures of its run, with everything that people have judged."""
    entered = [
        (
            one.standing.organisation,
            Entered(one.criterion, one.level, one.by.name, timezone.localdate(one.at), one.note),
        )
        for one in Judged.objects.filter(standing__round=held).select_related("standing", "by")
    ]
    schools = held.standings.values_list("organisation", flat=True) if held.pk else ()
    return reckon(
        held.scheme_text,
        held.scheme_title,
        schools=list(schools) or schools_of(held.organisation),
        year=held.year,
        as_at=held.as_at,
        run=held.run,
        entered=entered,
    )


def current(standing: Standing) -> str:
    """The school's category today: that of the round, or of the last signed change."""
    signed = [one for one in standing.changes.all() if one.signed_at is not None]
    return signed[-1].category if signed else standing.category


def frozen(held: Round) -> rounds.Round:
    """The frozen round, proven to be what was frozen. Raises `policy.rounds.RoundError` where it is not."""
    return rounds.thawed(held.frozen_text, held.digest)


def _write(held: Round, found: Reckoned) -> None:
    """Each school's row, as it is reckoned now. A proposal that was signed stays signed."""
    rows = found.rows(with_chances=False)
    known = {one.organisation: one for one in held.standings.all()}
    fresh, changed = [], []
    for row in rows:
        organisation = str(row["organisation"])
        one = known.get(organisation)
        values = {"name": row["name"] or organisation, "computed": row["category"] or "", "evidence": row}
        if one is None:
            fresh.append(Standing(round=held, organisation=organisation, **values))
        elif (one.computed, one.evidence) != (values["computed"], row):
            one.computed, one.evidence = str(values["computed"]), row
            changed.append(one)
    Standing.objects.bulk_create(fresh)
    Standing.objects.bulk_update(changed, ["computed", "evidence"])


def _may_sign(by: User, standing: Standing) -> bool:
    return access.permits(by, Permission.HOLD_ROUNDS, standing.organisation) or access.permits(
        by, Permission.JUDGE_SCHOOLS, standing.organisation
    )


def _held(held: Round, by: User, state: str) -> Round:
    locked = Round.objects.select_for_update(of=("self",)).get(pk=held.pk)
    must(access.permits(by, Permission.HOLD_ROUNDS, locked.organisation), "You do not hold this round.")
    must(locked.state == state, f"This round is {locked.state}.")
    return locked


def _open(standing: Standing) -> Round:
    held = Round.objects.select_for_update(of=("self",)).get(pk=standing.round_id)
    must(held.is_open, "This round was sent to schools and is frozen: its proposals do not change any more.")
    return held


def _locked(standing: Standing) -> Standing:
    return Standing.objects.select_for_update(of=("self",)).select_related("round").get(pk=standing.pk)


def _keep(standing: Standing, by: User) -> None:
    snapshot = {
        "computed": standing.computed,
        "proposed_instead": standing.override,
        "because": standing.override_reason,
        "signed": standing.signed_at is not None,
        "answer": standing.answer,
        "in_the_schools_words": standing.answer_text,
        "reply": standing.reply,
    }
    versions.save_version(standing.subject, snapshot, by=by, expected=versions.latest(standing.subject))


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more schools" if len(names) > 3 else "")


def _record(verb: str, standing: Standing, by: User, detail: dict[str, object]) -> None:
    record(verb, by=by, organisation=standing.organisation, subject=standing.subject, detail=detail)
