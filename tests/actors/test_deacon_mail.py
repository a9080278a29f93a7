"""The Deacon's rules about mail, and what the Mayor and a Polecat do about it."""

import pytest

from gastown.actors import mayor, polecat
from gastown.actors.commands import mail as told
from gastown.actors.commands.command import Owner
from gastown.actors.commands.mayor import MAYOR, AddressBead, SettleBeadMail
from gastown.actors.commands.polecat import DeliverMail, ReportAgentEnded, ReportTold, TellAgent
from gastown.actors.deacon import ROLE
from gastown.actors.deacon.mail import MOST_WAITING, PATIENCE
from gastown.actors.effects import RemindAt, Tell
from gastown.events import agent, bead, mail, rig, session, turn

SPEC = agent.AgentSpec(name="cc", vendor="claude")


@pytest.fixture
def town(spec):
    return spec(ROLE, Owner("deacon", "town"))


def letter(key="m1", *, to="bead/ap-1", sender="overseer", reply="overseer", **more) -> told.SendMail:
    return told.SendMail(mail=key, sender=sender, reply=reply, to=to, subject="Tests", text="Look.", at=1000.0, **more)


def tells(effects) -> list[tuple[str, Owner, object]]:
    return [
        (key, one.to, one.command) for key, tell in effects.items() if isinstance(tell, Tell) for one in tell.messages
    ]


def facts(spec) -> dict[str, list[str]]:
    """What was decided last, by letter."""
    found: dict[str, list[str]] = {}
    for change in spec.decision:
        found.setdefault(change.entity.id, []).append(type(change.event).__name__)
    return found


def test_mail_to_a_bead_asks_the_mayor_who_works_on_it(town):
    town.when(letter()).then_events(mail.MailSent)
    assert tells(town.due()) == [("tell:address:m1", MAYOR, AddressBead(bead="ap-1", mail="m1"))]
    town.when(letter()).then()


def test_it_is_told_to_the_session_at_work_until_its_agent_is_known_to_have_it(town):
    town.when(letter(urgent=True)).when(letter("m2", to="bead/ap-2"))
    town.when(told.AttendMail(session="ap-1-1", address="bead/ap-1"))
    town.then(("mail/m1", mail.MailOffered(session="ap-1-1")))
    (_, to, delivery) = next(one for one in tells(town.due()) if one[0] == "tell:mail:m1:ap-1-1")
    assert to == Owner("polecat", "ap-1-1")
    assert isinstance(delivery, DeliverMail)
    assert (delivery.message, delivery.sender, delivery.urgent) == ("m1", "overseer", True)
    assert delivery.text == "Subject: Tests\n\nLook.\n\n(to answer: gt mail reply m1 -m TEXT)"
    town.when(told.AttendMail(session="ap-1-1", address="bead/ap-1")).then()
    town.when(told.ReportMailTold(session="ap-1-1", mails=("m1", "m0"))).then(
        ("mail/m1", mail.MailTold(session="ap-1-1"))
    )
    town.when(told.ReportMailTold(session="ap-1-1", mails=("m1",))).then()
    assert [key for key, *_ in tells(town.due())] == ["tell:address:m2"]


def test_the_next_session_is_told_what_the_last_one_was_not(town):
    town.when(letter()).when(told.AttendMail(session="ap-1-1", address="bead/ap-1"))
    town.when(told.AttendMail(session="ap-1-2", address="bead/ap-1"))
    town.then(("mail/m1", mail.MailOffered(session="ap-1-2")))
    assert [key for key, *_ in tells(town.due())] == ["tell:address:m1", "tell:mail:m1:ap-1-2"]


def test_when_nobody_will_work_on_the_bead_it_goes_back_to_its_sender(town):
    town.when(letter(sender="polecat/ap-2-1", reply="bead/ap-2")).when(letter("m2", to="bead/ap-3"))
    town.when(told.ReportBeadDone(bead="ap-1", how="was closed"))
    assert facts(town) == {"m1": ["MailDeadLettered"], "m1-back": ["MailSent"]}
    back = town.decision[1].event
    assert (back.to, back.sender, back.reply, back.reply_to) == ("bead/ap-2", "deacon", "", "m1")
    assert "ap-1 was closed" in back.text and "Look." in back.text
    town.when(told.ReportBeadDone(bead="ap-1", how="was closed")).then()
    town.when(told.ReportBeadDone(bead="ap-2", how="has landed"))
    assert facts(town) == {"m1-back": ["MailDeadLettered"]}


