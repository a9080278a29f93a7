"""The Deacon's rules about mail between towns."""

import pytest

from gastown.actors.commands import mail as told
from gastown.actors.commands.command import Owner
from gastown.actors.commands.deacon import InstallTown
from gastown.actors.commands.letters import HearLetter
from gastown.actors.deacon import ROLE
from gastown.actors.deacon.letters import MOST_FROM_TOWN
from gastown.events import mail
from gastown.events.letter import LetterRefused, LetterSent, LetterTaken


@pytest.fixture
def a(spec):
    return spec(ROLE, Owner("deacon", "town")).when(InstallTown(name="a", incarnation="INC-A"))


@pytest.fixture
def b(spec):
    return spec(ROLE, Owner("deacon", "town")).when(InstallTown(name="b", incarnation="INC-B"))


def to_b(key="m1", to="overseer", town="b", **more) -> told.SendMail:
    written = {"sender": "overseer", "reply": "overseer", "subject": "Tests", "text": "Look.", "at": 1000.0} | more
    return told.SendMail(mail=key, to=f"town/{town}/{to}", **written)


SENT = LetterSent(sender="overseer", reply="overseer", to="overseer", subject="Tests", text="Look.")


def heard_at_b(key="m1", position=7, fact=SENT, incarnation="INC-A", **more) -> HearLetter:
    where = {"to": "overseer"} | more
    return HearLetter(town="a", mail=key, incarnation=incarnation, position=position, fact=fact, **where)


def heard_at_a(fact, key="m1", town="b") -> HearLetter:
    return HearLetter(town=town, mail=key, incarnation="INC-B", position=9, fact=fact)


TAKEN = LetterTaken(incarnation="INC-A", position=7)


def facts(spec) -> list[tuple[str, str]]:
    return [(str(change.entity), type(change.event).__name__) for change in spec.decision]


def test_mail_to_another_town_is_a_fact_that_it_hears_and_waits_for_its_word(a):
    a.when(to_b())
    assert facts(a) == [("mail/m1", "MailSent"), ("letter/b.m1", "LetterSent")]
    assert a.decision[1].event == SENT
    a.when(to_b()).then()
    a.when(heard_at_a(TAKEN)).then(("mail/m1", mail.MailPassedOn()))
    a.when(heard_at_a(TAKEN)).then()


def test_what_is_heard_is_mail_under_an_id_of_its_own_and_answered_as_a_fact(b):
    b.when(heard_at_b())
    got = mail.MailSent(sender="a/overseer", reply="town/a/overseer", to="overseer", subject="Tests", text="Look.")
    b.then(("mail/a.m1", got), ("letter/a.m1", TAKEN))


def test_heard_again_even_from_the_beginning_it_is_no_second_letter(b):
    b.when(heard_at_b("m1", 7)).when(heard_at_b("m2", 9))
    b.when(heard_at_b("m2", 9)).then()
    b.when(heard_at_b("m1", 7)).then()
    b.when(told.ReadMail(mail="a.m1", reader="overseer"))
    b.when(heard_at_b("m1", 7)).then()


def test_a_town_that_goes_on_in_the_place_of_another_has_positions_of_its_own(b):
    b.when(heard_at_b("m1", 900))
    b.when(heard_at_b("m2", 12, incarnation="INC-A2"))
    assert ("mail/a.m2", "MailSent") in facts(b)
    b.when(heard_at_b("m1", 900)).then()


def test_nobody_here_is_called_so_and_it_goes_back_to_its_sender(a, b):
    wrong = "nobody has the address 'app/nux'"
    b.when(heard_at_b(to="", wrong=wrong))
    refused = LetterRefused(incarnation="INC-A", position=7, reason=wrong)
    b.then(("letter/a.m1", refused))
    b.when(heard_at_b(to="", wrong=wrong)).then()
    a.when(to_b(to="app/nux", sender="polecat/ap-1-1", reply="bead/ap-1")).when(heard_at_a(refused))
    assert facts(a) == [("mail/m1", "MailDeadLettered"), ("mail/m1-back", "MailSent")]
    assert a.decision[1].event.to == "bead/ap-1"
    assert wrong in a.decision[1].event.text
    a.when(heard_at_a(refused)).then()


def test_an_answer_names_what_it_answers_as_the_other_town_does(a, b):
    a.when(to_b())
    b.when(heard_at_b())
    b.when(to_b("m2", town="a", reply_to="a.m1"))
    answer = b.decision[1].event
    assert answer.reply_to == "a.m1"
    a.when(HearLetter(town="b", mail="m2", incarnation="INC-B", position=3, fact=answer, to="overseer"))
    assert a.decision[0].event.reply_to == "m1"


def test_what_reaches_nobody_there_after_all_comes_back_as_a_letter(b):
    b.when(heard_at_b(to="bead/ap-1"))
    b.when(told.ReportBeadDone(bead="ap-1", how="was closed"))
    assert facts(b) == [
        ("mail/a.m1", "MailDeadLettered"),
        ("mail/a.m1-back", "MailSent"),
        ("letter/a.a.m1-back", "LetterSent"),
    ]
    notice = b.decision[2].event
    assert (notice.to, notice.sender, notice.reply) == ("overseer", "deacon", "")


def test_a_notice_that_reaches_nobody_is_not_answered_by_another(a):
    notice = LetterSent(sender="deacon", reply="", to="ap-1", subject="Not delivered", text="...")
    a.when(HearLetter(town="b", mail="x", incarnation="INC-B", position=3, fact=notice, to="bead/ap-1"))
    a.when(told.ReportBeadDone(bead="ap-1", how="was closed"))
    assert facts(a) == [("mail/b.x", "MailDeadLettered")]


def test_a_flood_of_one_town_goes_back_and_harms_no_other(b):
    for number in range(MOST_FROM_TOWN):
        b.when(heard_at_b(f"m{number}", number + 1))
    b.when(heard_at_b("late", MOST_FROM_TOWN + 1))
    assert facts(b) == [("letter/a.late", "LetterRefused")]
    b.when(HearLetter(town="c", mail="m", incarnation="INC-C", position=1, fact=SENT, to="overseer"))
    assert ("mail/c.m", "MailSent") in facts(b)
    b.when(told.ReadMail(mail="a.m0", reader="overseer"))
    b.when(heard_at_b("next", MOST_FROM_TOWN + 2))
    assert ("mail/a.next", "MailSent") in facts(b)


def test_nobody_speaks_for_the_town_that_a_letter_is_for(a):
    a.when(to_b())
    a.when(heard_at_a(TAKEN, town="c")).then()
    a.when(heard_at_a(LetterRefused(incarnation="INC-A", position=1, reason="no"), town="c")).then()
