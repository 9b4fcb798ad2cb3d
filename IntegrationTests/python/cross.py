"""Writes the same log groups with one official SDK, for others to read; prints what one SDK reads, in one common form.

    cross.py write sls|openapi                into the logstores `text` and, with `sls`, `bytes`
    cross.py read sls|openapi LOGSTORE COMPRESSION
    cross.py groups                           groups and checkpoints of one SDK, seen by the other
    cross.py checkpoints GROUP                what GetCheckPoint says, as JSON

`sls` is aliyun-log-python-sdk, in the release of the environment this runs in. One line per log group: topic, source, tags, and
for each log time, nanoseconds and contents, values in hexadecimal.
"""

import inspect
import json
import sys

from aliyun.log import LogException, LogItem, PutLogsRequest

import connection

PROJECT = connection.PROJECT
TOPICS = {"plain": "plain", "utf8": "grüße/日本 🙂", "empty": ""}
TAGS = [("host", "h1"), ("empty", ""), ("ünï", "wert")]
CONTENTS = [("text", "grüße"), ("again", "1"), ("again", "2"), ("empty", ""), ("long", "x" * 5000)]
BYTES = [("bytes", b"\xff\xfe\x00\x80"), ("half", "ü".encode()[:1])]
TIME, NANOSECONDS = 1700000000, 123456789


def main():
    action, *rest = sys.argv[1:]
    {"write": write, "read": read, "groups": groups, "checkpoints": checkpoints}[action](*rest)


def write(writer):
    {"sls": write_with_sls, "openapi": write_with_openapi}[writer]()


def write_with_sls():
    client = connection.client()
    for compression in ("lz4", "zstd", ""):
        for name, topic in TOPICS.items():
            put(client, "text", topic, f"sls-{name}", CONTENTS, compression)
        put(client, "bytes", "b", "sls-bytes", BYTES, compression)


def put(client, logstore, topic, source, contents, compression):
    logs = [LogItem(TIME + index, time_nano_part=NANOSECONDS, contents=contents) for index in range(2)]
    options = {"compress": bool(compression)}
    if compression == "zstd":
        if "compress_type" not in inspect.signature(PutLogsRequest.__init__).parameters:
            return  # the release of 2023 has no zstd
        options["compress_type"] = compression
    client.put_logs(PutLogsRequest(PROJECT, logstore, topic, source, logs, logtags=TAGS, **options))


def write_with_openapi():
    from alibabacloud_sls20201230 import models
    from openapi_checklist.harness import call

    for compression in ("", "lz4", "zstd", "gzip", "deflate"):
        for name, topic in TOPICS.items():
            contents = [models.LogContent(key=key, value=value) for key, value in CONTENTS]
            group = models.LogGroup(
                topic=topic, source=f"openapi-{name}", log_tags=[models.LogTag(key=key, value=value) for key, value in TAGS],
                log_items=[
                    models.LogItem(time=TIME + index, time_ns=NANOSECONDS, contents=contents) for index in range(2)])
            headers = {"x_log_compresstype": compression} if compression else {}
            call("put_logs", PROJECT, "text", body=group, headers=headers)


def read(reader, logstore, compression):
    {"sls": read_with_sls, "openapi": read_with_openapi}[reader](logstore, compression)


def show(topic, source, tags, logs):
    print(json.dumps([topic, source, [list(tag) for tag in tags], [list(log) for log in logs]]))


def as_hex(value):
    return (value if isinstance(value, bytes) else value.encode()).hex()


def read_with_sls(logstore, compression):
    client = connection.client()
    options = {"compress": bool(compression)}
    if compression == "zstd":
        options["accept_compress_type"] = compression
    for shard in client.list_shards(PROJECT, logstore).get_shards_info():
        cursor = client.get_begin_cursor(PROJECT, logstore, shard["shardID"]).get_cursor()
        answer = client.pull_logs(PROJECT, logstore, shard["shardID"], cursor, count=1000, **options)
        for group in answer.get_loggroup_list().LogGroups:
            logs = [
                (log.Time, log.Time_ns, [(pair.Key, as_hex(pair.Value)) for pair in log.Contents]) for log in group.Logs]
            show(group.Topic, group.Source, [(tag.Key, tag.Value) for tag in group.LogTags], logs)