def test_mail_to_a_polecat_without_work_is_for_its_next_session_or_goes_back_after_a_week(town):
    town.when(letter(to="polecat/app/nux")).when(letter("m2", to="polecat/app/toast"))
    (reminder,) = [one for one in town.due().values() if isinstance(one, RemindAt)]
    assert (reminder.at, tells(town.due())) == (1000.0 + PATIENCE, [])
    town.when(told.AttendMail(session="ap-7-1", address="polecat/app/nux"))
    assert facts(town) == {"m1": ["MailOffered"]}
    town.when(told.ReportMailTold(session="ap-7-1", mails=("m1",)))
    town.when(told.ExpireMail(at=1000.0 + PATIENCE - 1)).then()
    town.when(reminder.command)
    assert facts(town) == {"m2": ["MailDeadLettered"], "m2-back": ["MailSent"]}
    assert "7 days" in town.decision[1].event.text


def test_mail_to_the_overseer_waits_until_it_is_read(town):
    town.when(letter(to="overseer", sender="polecat/ap-1-1", reply="bead/ap-1"))
    assert town.due() == {}
    town.when(told.ReadMail(mail="m1", reader="overseer")).then(("mail/m1", mail.MailRead(reader="overseer")))
    town.when(told.ReadMail(mail="m1", reader="overseer")).then()


def test_a_flood_of_one_sender_is_refused_and_the_others_are_not(town):
    for number in range(MOST_WAITING):
        town.when(letter(f"m{number}")).then_events(mail.MailSent)
    town.when(letter("more")).rejected("refused", f"{MOST_WAITING} letters of overseer wait")
    town.when(letter("other", sender="polecat/ap-2-1")).then_events(mail.MailSent)
    town.when(told.ReportMailTold(session="ap-1-1", mails=("m1",)))
    town.when(letter("more")).then_events(mail.MailSent)


def test_a_nudge_that_was_not_told_comes_back_once(town):
    nudges = (
        told.Untold(message="n1", text="stop  that\nnow", reply="bead/ap-2"),
        told.Untold(message="n2", text="x" * 99),
    )
    town.when(told.ReturnNudges(session="ap-1-1", nudges=nudges)).then_events(mail.MailSent, mail.MailSent)
    one, two = (change.event for change in town.decision)
    assert (one.to, one.subject) == ("bead/ap-2", "Not told: stop that now")
    assert (two.to, two.subject) == ("overseer", f"Not told: {'x' * 60}…")
    assert "ap-1-1 has ended" in one.text and "stop  that\nnow" in one.text
    town.when(told.ReturnNudges(session="ap-1-1", nudges=nudges)).then()


# The Mayor: she knows who works on a bead.


@pytest.fixture
def work(spec):
    config = rig.RigConfig(origin="/o", target="main", landing="main", prefix="ap")
    return spec(mayor.ROLE, MAYOR).given(
        ("rig/app", rig.RigAdded(config=config)),
        ("agent/cc", agent.AgentAdded(spec=SPEC, default=True)),
        ("bead/ap-1", bead.BeadCreated(title="t", rig="app")),
        ("bead/ap-1", bead.BeadSlung(rig="app", convoy="cv-1")),
        ("bead/ap-1", bead.BeadAssigned(session="ap-1-1", number=1, agent="cc")),
    )


def of_mail(spec) -> list[object]:
    return [command for _, _, command in tells(spec.due()) if type(command).__module__ == told.__name__]


def test_the_mayor_says_who_works_on_a_bead_that_has_mail_and_when_it_is_done(work):
    work.when(AddressBead(bead="ap-1", mail="m1")).then(("bead/ap-1", bead.BeadAddressed(mail="m1")))
    work.when(AddressBead(bead="ap-1", mail="m1")).then()
    assert of_mail(work) == []
    work.given(("bead/ap-1", bead.BeadStarted(session="ap-1-1", polecat="nux")))
    assert of_mail(work) == [told.AttendMail(session="ap-1-1", address="bead/ap-1")]
    work.given(("bead/ap-1", bead.BeadClosed(reason="no")))
    assert of_mail(work) == [told.ReportBeadDone(bead="ap-1", how="was closed")]


