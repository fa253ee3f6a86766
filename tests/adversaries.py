"""Forty-odd clients who answer, most of them in a way that must not become a plan by itself.

Each `Case` is a client, what they send, the rows that it has to become, and what the team changed
meanwhile. tests/test_answers_adversaries sends it all through the mailbox.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from email.message import EmailMessage

from tests.customers import SAO_PAULO, Delivered, press, reply, written

ANSWERED = datetime(2026, 3, 23, 15, 0, tzinfo=SAO_PAULO)
TEAM = "financeiro@example.com"
SERVER = "mx.example.com"


def address(client: str) -> str:
    return f"{client}@example.com"


@dataclass(frozen=True)
class Letters:
    """What each client received: the letter with options, and the one before it."""

    offers: Mapping[str, Delivered]
    first: Mapping[str, Delivered]

    def press(self, client: str, words: str, *, said: str | None = None, **by: str) -> EmailMessage:
        """A link of the client's letter, from the client or from somebody else."""
        sender = by.get("sender", address(client))
        return press(self.offers[client].link(words), sender, ANSWERED, said=said)

    def reply(self, client: str, said: str, **by: str) -> EmailMessage:
        sender = by.get("sender", address(client))
        return reply(self.offers[client], sender, said, ANSWERED)


Attempt = Callable[[Letters, str], EmailMessage | list[EmailMessage]]


@dataclass(frozen=True)
class Case:
    """One client's answers, the rows that they make, and what the team changed meanwhile."""

    name: str
    attempt: Attempt
    rows: tuple[str, ...]
    why: str = ""
    change: Mapping[str, object] = field(default_factory=dict)

    @property
    def accepts(self) -> int:
        return self.rows.count("Agreement")


def two(letters: Letters, client: str) -> EmailMessage:
    return letters.press(client, "Option 2")


def says(words: str) -> Attempt:
    """A reply in one's own words."""
    return lambda letters, client: letters.reply(client, words)


def with_subject(change: Callable[[str], str], **headers: str) -> Attempt:
    """The pressed link with another subject or more headers."""

    def attempt(letters: Letters, client: str) -> EmailMessage:
        message = two(letters, client)
        subject = change(str(message["Subject"]))
        del message["Subject"]
        message["Subject"] = subject
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        return message

    return attempt


def forged(subject: str) -> str:
    return re.sub(r"-([A-Z2-7]{16})", lambda found: "-" + found[1][::-1], subject)


def other_number(letters: Letters, client: str) -> EmailMessage:
    """The code that was signed for option 1, with a 2 in its place."""
    message = letters.press(client, "Option 1")
    subject = str(message["Subject"]).replace("Option 1", "Option 2")
    del message["Subject"]
    message["Subject"] = re.sub(r"(R[A-Z2-7]{11})-1-", r"\1-2-", subject)
    message.set_content(str(message.get_content()).replace("1", "2"))
    return message


def stranger(letters: Letters, client: str) -> EmailMessage:
    return letters.press(client, "Option 2", sender="somebody@example.net")


def in_the_name_of(letters: Letters, client: str) -> EmailMessage:
    return letters.press(client, "Option 2", sender=f'"{address(client)}" <evil@example.net>')


def from_two(letters: Letters, client: str) -> EmailMessage:
    message = two(letters, client)
    del message["From"]
    message["From"] = f"evil@example.net, {address(client)}"
    return message


def both_links(letters: Letters, client: str) -> EmailMessage:
    one = str(letters.press(client, "Option 1")["Subject"])
    message = two(letters, client)
    message.set_content(f"{one}\n{message['Subject']}\n")
    return message


def two_bodies(letters: Letters, client: str) -> EmailMessage:
    message = letters.reply(client, "2")
    message.add_alternative("<p>1</p>", subtype="html")
    return message


def to_the_first(letters: Letters, client: str) -> EmailMessage:
    """An answer to the reminder that offered nothing."""
    return reply(letters.first[client], address(client), "2", ANSWERED)


def without_thread(_letters: Letters, client: str) -> EmailMessage:
    return written(address(client), TEAM, "Option 2", "I accept option 2", ANSWERED)


def unknown_code(letters: Letters, client: str) -> EmailMessage:
    """A code of a message that this workbook never sent."""
    message = two(letters, client)
    code = f"RAAAAAAAAAAA-2-{'B' * 16}"
    del message["Subject"]
    message["Subject"] = f"Option 2 [{code}]"
    message.set_content("2")
    return message


def of_the_victim(letters: Letters, client: str) -> EmailMessage:
    return letters.press("victim", "Option 2", sender=address(client))


def two_references(letters: Letters, client: str) -> EmailMessage:
    """One's own link with the code of another client's letter pasted into the text."""
    code = re.search(
        r"R[A-Z2-7]{11}-2-[A-Z2-7]{16}", str(letters.press("other", "Option 2")["Subject"])
    )
    assert code is not None
    return letters.press(client, "Option 2", said=f"I accept option 2.\n[{code[0]}]")


def once_more(letters: Letters, client: str) -> EmailMessage:
    """The same link pressed again: another message that says the same."""
    message = two(letters, client)
    message.replace_header("Message-ID", f"<again-{client}@mail.example>")
    return message


