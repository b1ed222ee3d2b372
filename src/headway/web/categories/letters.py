"""Letters to a school about its category: one document, as Word or PDF."""

from __future__ import annotations

from django.utils import timezone

from headway.web.categories import actions
from headway.web.categories.models import Round, Standing
from headway.web.categories.presenters import tag
from headway.web.design.documents.described import Block, Bullets, Document, Heading, Imprint, Paragraph
from headway.web.design.environment import day
from headway.web.people import places


def letter(one: Standing) -> Document:
    """The letter to the headteacher: what is proposed (or published), why, what it brings, and how to answer. Its
    evidence is that of the frozen round."""
    held = one.round
    scheme = actions.scheme_of(held)
    category = scheme.category(one.category)
    whose = places.name(held.organisation)
    title = category.title if category else "not yet decided"
    published = held.state in (Round.PUBLISHED, Round.CLOSED)
    blocks: list[Block] = [
        Paragraph("Dear headteacher,"),
        Paragraph(
            f"Thank you for the work that you and your colleagues do for the pupils of {one.name}. Each year we look at "
            "the evidence on every school with the same published scheme, so that help goes first to where it is needed "
            "most. "
            + (
                f"For this school year {one.name} is in: {title}."
                if published
                else f"For this school year we propose for {one.name}: {title}."
            ),
        ),
    ]
    if category is not None:
        blocks += [Paragraph(f"What this means: {category.meaning}.")]
        if category.entitlement:
            blocks += [Paragraph(f"What it brings you: {category.entitlement}")]
    blocks.append(Heading("What we looked at"))
    blocks.append(
        Bullets(
            tuple(
                f"{found['title']}: {found['level']}. {' '.join(found['because'])}"
                for found in one.evidence.get("findings", ())
                if found["because"]
            )
        )
    )
    if one.differs and one.signed_at:
        blocks += [
            Heading("Why we propose something else than the figures alone suggest"),
            Paragraph(
                f"The figures alone suggest: {tag(scheme, one.computed).text}. {one.override_reason} "
                f"This was proposed by {one.override_by} and signed by {one.signed_by}."
            ),
        ]
    if one.evidence.get("would_change"):
        blocks += [Heading("What would change it"), Bullets(tuple(one.evidence["would_change"][:3]))]
    if not published:
        blocks += [
            Heading("What you can do"),
            Paragraph(
                f"Please tell us by {day(held.reply_by)} whether you agree, see it differently, or find a fact that is "
                "wrong. If you see it differently we record what you say beside the category, and answer you. The figures "
                "are a beginning of our conversation and not the end of it."
            ),
        ]
    blocks += [
        Paragraph(
            "Please share the category, and what it brings, with your chair of governors. The figures above may be of few "
            "pupils: governors see them in the service, with small numbers suppressed."
        ),
        Paragraph(f"With kind regards, {whose}"),
    ]
    return Document(
        title=f"Support for {one.name}",
        subtitle=day(timezone.localdate()),
        imprint=Imprint(
            audience="the headteacher",
            release=held.title,
            state="published" if published else "proposed",
            as_at=day(held.as_at),
            pupils="numbers of pupils stand with each figure",
            organisation=whose,
        ),
        blocks=tuple(blocks),
        subject="Category of support",
        notes=(
            f"Scheme: {scheme.title}, version {scheme.version}. Round {held.pk}, digest {held.digest[:12]}.",
        ),
    )
