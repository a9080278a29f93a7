"""Two towns of one hub, each with rig app and an agent, which hear each other."""

from contextlib import asynccontextmanager


@asynccontextmanager
async def member(open_town, hub, name):
    """A town of the hub with rig app and an agent."""
    async with open_town(name, hub, hears=True) as town:
        await town.founded()
        yield town


@asynccontextmanager
async def two_towns(open_town, hub):
    async with member(open_town, hub, "a") as a, member(open_town, hub, "b") as b:
        yield a, b


async def arrives(town, bead):
    """Once a worker of this town is to begin with it: the session."""
    await town.host.errand(f"run:{bead}")
    return (await town.data("bead.show", bead=bead))["session"]