def test_what_is_settled_is_said_no_more_unless_more_came_meanwhile(work):
    work.when(AddressBead(bead="ap-1", mail="m1")).given(("bead/ap-1", bead.BeadClosed(reason="no")))
    work.when(AddressBead(bead="ap-1", mail="m2"))
    work.when(SettleBeadMail(bead="ap-1", mail="m1")).then()
    assert len(of_mail(work)) == 1
    work.when(SettleBeadMail(bead="ap-1", mail="m2")).then(("bead/ap-1", bead.BeadMailSettled()))
    assert of_mail(work) == []


def test_mail_to_a_bead_nobody_knows_waits(work):
    work.when(AddressBead(bead="ap-9", mail="m1")).then()


# A Polecat: it tells its agent, and says what was told.

DELIVERY = DeliverMail(session="ap-1-1", message="m1", text="Subject: Tests", sender="overseer")


@pytest.fixture
def at_work(spec):
    opened = session.SessionOpened(rig="app", bead="ap-1", number=1, polecat="nux", agent=SPEC)
    started = session.SessionStarted(pid=1, started=2, worktree="/w", branch="b", base="c")
    return spec(polecat.ROLE, Owner("polecat", "ap-1-1")).given(("session/ap-1-1", opened), ("session/ap-1-1", started))


def ended(outcome="no_commits") -> ReportAgentEnded:
    return ReportAgentEnded(session="ap-1-1", outcome=outcome, reason="so")


def test_mail_is_told_as_a_message_and_the_deacon_hears_of_it(at_work):
    at_work.when(DELIVERY).then_events(turn.MessageQueued)
    at_work.when(DELIVERY).then()
    at_work.when(ReportTold(session="ap-1-1", messages=("m1",))).then_events(turn.MessagesTaken)
    assert of_mail(at_work)[-1] == told.ReportMailTold(session="ap-1-1", mails=("m1",))
    at_work.when(ended())
    assert of_mail(at_work) == [told.ReportMailTold(session="ap-1-1", mails=("m1",))]


def test_mail_that_stood_in_the_brief_is_told_and_not_told_again(at_work):
    at_work.when(DELIVERY)
    at_work.when(ReportTold(session="ap-1-1", messages=("m1", "m2"), brief=True)).then_events(turn.MessagesTaken)
    assert at_work.state.waiting == ()
    at_work.when(DeliverMail(session="ap-1-1", message="m2", text="x", sender="overseer")).then()
    assert of_mail(at_work)[-1] == told.ReportMailTold(session="ap-1-1", mails=("m1", "m2"))


def test_a_polecat_says_that_it_is_at_work_for_its_own_mail(at_work):
    assert of_mail(at_work) == [told.AttendMail(session="ap-1-1", address="polecat/app/nux")]


def test_nudges_that_were_not_told_go_back_when_the_session_ends_and_mail_just_waits(at_work):
    at_work.when(DELIVERY)
    for key in ("n1", "n2"):
        at_work.when(TellAgent(session="ap-1-1", message=key, text=key, sender="overseer", reply="overseer"))
    at_work.when(ReportTold(session="ap-1-1", messages=("n1",))).when(ended())
    back = (told.Untold(message="n2", text="n2", reply="overseer"),)
    assert of_mail(at_work) == [told.ReturnNudges(session="ap-1-1", nudges=back)]


def test_a_session_that_ends_takes_no_mail_and_does_not_mind(at_work):
    at_work.when(ended()).when(DELIVERY).then()


def test_nudges_beyond_reason_are_refused(at_work):
    for number in range(50):
        at_work.when(TellAgent(session="ap-1-1", message=str(number), text="x")).then_events(turn.MessageQueued)
    at_work.when(TellAgent(session="ap-1-1", message="more", text="x")).rejected("refused", "50 messages wait already")
