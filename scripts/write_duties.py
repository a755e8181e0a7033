"""Writes docs/compliance.md's tables: each law's duties, sources and set-up, from the profiles in disclosure/duties.

python -m scripts.write_duties
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from countermark.disclosure.duties.profile import Duty, Profile, names, read
from countermark.disclosure.duties.rules import Ask, Rule

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "compliance.md"
BEGIN, END = "<!-- duties: python -m scripts.write_duties -->", "<!-- end of the duties -->"
NO_LAW = "no law"  # how the jurisdiction of a technical standard begins


def profiles() -> list[Profile]:
    """Read every profile that comes with the package; laws first."""
    return sorted(
        (read(name) for name in names()), key=lambda one: (one.profile.jurisdiction.startswith(NO_LAW), one.id)
    )


def written() -> str:
    """Give what stands between the two marks of the page."""
    return "\n\n".join("\n".join(_section(profile)) for profile in profiles())


def page(text: str) -> str:
    """Give the page with its tables as they should be."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{written()}\n\n{END}{rest.split(END)[1]}"


def _section(profile: Profile) -> Iterator[str]:
    about = profile.profile
    yield f"### {about.title} (`{about.id}`)"
    yield ""
    where = about.jurisdiction[0].upper() + about.jurisdiction[1:]
    yield f"{about.law}. {where}; since {_day(about.in_force)}; profile of {_day(about.version)}."
    if about.notes:
        yield ""
        yield about.notes
    yield ""
    yield "| duty | owed by | since | article | what it asks | shown by |"
    yield "|---|---|---|---|---|---|"
    for duty in profile.duty:
        cells = (f"`{duty.id}`", duty.who, _time(duty), duty.article, duty.says, _shown_by(duty))
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
    yield ""
    yield from _for_makers(profile)
    yield ""
    yield (
        "Sources: "
        + "; ".join(f"[{one.title}]({one.url}) ({one.kind}, {_day(one.seen)})" for one in profile.source)
        + "."
    )


def _for_makers(profile: Profile) -> Iterator[str]:
    maker = profile.maker
    label = f"draws the label `{maker.label}`" if maker.label else "draws no label"
    machine = f"writes {', '.join(f'`{one}`' for one in maker.machine)}" if maker.machine else "writes nothing more"
    yield f"`countermark stamp --profile {profile.id}` {label} and {machine} for machines. It needs: " + (
        f"{', '.join(need.replace('_', ' ') for need in maker.needs) or 'nothing'}."
    )


def _shown_by(duty: Duty) -> str:
    asked = set(_checks(duty.check))
    if duty.stays_with_operator or asked == {"operator"}:
        return "stays with you"
    return "the file, and you" if "operator" in asked else "the file"


def _checks(rule: Rule) -> Iterator[str]:
    if isinstance(rule, Ask):
        yield rule.name
        return
    for one in rule.of:
        yield from _checks(one)


def _time(duty: Duty) -> str:
    return f"{_day(duty.since)} to {_day(duty.until)}" if duty.until else _day(duty.since)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def main() -> None:
    """Write the page's tables anew."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