def after(*attempts: Attempt) -> Attempt:
    """Several messages, an hour between them."""

    def attempt(letters: Letters, client: str) -> list[EmailMessage]:
        made = [each(letters, client) for each in attempts]
        return [each for each in made if isinstance(each, EmailMessage)]

    return attempt


def by_a_machine(letters: Letters, client: str) -> EmailMessage:
    message = two(letters, client)
    message["Auto-Submitted"] = "auto-replied"
    return message


def link(words: str) -> Attempt:
    return lambda letters, client: letters.press(client, words)


def unsubscribing(letters: Letters, client: str) -> EmailMessage:
    header = str(letters.offers[client].message["List-Unsubscribe"])
    return press(header.strip("<>"), address(client), ANSWERED)


def cut_short(letters: Letters, client: str) -> EmailMessage:
    """A message whose parts cannot be told apart."""
    message = two(letters, client)
    del message["Content-Type"]
    message["Content-Type"] = 'multipart/alternative; boundary="never"'
    return message


NOTHING = ()
CASES = [
    # What is plainly right.
    Case("right", two, ("Agreement",)),
    Case("number", says("2"), ("Agreement",)),
    Case("words", says("I accept option 2."), ("Agreement",)),
    Case("folded", with_subject(str.lower), ("Agreement",)),
    Case(
        "authentic",
        with_subject(str, Authentication_Results=f"{SERVER}; dmarc=pass"),
        ("Agreement",),
    ),
    Case("twice", after(two, once_more), ("Agreement", "Note"), "once more"),
    # Codes that were not signed for this.
    Case("forged", with_subject(forged), ("Proposal",), "does not match"),
    Case("altered", other_number, ("Proposal",), "does not match"),
    Case("unknown", unknown_code, ("Proposal",)),
    Case("older", to_the_first, ("Proposal",), "offered no such choice"),
    Case("seven", says("I accept option 7"), ("Proposal",), "offered no such choice"),
    Case("victim", lambda _letters, _client: [], ("Proposal",), "none of the client's"),
    Case("thief", of_the_victim, ("Proposal",)),
    Case("other", lambda _letters, _client: [], NOTHING),
    Case("swapped", two_references, ("Proposal",), "another message"),
    # Senders who are not the client.
    Case("stranger", stranger, ("Proposal",), "none of the client's"),
    Case("masked", in_the_name_of, ("Proposal",), "none of the client's"),
    Case("pair", from_two, ("Proposal",), "none of the client's"),
    Case(
        "doubted",
        with_subject(str, Authentication_Results=f"{SERVER}; dmarc=fail"),
        ("Proposal",),
        "doubts who",
    ),
    Case("team", lambda letters, client: letters.press(client, "Option 2", sender=TEAM), NOTHING),
    # Words that do not say one thing.
    Case("later", says("aceito a 2 mas só mês que vem"), ("Proposal",)),
    Case("refusing", says("não aceito"), ("Contact",)),
    Case("either", says("aceito a 1 ou a 2"), ("Proposal",)),
    Case("if", says("I accept option 2 if you drop the fee"), ("Proposal",)),
    Case("cheaper", says("aceito a 2 por R$ 500,00"), ("Proposal",)),
    Case("quoting", says(""), ("Contact",)),
    Case("both", both_links, ("Proposal",)),
    Case("bodies", two_bodies, ("Proposal",)),
    Case(
        "against",
        lambda letters, client: letters.press(client, "Option 1", said="aceito a 2"),
        ("Proposal",),
    ),
    Case(
        "asking",
        lambda letters, client: letters.press(client, "Option 2", said="next month?"),
        ("Proposal",),
    ),
    Case("nowhere", without_thread, ("Proposal",)),
    Case("broken", cut_short, ("Proposal",)),
    # What the client said besides.
    Case("regrets", after(two, says("não aceito")), ("Proposal", "Contact"), "wrote again"),
    Case("wavers", after(two, link("Option 1")), ("Proposal", "Proposal")),
    Case("disputing", after(link("dispute"), two), ("Dispute", "Proposal"), "waits for a decision"),
    Case("paying", after(link("paid"), two), ("Says paid", "Proposal"), "waits for a decision"),
    # What changed since the letter.
    Case(
        "part", two, ("Proposal",), "no longer", {"paid_on": date(2026, 3, 23), "paid_amount": 100}
    ),
    Case("settled", two, ("Proposal",), "no longer", {"paid_on": date(2026, 3, 24)}),
    Case("contested", two, ("Proposal",), "no longer", {"disputed": "Yes"}),
    Case("smaller", two, ("Proposal",), "no longer", {"amount": 900}),
    Case("void", two, ("Proposal",), "no longer", {"cancelled": "Void"}),
    # Machines, and those who want something else.
    Case("absent", by_a_machine, ("Note",)),
    Case("caller", link("Call me"), ("Contact",), "asks for a call"),
    Case("leaving", unsubscribing, ("Refusal",), "no more of these"),
]
BY_NAME = {case.name: case for case in CASES}
