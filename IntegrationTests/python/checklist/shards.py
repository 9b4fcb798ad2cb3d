"""Shards that are split and merged."""

from .harness import PROJECT, STORE, begin, check, client, end, expect, number, put, refused, shards


@check
def a_shard_is_split():
    answer = client.split_shard(PROJECT, STORE, 0, "4" + "0" * 31).get_shards_info()
    expect([(shard["shardID"], shard["status"]) for shard in answer], [(0, "readonly"), (2, "readwrite"), (3, "readwrite")])
    expect([shard["exclusiveEndKey"][0] for shard in answer], ["8", "4", "8"])
    expect(sorted(shard["shardID"] for shard in shards()), [0, 1, 2, 3])


@check
def a_split_shard_is_read_to_its_end():
    answer = client.pull_logs(PROJECT, STORE, 0, end(0))
    expect((answer.get_loggroup_count(), answer.get_next_cursor()), (0, end(0)))
    put(topic="child", hashKey="0" * 32)
    expect(number(end(2)) - number(begin(2)), 1)


@check
def shards_are_merged():
    answer = client.merge_shard(PROJECT, STORE, 2).get_shards_info()
    expect([(shard["shardID"], shard["status"]) for shard in answer], [(4, "readwrite"), (2, "readonly"), (3, "readonly")])
    expect((answer[0]["inclusiveBeginKey"], answer[0]["exclusiveEndKey"]), ("0" * 32, "8" + "0" * 31))


@check
def shards_that_cannot_be_split_or_merged_are_refused():
    refused("ParameterInvalid", 400, lambda: client.split_shard(PROJECT, STORE, 0, "4" + "0" * 31))
    refused("ParameterInvalid", 400, lambda: client.split_shard(PROJECT, STORE, 1, "1" + "0" * 31))
    refused("ParameterInvalid", 400, lambda: client.merge_shard(PROJECT, STORE, 1))
