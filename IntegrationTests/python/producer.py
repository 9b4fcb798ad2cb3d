"""Puts log groups with a unique field per log through the official SDK, then prints what it put as one JSON line.

    producer.py --groups 100 --logs 5 --topics ngnix,sql_audit,click [--prefix a] [--create 4]
                [--compress lz4|zstd|none] [--tags 3] [--nanoseconds] [--unknown-fields] [--hash-key KEY] [--bytes 20]
                [--threads 2]

Field `id` of a log is `<prefix>-<group>-<log>`. Group n has topic n modulo the number of topics; an empty topic is written as `-`.
"""

import argparse
import collections
import concurrent.futures
import json
import time

from aliyun.log import LogException, LogItem, PutLogsRequest
from aliyun.log.proto import LogGroup

import connection


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--groups", type=int, default=10)
    parser.add_argument("--logs", type=int, default=2)
    parser.add_argument("--topics", default="ngnix,sql_audit,click")
    parser.add_argument("--prefix", default="a")
    parser.add_argument("--create", type=int, default=0, help="make project and logstore, with this many shards")
    parser.add_argument("--compress", choices=["lz4", "zstd", "none"], default="lz4")
    parser.add_argument("--tags", type=int, default=0)
    parser.add_argument("--nanoseconds", action="store_true")
    parser.add_argument("--unknown-fields", action="store_true", help="as a producer with a newer protocol would write")
    parser.add_argument("--hash-key")
    parser.add_argument("--bytes", type=int, default=20, help="length of a filler field")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def request(options, number):
    topics = [topic if topic != "-" else "" for topic in options.topics.split(",")]
    logs = []
    for index in range(options.logs):
        item = LogItem(
            int(time.time()), time_nano_part=123456789 if options.nanoseconds else None,
            contents=[("id", f"{options.prefix}-{number}-{index}"), ("filler", "x" * options.bytes)],
        )
        logs.append(item)
    return PutLogsRequest(
        connection.PROJECT, connection.LOGSTORE, topics[number % len(topics)], "10.0.0.1", logs,
        hashKey=options.hash_key, compress=options.compress != "none", compress_type=options.compress,
        logtags=[(f"tag{index}", f"value{index}") for index in range(options.tags)] or None,
    )


def with_unknown_fields(options, number):
    """The same group as message, with field 1000 in the group and in a log: `hi`, and a number."""
    of = request(options, number)
    group = LogGroup(Topic=of.get_topic(), Source=of.get_source())
    for item in of.get_log_items():
        log = group.Logs.add(Time=item.get_time(), Time_ns=item.get_time_nano_part())
        for key, value in item.get_contents():
            log.Contents.add(Key=key, Value=value)
        log.MergeFromString(b"\xc0\x3e\x2a")
    for key, value in of.get_log_tags() or []:
        group.LogTags.add(Key=key, Value=value)
    group.MergeFromString(b"\xc2\x3e\x02hi")
    return group


def create(client, shards):
    for make in (
        lambda: client.create_project(connection.PROJECT, "made by producer.py"),
        lambda: client.create_logstore(connection.PROJECT, connection.LOGSTORE, ttl=1, shard_count=shards),
    ):
        try:
            make()
        except LogException as error:
            if error.get_error_code() not in ("ProjectAlreadyExist", "LogStoreAlreadyExist"):
                raise


def main():
    options = arguments()
    clients = [connection.client() for _ in range(options.threads)]
    if options.create:
        create(clients[0], options.create)

    def put(thread):
        for number in range(thread, options.groups, options.threads):
            if options.unknown_fields:
                clients[thread].put_log_raw(connection.PROJECT, connection.LOGSTORE, with_unknown_fields(options, number))
            else:
                clients[thread].put_logs(request(options, number))

    with concurrent.futures.ThreadPoolExecutor(options.threads) as pool:
        for done in [pool.submit(put, thread) for thread in range(options.threads)]:
            done.result()

    topics = collections.Counter(options.topics.split(",")[n % len(options.topics.split(","))] for n in range(options.groups))
    print(json.dumps({"groups": options.groups, "logs": options.groups * options.logs, "topics": topics}))


if __name__ == "__main__":
    main()
