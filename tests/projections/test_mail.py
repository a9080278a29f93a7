from typing import Any

from gastown.events import mail as facts
from gastown.projections import mail


def letter(to: str, text: str = "Look.", **more: Any) -> facts.MailSent:
    return facts.MailSent(sender="overseer", reply="overseer", to=to, subject="Tests", text=text, **more)


SESSION = {"id": "ap-1-1", "bead": "ap-1", "rig": "app", "polecat": "nux"}


def test_a_letter_is_unread_until_somebody_has_it(tale: Any, seen: Any) -> None:
    tale.tell("mail", "m1", letter("bead/ap-1", urgent=True))
    tale.tell("mail", "m1", facts.MailOffered(session="ap-1-1"))
    (one,) = mail.inbox(seen(), ["bead/ap-1"])
    assert (one["state"], one["to"], one["session"], one["urgent"]) == ("unread", "ap-1", "ap-1-1", True)
    tale.tell("mail", "m1", facts.MailTold(session="ap-1-1"))
    (one,) = mail.inbox(seen(), ["bead/ap-1"])
    assert (one["state"], one["told_at"] is not None) == ("told", True)


def test_what_is_read_or_dead_is_shown_only_where_it_is_asked_for(tale: Any, seen: Any) -> None:
    for key in ("m1", "m2", "m3"):
        tale.tell("mail", key, letter("overseer"))
    tale.tell("mail", "m1", facts.MailRead(reader="overseer"))
    tale.tell("mail", "m2", facts.MailDeadLettered(reason="gone"))
    store = seen()
    assert [one["id"] for one in mail.inbox(store, ["overseer"])] == ["m3"]
    everything = [(one["id"], one["state"], one["reason"]) for one in mail.inbox(store, ["overseer"], all_of_it=True)]
    assert everything == [("m1", "read", ""), ("m2", "dead", "gone"), ("m3", "unread", "")]
    assert mail.waiting_for_overseer(store) == 1


def test_what_is_for_a_worker_is_for_its_bead_or_for_itself(tale: Any, seen: Any) -> None:
    tale.tell("mail", "m1", letter("bead/ap-1"))
    tale.tell("mail", "m2", letter("polecat/app/nux"))
    tale.tell("mail", "m3", letter("bead/ap-2"))
    tale.tell("mail", "m4", letter("bead/ap-1"))
    tale.tell("mail", "m4", facts.MailTold(session="ap-1-1"))
    store = seen()
    assert [one["to"] for one in mail.unread(store, mail.addresses_of(SESSION))] == ["ap-1", "app/polecats/nux"]
    assert mail.show(store, "m5") is None
