"""Consumer groups, their heartbeats and checkpoints."""

import time

from .harness import PROJECT, STORE, begin, check, client, end, expect, refused


@check
def a_consumer_group_is_made_listed_and_updated():
    client.create_consumer_group(PROJECT, STORE, "g1", 30, in_order=False)
    client.update_consumer_group(PROJECT, STORE, "g1", timeout=60, in_order=True)
    groups = client.list_consumer_group(PROJECT, STORE).get_consumer_groups()
    expect([(group.get_consumer_group_name(), group.get_timeout(), group.is_in_order()) for group in groups], [("g1", 60, True)])
    client.update_consumer_group(PROJECT, STORE, "g1", in_order=False)
    refused("ConsumerGroupAlreadyExist", 400, lambda: client.create_consumer_group(PROJECT, STORE, "g1", 30))


@check
def ten_consumer_groups_are_the_limit():
    for index in range(2, 11):
        client.create_consumer_group(PROJECT, STORE, f"g{index}", 30)
    refused("ConsumerGroupQuotaExceed", 400, lambda: client.create_consumer_group(PROJECT, STORE, "g11", 30))
    client.delete_consumer_group(PROJECT, STORE, "g10")
    client.create_consumer_group(PROJECT, STORE, "g11", 30)
    for index in [2, 3, 4, 5, 6, 7, 8, 9, 11]:
        client.delete_consumer_group(PROJECT, STORE, f"g{index}")


@check
def a_heartbeat_gives_shards():
    expect(client.heart_beat(PROJECT, STORE, "g1", "c1", []).get_shards(), [0, 1, 2, 3, 4])
    expect(client.heart_beat(PROJECT, STORE, "g1", "c1", [0, 1, 2, 3, 4]).get_shards(), [0, 1, 2, 3, 4])
    expect(client.heart_beat(PROJECT, STORE, "g1", "c2", []).get_shards(), [])
    kept = client.heart_beat(PROJECT, STORE, "g1", "c1", [0, 1, 2, 3, 4]).get_shards()
    if not 2 <= len(kept) <= 3:
        raise AssertionError(f"c1 is left with {kept}")
    client.heart_beat(PROJECT, STORE, "g1", "c1", kept)
    expect(sorted(kept + client.heart_beat(PROJECT, STORE, "g1", "c2", []).get_shards()), [0, 1, 2, 3, 4])


@check
def an_unknown_consumer_with_shards_is_refused():
    refused("NotExistConsumerWithBody", 400, lambda: client.heart_beat(PROJECT, STORE, "g1", "stranger", [0]))


@check
def checkpoints_are_saved_and_read():
    before = client.get_check_point(PROJECT, STORE, "g1").get_consumer_group_check_points()
    expect([(point["shard"], point["checkpoint"], point["updateTime"]) for point in before], [(i, "", 0) for i in range(5)])
    holder = next(name for name in ("c1", "c2") if 1 in client.heart_beat(PROJECT, STORE, "g1", name, []).get_shards())
    client.update_check_point(PROJECT, STORE, "g1", 1, end(1), holder, force_success=False)
    point = client.get_check_point(PROJECT, STORE, "g1", 1).get_consumer_group_check_points()[0]
    expect((point["checkpoint"], point["consumer"]), (end(1), holder))
    if abs(point["updateTime"] / 1e6 - time.time()) > 300:
        raise AssertionError(f"updateTime {point['updateTime']} is not in microseconds")


@check
def a_forced_checkpoint_is_taken_from_anyone():
    client.update_check_point(PROJECT, STORE, "g1", 1, begin(1), "stranger", force_success=True)
    client.update_check_point(PROJECT, STORE, "g1", 1, begin(1))
    expect(client.get_check_point(PROJECT, STORE, "g1", 77).get_consumer_group_check_points(), [])


@check
def a_checkpoint_in_range_needs_no_fixing():
    points = client.get_check_point_fixed(PROJECT, STORE, "g1", 1).get_consumer_group_check_points()
    expect([point["checkpoint"] for point in points], [begin(1)])


@check
def bad_checkpoints_are_told_apart():
    def save(shard, cursor, name="c1", forced=True):
        client.update_check_point(PROJECT, STORE, "g1", shard, cursor, name, force_success=forced)

    refused("ConsumerNotExist", 404, lambda: save(1, begin(1), "stranger", False))
    refused("InvalidShardCheckPoint", 400, lambda: save(1, "%%%"))
    refused("ShardNotExist", 404, lambda: save(77, begin(1)))
    held = client.heart_beat(PROJECT, STORE, "g1", "c1", []).get_shards()
    other = next(shard for shard in range(5) if shard not in held)
    refused("ConsumerNotMatch", 400, lambda: save(other, begin(other), "c1", False))


@check
def an_unknown_group_is_named_by_every_call():
    for action in (
        lambda: client.heart_beat(PROJECT, STORE, "none", "c", []),
        lambda: client.update_consumer_group(PROJECT, STORE, "none", timeout=30),
        lambda: client.update_check_point(PROJECT, STORE, "none", 0, begin()),
        lambda: client.get_check_point(PROJECT, STORE, "none"),
        lambda: client.delete_consumer_group(PROJECT, STORE, "none"),
    ):
        refused("ConsumerGroupNotExist", 404, action)
