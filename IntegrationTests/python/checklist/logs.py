"""Log groups in and out, and cursors."""

import base64
import time

from aliyun.log import LogGroup, LogItem, PutLogsRequest

from .harness import IS_OLD, PROJECT, STORE, begin, check, client, end, expect, number, put, refused, shards


@check
def a_fresh_shard_is_empty():
    expect(begin(), end())
    answer = client.pull_logs(PROJECT, STORE, 0, begin())
    expect((answer.get_loggroup_count(), answer.get_next_cursor()), (0, begin()))


@check
def a_hash_key_chooses_the_shard():
    put(groups=3, topic="left", hashKey="0" * 32)
    put(groups=2, topic="right", hashKey="F" * 32)
    expect((number(end(0)) - number(begin(0)), number(end(1)) - number(begin(1))), (3, 2))


@check
def groups_come_back_as_they_were_put():
    contents = [("empty", ""), ("text", "grüße"), ("again", "1"), ("again", "2")]
    logs = [LogItem(1700000000, contents=contents, time_nano_part=123456789), LogItem(1700000001, contents=[("a", "b")])]
    tags = [("host", "h1"), ("empty", "")]
    cursor = end(1)
    client.put_logs(PutLogsRequest(PROJECT, STORE, "topic x", "10.1.2.3", logs, hashKey="f" * 32, logtags=tags))
    group = client.pull_logs(PROJECT, STORE, 1, cursor).get_loggroup(0)
    expect((group.Topic, group.Source), ("topic x", "10.1.2.3"))
    expect([(tag.Key, tag.Value) for tag in group.LogTags], tags)
    expect([(log.Time, log.Time_ns) for log in group.Logs], [(1700000000, 123456789), (1700000001, group.Logs[1].Time_ns)])
    expect([(pair.Key, pair.Value) for pair in group.Logs[0].Contents], contents)


@check
def put_log_raw_keeps_unknown_fields():
    raw = LogGroup()
    raw.ParseFromString(b"\x0a\x0c\x08\x80\xe2\xcf\xaa\x06\x12\x04\x0a\x00\x12\x00" + b"\x1a\x03raw" + b"\xc2\x3e\x02hi")
    before = {shard["shardID"]: end(shard["shardID"]) for shard in shards()}
    client.put_log_raw(PROJECT, STORE, raw)
    answers = [client.pull_logs(PROJECT, STORE, shard, cursor) for shard, cursor in before.items()]
    groups = [group for answer in answers for group in answer.get_loggroup_list().LogGroups]
    expect([group.SerializeToString() for group in groups], [raw.SerializeToString()])


@check
def uncompressed_and_compressed_puts_are_the_same():
    cursor = end(0)
    put(topic="plain", hashKey="0" * 32, compress=False)
    put(topic="lz4", hashKey="0" * 32, compress=True)
    groups = client.pull_logs(PROJECT, STORE, 0, cursor).get_loggroup_list().LogGroups
    expect([group.Topic for group in groups], ["plain", "lz4"])


@check
def pulls_are_cut_by_count_and_by_end_cursor():
    first = client.pull_logs(PROJECT, STORE, 0, begin(), count=2)
    expect((first.get_loggroup_count(), number(first.get_next_cursor()) - number(begin())), (2, 2))
    second = client.pull_logs(PROJECT, STORE, 0, begin(), count=1000, end_cursor=first.get_next_cursor())
    expect((second.get_loggroup_count(), second.get_next_cursor()), (2, first.get_next_cursor()))
    rest = client.pull_logs(PROJECT, STORE, 0, first.get_next_cursor())
    expect(rest.get_next_cursor(), end())


@check
def pulls_are_the_same_with_and_without_compression():
    packed = client.pull_logs(PROJECT, STORE, 0, begin())
    plain = client.pull_logs(PROJECT, STORE, 0, begin(), compress=False)
    expect(packed.get_header("x-log-compresstype"), "" if IS_OLD else "lz4")
    expect(plain.get_header("x-log-compresstype"), "")
    expect(
        packed.get_loggroup_list().SerializeToString(), plain.get_loggroup_list().SerializeToString())


@check
def the_time_helper_of_the_sdk_pulls_everything():
    answers = list(client.pull_log(PROJECT, STORE, 0, "begin", "end", batch_size=2))
    expect(sum(answer.get_loggroup_count() for answer in answers), number(end()) - number(begin()))


@check
def a_cursor_by_time_lies_between_begin_and_end():
    expect(client.get_cursor(PROJECT, STORE, 0, 1).get_cursor(), begin())
    expect(client.get_cursor(PROJECT, STORE, 0, int(time.time()) + 3600).get_cursor(), end())


@check
def a_cursor_has_its_receive_time():
    for cursor in (begin(), end()):
        received = client.get_cursor_time(PROJECT, STORE, 0, cursor).get_cursor_time()
        if abs(received - time.time()) > 300:
            raise AssertionError(f"cursor time {received}")


@check
def the_cursor_before_has_its_time_too():
    client.get_previous_cursor_time(PROJECT, STORE, 0, end())
    client.get_previous_cursor_time(PROJECT, STORE, 0, begin())


@check
def bad_cursors_are_told_apart():
    refused("ParameterInvalid", 400, lambda: client.pull_logs(PROJECT, STORE, 0, "not a cursor"))
    refused("InvalidCursor", 400, lambda: client.pull_logs(PROJECT, STORE, 0, base64.b64encode(b"1").decode()))
    refused("InvalidCursor", 400, lambda: client.get_cursor_time(PROJECT, STORE, 0, base64.b64encode(b"1").decode()))
    refused("ShardNotExist", 400, lambda: client.pull_logs(PROJECT, STORE, 99, begin()))
    refused("ShardNotExist", 400, lambda: begin(99))
