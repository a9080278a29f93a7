"""gt mail, as it is typed."""


async def test_a_letter_is_sent_read_and_answered(open_town, gt_in):
    async with open_town() as town:
        await town.founded()
        session = await town.started(await town.bead())
        gt, worker = gt_in(town), {"GT_SESSION": session, "GT_TOKEN": town.as_session(session)["token"]}
        assert (await gt("mail", "check")).code == 7
        sent = await gt("mail", "send", "overseer", "-s", "Which?", "--stdin", "--json", stdin=b"A or B?\n", env=worker)
        key = sent.data["id"]
        found = await gt("mail", "check")
        assert (found.code, "Which?" in found.out) == (0, True)
        read = await gt("mail", "read", key)
        assert "A or B?" in read.out and f"polecat/{session}" in read.out
        answered = await gt("mail", "reply", key, "-m", "B", "--urgent", "--json")
        assert (answered.data["subject"], answered.data["urgent"]) == ("Re: Which?", True)
        inject = await gt("mail", "check", "--inject", env=worker)
        assert f"- {answered.data['id']} URGENT from overseer: Re: Which?" in inject.out
        inbox = await gt("mail", "inbox", "--json", env=worker)
        assert [one["id"] for one in inbox.data] == [answered.data["id"]]
        assert ((await gt("mail", "check", "--inject")).code, (await gt("mail", "check", "--inject")).out) == (0, "")


async def test_a_letter_without_a_text_or_to_nobody_is_refused(open_town, gt_in):
    async with open_town() as town:
        gt = gt_in(town)
        assert (await gt("mail", "send", "overseer", "-s", "x")).code == 2
        assert (await gt("mail", "send", "overseer", "-m", "x", "--stdin")).code == 2
        nobody = await gt("mail", "send", "nobody", "-m", "x", "--json")
        assert (nobody.code, "overseer" in nobody.error["hint"]) == (4, True)
        assert (await gt("mail", "read", "nothing")).code == 4
