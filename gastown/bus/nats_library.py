"""nats-py, loaded without aiohttp: it takes that along for websockets, wherever it is installed, for half a second."""

from gastown.unneeded import hidden

with hidden("aiohttp"):
    from nats import errors as errors
    from nats.aio.client import Client as Client
    from nats.aio.subscription import Subscription as Subscription
    from nats.protocol.parser import PERMISSIONS_ERR as PERMISSIONS_ERR
    from nats.protocol.parser import Parser as Parser
