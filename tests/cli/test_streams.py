import json
import os
import signal

import anyio


async def test_events_are_one_bare_object_a_line(open_town, gt_in):
    async with open_town() as town:
        await town.founded()
        await town.bead()
        end = await gt_in(town)("events", "--json")
        events = [json.loads(line) for line in end.out.splitlines()]
        assert [event["type"] for event in events] == ["rig.added", "agent.added", "bead.created"]
        assert (await gt_in(town)("events", "--json", "--after", str(events[-1]["position"]))).out == ""
        assert (await gt_in(town)("events")).out.count("\n") == 3


async def test_a_reader_who_stops_reading_is_not_complained_at(open_town, gt_argv):
    async with open_town() as town:
        await town.founded()
        for number in range(50):
            await town.bead(f"bead {number}", description="x" * 5000)
        environment = {**os.environ, "GT_TOWN": str(town.town.path)}
        reads, writes = os.pipe()
        argv = [*gt_argv, "events", "--json"]
        async with await anyio.open_process(argv, env=environment, stdout=writes) as process:
            os.close(writes)
            assert await anyio.to_thread.run_sync(os.read, reads, 100)
            os.close(reads)
            said = b"".join([part async for part in process.stderr])
            assert (await process.wait(), said) == (141, b"")


async def test_following_goes_on_until_it_is_interrupted(open_town, gt_argv):
    async with open_town() as town:
        await town.founded()
        environment = {**os.environ, "GT_TOWN": str(town.town.path)}
        argv = [*gt_argv, "events", "--json", "--follow", "--kind", "bead"]
        async with await anyio.open_process(argv, env=environment) as process:
            bead = await town.bead()
            with anyio.fail_after(20):
                line = await process.stdout.receive()
            assert json.loads(line)["entity"] == bead
            process.send_signal(signal.SIGINT)
            said = b"".join([part async for part in process.stderr])
            assert (await process.wait(), said) == (130, b"")


async def test_the_description_is_read_from_standard_input(open_town, gt_in):
    async with open_town() as town:
        await town.founded()
        text = "Größe\n\ttabs and\r\nline ends\n"
        made = (await gt_in(town)("bead", "create", "x", "--stdin", "--json", stdin=text.encode())).data
        assert made["description"] == text
        wrong = await gt_in(town)("bead", "create", "x", "--stdin", "--json", stdin=b"\xff\xfe")
        assert (wrong.code, wrong.error["code"]) == (2, "usage")


async def test_answers_are_utf_8_whatever_the_locale(open_town, gt_in):
    async with open_town() as town:
        await town.founded()
        for locale in ("C", "POSIX", "en_US.ISO-8859-1"):
            env = {"LC_ALL": locale, "LANG": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
            made = await gt_in(town)("bead", "create", "x", "--stdin", "--json", stdin="大".encode(), env=env)
            assert made.data["description"] == "大"


async def test_a_sessions_environment_makes_it_that_worker(open_town, gt_in):
    async with open_town() as town:
        await town.founded()
        session = await town.started(await town.bead("Fix login"))
        speaks = town.as_session(session)
        env = {"GT_SESSION": session, "GT_TOKEN": speaks["token"]}
        hook = await gt_in(town)("hook", "--json", env=env)
        assert hook.data["session"] == session
        assert "Fix login" in (await gt_in(town)("prime", env=env)).out
        assert (await gt_in(town)("sling", "x", env=env)).code == 3
        assert (await gt_in(town)("done", env=env)).code == 0
