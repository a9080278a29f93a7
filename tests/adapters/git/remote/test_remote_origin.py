"""An origin that is not a folder: over http, with credentials, with the configuration the rig recorded."""

import socket

import pytest

from gastown.adapters.git.origin import inspect_origin
from gastown.adapters.git.port import GitFailedError, Landed, Raced, Refused
from gastown.adapters.git.program import GitProgram
from gastown.errors import RefusedError, UnknownThingError


def helper(password: str) -> str:
    return f'!f() {{ test "$1" = get && echo username=ada && echo password={password}; }}; f'


@pytest.fixture
def make_http_rig(make_rig, http_origin):
    def make(password: str = "secret", **changes):
        transport = (("credential.helper", helper(password)),)
        return make_rig(**{"origin": f"{http_origin.url}/origin.git", "transport": transport, **changes})

    return make


async def prove(rig, submit, session="ap-1-1", **files):
    commit, base = await submit(rig, session, **(files or {"new__txt": "x\n"}))
    return await rig.build(f"app.{session}", commit, base, "Add", ())


async def test_it_is_fetched_and_landed_on_with_the_recorded_credentials(world, make_http_rig, http_origin, submit):
    rig = make_http_rig()
    await rig.ensure()
    built = await prove(rig, submit)
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)
    assert world.origin_tip() == built.candidate
    assert "ada:secret" in http_origin.authorizations
    world.pull()
    world.person.commit("Theirs", other__txt="y\n")
    tip = world.person.push()
    assert await rig.target(fetch=True) == tip


async def test_a_race_is_told_from_a_refusal(world, make_http_rig, submit):
    rig = make_http_rig()
    await rig.ensure()
    built = await prove(rig, submit)
    world.person.commit("Theirs", other__txt="y\n")
    tip = world.person.push()
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Raced(found=tip)


@pytest.mark.parametrize("password", ["wrong", None])
async def test_missing_or_wrong_credentials_are_a_refusal_and_nobody_is_asked(world, make_http_rig, submit, password):
    rig = make_http_rig(**({"password": password} if password else {"transport": ()}))
    await rig.ensure()
    built = await prove(rig, submit)
    landing = await rig.land("app.ap-1-1", built.base, built.candidate)
    assert isinstance(landing, Refused)
    assert "403" in landing.reason or "could not read Username" in landing.reason
    assert world.origin_tip() == world.first


async def test_a_server_that_does_not_answer_is_not_a_refusal(world, make_rig, make_http_rig, submit):
    rig = make_http_rig()
    await rig.ensure()
    built = await prove(rig, submit)
    moved = make_rig(origin=f"http://127.0.0.1:{_closed_port()}/origin.git")
    await moved.ensure()
    with pytest.raises(GitFailedError, match="fatal"):
        await moved.land("app.ap-1-1", built.base, built.candidate)


async def test_short_names_of_the_users_configuration_work(world, make_rig, http_origin, submit):
    settings = ((f"url.{http_origin.url}/.insteadof", "forge:"), ("credential.helper", helper("secret")))
    rig = make_rig(origin="forge:origin.git", transport=settings)
    await rig.ensure()
    built = await prove(rig, submit)
    assert isinstance(await rig.land("app.ap-1-1", built.base, built.candidate), Landed)


async def test_a_check_says_that_pushing_is_not_allowed(make_http_rig):
    fetch, push = await make_http_rig("wrong").check_origin()
    assert fetch.ok
    assert not push.ok
    assert "403" in push.detail
    assert push.mend
    assert [step.ok for step in await make_http_rig().check_origin()] == [True, True]


async def test_its_branches_are_looked_at_before_a_rig_is_added(world, http_origin):
    facts = await inspect_origin(GitProgram(), f"{http_origin.url}/origin.git", "", {"HOME": str(world.home)})
    assert (facts.origin, facts.target, facts.landing) == (f"{http_origin.url}/origin.git", "main", "main")
    assert facts.identity == ("Person", "person@example.org")


async def test_submodules_and_lfs_are_found_over_the_wire(world, http_origin):
    world.at(world.origin)("config", "uploadpack.allowFilter", "true")
    world.person.write("assets/.gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    world.person.commit("LFS")
    world.person.push()
    with pytest.raises(RefusedError, match="Git LFS"):
        await inspect_origin(GitProgram(), f"{http_origin.url}/origin.git", "", {"HOME": str(world.home)})


async def test_a_url_without_repository_and_a_dead_server_are_told_apart(world, http_origin):
    with pytest.raises(UnknownThingError, match="not found"):
        await inspect_origin(GitProgram(), f"{http_origin.url}/nothing.git", "", {"HOME": str(world.home)})
    with pytest.raises(RefusedError, match="cannot read"):
        await inspect_origin(GitProgram(), f"http://127.0.0.1:{_closed_port()}/x.git", "", {"HOME": str(world.home)})


def _closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
