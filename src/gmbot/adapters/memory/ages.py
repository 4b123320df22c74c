"""Old rows of the store without a database."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

from gmbot.adapters.memory.tenant import Tenant
from gmbot.domain.ids import ChannelId, GroupId, UpdateId, UserId
from gmbot.gate.ages import Aging, Key, Page, Pruned, over_since


def prune(tenant: Tenant, page: Page) -> Pruned:
    """Remove what nobody needs from one page of a table."""
    keys, old, drop = _TABLES[page.table]
    seen = heapq.nsmallest(page.limit, (key for key in keys(tenant) if not page.after or key > page.after))
    gone = [key for key in seen if old(tenant, key, page)]
    for key in reversed(gone):
        drop(tenant, key)
    return Pruned(len(gone), _after(page, seen, gone))


def _after(page: Page, seen: list[Key], gone: list[Key]) -> Key | None:
    if len(seen) < page.limit:
        return None
    # An entry's place in the list is its key: whatever follows moves up.
    return (seen[-1][0] - len(gone),) if page.table is Aging.AUDIT else seen[-1]


def _held(tenant: Tenant, user_id: int) -> bool:
    return any(hold.active and hold.user_id == user_id for hold in tenant.holds.values())


def _stale(at: float, page: Page, *, wanted: bool) -> bool:
    return at < page.before or (at < page.unrequired_before and not wanted)


def _old_membership(tenant: Tenant, key: Key, page: Page) -> bool:
    user_id, channel_id = UserId(key[0]), ChannelId(key[1])
    at = tenant.memberships[user_id, channel_id].stamp.at
    return _stale(at, page, wanted=channel_id in tenant.channels) and not _held(tenant, user_id)


def _old_standing(tenant: Tenant, key: Key, page: Page) -> bool:
    group_id, user_id = GroupId(key[0]), UserId(key[1])
    at = tenant.standings[group_id, user_id].stamp.at
    return _stale(at, page, wanted=group_id in tenant.groups) and not _held(tenant, user_id)


def _old_hold(tenant: Tenant, key: Key, page: Page) -> bool:
    over = over_since(tenant.holds[GroupId(key[0]), UserId(key[1])])
    return over is not None and over < page.before


_Keys = Callable[[Tenant], Iterable[Key]]
_Old = Callable[[Tenant, Key, Page], bool]
_Drop = Callable[[Tenant, Key], object]

_TABLES: dict[Aging, tuple[_Keys, _Old, _Drop]] = {
    Aging.MEMBERSHIPS: (
        lambda tenant: tenant.memberships,
        _old_membership,
        lambda tenant, key: tenant.memberships.pop((UserId(key[0]), ChannelId(key[1]))),
    ),
    Aging.STANDINGS: (
        lambda tenant: tenant.standings,
        _old_standing,
        lambda tenant, key: tenant.standings.pop((GroupId(key[0]), UserId(key[1]))),
    ),
    Aging.HOLDS: (
        lambda tenant: tenant.holds,
        _old_hold,
        lambda tenant, key: tenant.holds.pop((GroupId(key[0]), UserId(key[1]))),
    ),
    Aging.APPLIED_UPDATES: (
        lambda tenant: ((update_id,) for update_id in tenant.applied),
        lambda tenant, key, page: tenant.applied[UpdateId(key[0])] < page.before,
        lambda tenant, key: tenant.applied.pop(UpdateId(key[0])),
    ),
    Aging.AUDIT: (
        lambda tenant: ((place,) for place in range(len(tenant.audit))),
        lambda tenant, key, page: tenant.audit[key[0]].at < page.before,
        lambda tenant, key: tenant.audit.pop(key[0]),
    ),
    Aging.SET_ASIDE: (
        lambda tenant: ((update_id,) for update_id in tenant.set_aside),
        lambda tenant, key, page: tenant.set_aside[UpdateId(key[0])].at < page.before,
        lambda tenant, key: tenant.set_aside.pop(UpdateId(key[0])),
    ),
}
