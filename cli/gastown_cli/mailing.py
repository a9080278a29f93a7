"""mail ...: letters, which wait for whoever they are for."""

from __future__ import annotations

import sys

from gastown_cli.asking import Ask
from gastown_cli.output import Cell, day
from gastown_cli.trouble import usage
from gastown_cli.verbs import AT, Flag, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page
    from gastown_cli.verbs import Values

    Letter = dict[str, Any]

_NONE = 7  # exit code of `mail check` when there is no unread mail: nothing was found

_ADDRESS = Word(
    "address",
    "overseer, RIG/polecats/NAME, a session or a bead: whoever works on it, now or next; TOWN/... in another town",
    names="session",
)
_WHOSE = Word("address", "whose; without it, your own", needed=False, names="session")
_MAIL = Word("mail", "the letter's id", meta="ID")
_TEXT = Flag("--message", "what is to be said", "-m", name="text")
_STDIN = Flag("--stdin", "read what is to be said from standard input", kind=None)
_URGENT = Flag("--urgent", "within its turn, where it can be told so", kind=None)


def with_text(values: Values) -> Values:
    """The text as given, or from standard input."""
    from_stdin = values.pop("stdin", False)
    if from_stdin and "text" in values:
        raise usage("--message and --stdin both give the text", "choose one")
    if not from_stdin and "text" not in values:
        raise usage("a letter needs a text", "-m TEXT, or --stdin")
    if not from_stdin:
        return values
    try:
        return {**values, "text": sys.stdin.buffer.read().decode()}
    except UnicodeDecodeError as error:
        raise usage("what stands on standard input is not UTF-8", "iconv makes it so") from error


def _show_sent(letter: Letter, page: Page) -> None:
    page.line(f"mail {page.style(letter['id'], 'bold')} for {letter['to']} is on its way")
    page.line(f"whether it has arrived: gt mail read {letter['id']}", "dim")


def _show_inbox(letters: list[Letter], page: Page) -> None:
    if not letters:
        page.line("no mail", "dim")
        return
    rows = [
        (
            Cell(letter["id"], "bold"),
            Cell("urgent" if letter["urgent"] else letter["state"], "red" if letter["urgent"] else ""),
            letter["sender"],
            letter["to"],
            day(letter["sent_at"]),
            letter["subject"],
        )
        for letter in letters
    ]
    page.table(("MAIL", "STATE", "FROM", "TO", "SENT", "SUBJECT"), rows)


def _show_letter(letter: Letter, page: Page) -> None:
    page.head(Cell(letter["subject"]).text, letter["state"])
    facts = (
        ("from", letter["sender"]),
        ("to", letter["to"]),
        ("sent", day(letter["sent_at"])),
        ("session", letter["session"]),
        ("told", day(letter["told_at"])),
        ("read", day(letter["read_at"])),
        ("answers", letter["reply_to"]),
        ("reason", letter["reason"]),
    )
    page.pairs(facts, indent="  ")
    page.line()
    page.block(letter["text"], indent="  ")


def _show_check(found: Letter, page: Page) -> None:
    if not found["unread"]:
        page.line("no unread mail", "dim")
        return
    _show_inbox(found["mail"], page)


def _show_injected(found: Letter, page: Page) -> None:
    """For a conversation: nothing where there is nothing to say."""
    if not found["unread"]:
        return
    page.line(f"You have {found['unread']} unread letters (gt mail read ID shows one, gt mail reply ID answers it):")
    for letter in found["mail"]:
        urgent = "URGENT " if letter["urgent"] else ""
        page.line(f"- {letter['id']} {urgent}from {letter['sender']}: {Cell(letter['subject']).text}")


class Check:
    """`mail check`: exit 0 when there is unread mail; with --inject always, for a vendor's hook."""

    def __call__(self, call: Any) -> int:
        inject = call.values.pop("inject", False)
        show = _show_injected if inject else _show_check
        return Ask("mail.check", show, exit_code=lambda found: 0 if inject or found["unread"] else _NONE)(call)


VERBS = (
    Verb(
        "mail send",
        "Write to a person, or to whoever works on something, now or next",
        Ask("mail.send", _show_sent, prepare=with_text),
        _ADDRESS,
        Flag("--subject", "in a line what it is about", "-s"),
        _TEXT,
        _STDIN,
        _URGENT,
        Flag("--reply-to", "the letter that this one answers", meta="ID"),
    ),
    Verb(
        "mail inbox",
        "Letters that wait to be read",
        Ask("mail.inbox", _show_inbox),
        _WHOSE,
        Flag("--all", "those that were read, or reached nobody, too", kind=None),
        AT,
    ),
    Verb("mail read", "Show a letter; it is read then, if it is for you", Ask("mail.read", _show_letter), _MAIL),
    Verb(
        "mail reply",
        "Answer a letter",
        Ask("mail.reply", _show_sent, prepare=with_text),
        _MAIL,
        _TEXT,
        _STDIN,
        _URGENT,
    ),
    Verb(
        "mail check",
        "Is there unread mail? (exit 0: yes, 7: no)",
        Check(),
        _WHOSE,
        Flag("--inject", "words for a conversation, nothing where there is none; exit 0", kind=None),
    ),
)
