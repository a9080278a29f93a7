"""What APIs give to those who ask under an account that was added: all, nothing until some time, or no login."""

import msgspec

from gastown.clock import now
from gastown.events.account import AccountSpec
from gastown.events.ids import AccountName, SessionId
from gastown.events.turn import Failure
from simulated.dice import Dice, SimulatedSource

VENDOR = "stream"
"""Of all such accounts."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """From `at` on its API gives it nothing, for so many seconds."""

    at: float
    seconds: float


class AccountPlan(msgspec.Struct, frozen=True, kw_only=True):
    """locked_at: from then on its login is not taken, until a person has seen to it; 0: it always is."""

    name: AccountName
    limits: tuple[Limit, ...] = ()
    locked_at: float = 0.0


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An API was, for a turn. at, until: seconds since the epoch; until: the time it named, 0 where it named none."""

    account: AccountName
    session: SessionId
    at: float
    until: float = 0.0


def drawn_accounts(dice: Dice) -> tuple[AccountPlan, ...]:
    if not dice.chance(0.4):
        return ()
    return tuple(_account(dice.of(name), name) for name in ("work", "home")[: 1 + dice.below(2)])


def _account(dice: Dice, name: AccountName) -> AccountPlan:
    limits = tuple(
        Limit(at=dice.between(1.0, 250.0), seconds=dice.choice((5.0, 30.0, 120.0, 240.0, 1000.0)))
        for _ in range(1 + dice.below(3))
    )
    return AccountPlan(name=name, limits=limits, locked_at=dice.choice((0.0, 0.0, 0.0, dice.between(5.0, 200.0))))


def variable(name: AccountName) -> str:
    """By which its sessions know it."""
    return f"KEY_{name}"


def spec(plan: AccountPlan) -> AccountSpec:
    return AccountSpec(name=plan.name, vendor=VENDOR, passed=(variable(plan.name),))


class Apis:
    """asked: all that was, in order."""

    def __init__(self, accounts: tuple[AccountPlan, ...]) -> None:
        self.asked: list[Asked] = []
        self._accounts = {one.name: one for one in accounts}
        self._logins: set[AccountName] = set()

    @property
    def environment(self) -> dict[str, str]:
        return {variable(name): name for name in self._accounts}

    def log_in(self, account: AccountName) -> None:
        """A person has seen to it: it is taken for good."""
        self._logins.add(account)

    def ask(self, vendor: str, environment: dict[str, str], session: SessionId) -> Failure | None:
        """For a turn of this session, whose program was given these variables. None: it is given what it wants."""
        if vendor != VENDOR or not self._accounts:
            return None
        name = next((name for name in self._accounts if variable(name) in environment), "")
        failure = self._answer(self._accounts[name]) if name else None
        until = now() + failure.retry_after if failure and failure.retry_after else 0.0
        self.asked.append(Asked(account=name, session=session, at=now(), until=until))
        return failure

    def _answer(self, one: AccountPlan) -> Failure | None:
        at = now() - SimulatedSource.BEGIN
        if one.locked_at and at >= one.locked_at and one.name not in self._logins:
            return Failure(kind="auth", message="log in", status=401)
        over = max((limit.at + limit.seconds for limit in one.limits if limit.at <= at), default=0.0)
        if at < over:
            return Failure(kind="rate_limit", message="no more for now", status=429, retry_after=over - at)
        return None