def read_with_openapi(logstore, compression):
    from openapi_checklist.harness import call

    for shard in call("list_shards", PROJECT, logstore):
        cursor = call("get_cursor", PROJECT, logstore, str(shard.shard_id), from_="begin").cursor
        pulled = call(
            "pull_logs", PROJECT, logstore, str(shard.shard_id), headers={"accept_encoding": compression}, count=1000,
            cursor=cursor)
        for group in pulled.log_group_list or []:
            logs = [
                (log.time, log.time_ns, [(pair.key, as_hex(pair.value)) for pair in log.contents])
                for log in group.log_items]
            show(group.topic or "", group.source, [(tag.key, tag.value) for tag in group.log_tags], logs)


def groups():
    """Each SDK makes a group, joins it and saves; the other sees all that, and is refused where the first would be."""
    from checklist.harness import expect
    from openapi_checklist.harness import call, refused

    client = connection.client()
    client.create_consumer_group(PROJECT, "text", "of-sls", 30, in_order=True)
    call("create_consumer_group", PROJECT, "text", consumer_group="of-openapi", timeout=60, order=False)
    seen = [("of-sls", 30, True), ("of-openapi", 60, False)]
    expect([(group.name, group.timeout, group.order) for group in call("list_consumer_group", PROJECT, "text")], seen)
    listed = client.list_consumer_group(PROJECT, "text").get_consumer_groups()
    expect([(one.get_consumer_group_name(), one.get_timeout(), one.is_in_order()) for one in listed], seen)

    # The shards are shared between consumers of both.
    expect(call("consumer_group_heart_beat", PROJECT, "text", "of-sls", consumer="b", body=[]), [0, 1])
    expect(client.heart_beat(PROJECT, "text", "of-sls", "a", []).get_shards(), [])
    kept = call("consumer_group_heart_beat", PROJECT, "text", "of-sls", consumer="b", body=[0, 1])
    call("consumer_group_heart_beat", PROJECT, "text", "of-sls", consumer="b", body=kept)
    given = client.heart_beat(PROJECT, "text", "of-sls", "a", []).get_shards()
    expect(sorted(kept + given), [0, 1])

    end = {shard: client.get_end_cursor(PROJECT, "text", shard).get_cursor() for shard in (0, 1)}
    client.update_check_point(PROJECT, "text", "of-sls", given[0], end[given[0]], "a", force_success=False)
    saved = {"shard": kept[0], "checkpoint": end[kept[0]]}
    call("consumer_group_update_check_point", PROJECT, "text", "of-sls", consumer="b", force_success=False, **saved)
    refused("ConsumerNotMatch", 400, lambda: call(
        "consumer_group_update_check_point", PROJECT, "text", "of-sls", consumer="a", force_success=False, **saved))
    points = {point.shard: (point.checkpoint, point.consumer) for point in call(
        "get_check_point", PROJECT, "text", "of-sls")}
    expect(points, {given[0]: (end[given[0]], "a"), kept[0]: (end[kept[0]], "b")})
    try:
        client.create_consumer_group(PROJECT, "text", "of-openapi", 30)
    except LogException as error:
        expect(error.get_error_code(), "ConsumerGroupAlreadyExist")
    else:
        raise AssertionError("a group was made twice")


def checkpoints(group):
    points = connection.client().get_check_point(PROJECT, "text", group).get_consumer_group_check_points()
    print(json.dumps(sorted([point["shard"], point["checkpoint"], point["consumer"]] for point in points)))


if __name__ == "__main__":
    main()
