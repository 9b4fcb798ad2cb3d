"""Reads whole logstores with the official SDK, shard by shard, from the begin cursor to the end cursor.

    reader.py LOGSTORE... [--field id] [--raw]

Prints one JSON line per log group: logstore, shard, topic, source, tags, logs (time, ns, contents), and with --raw the group's
bytes in hexadecimal. With --field: one line per log instead, `<logstore> <topic> <value of the field>`.
"""

import argparse
import json

import connection


def pulls(client, logstore):
    """All answers that hold log groups, with their shard."""
    for shard in client.list_shards(connection.PROJECT, logstore).get_shards_info():
        number = shard["shardID"]
        cursor = client.get_begin_cursor(connection.PROJECT, logstore, number).get_cursor()
        end = client.get_end_cursor(connection.PROJECT, logstore, number).get_cursor()
        while cursor != end:
            answer = client.pull_logs(connection.PROJECT, logstore, number, cursor, count=1000, end_cursor=end)
            if answer.get_loggroup_count() > 0:
                yield number, answer
            elif answer.get_next_cursor() == cursor:
                raise SystemExit(f"{logstore} shard {number}: no progress at {cursor}, before the end {end}")
            cursor = answer.get_next_cursor()


def varint(data, position):
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def raw_groups(body):
    """The bytes of each log group in a LogGroupList: field 1, length-delimited, and nothing else."""
    position = 0
    while position < len(body):
        key, position = varint(body, position)
        length, position = varint(body, position)
        if key != 10:
            raise SystemExit(f"a LogGroupList with field key {key}")
        yield body[position : position + length]
        position += length


def describe(logstore, shard, group):
    return {
        "logstore": logstore,
        "shard": shard,
        "topic": group.Topic,
        "source": group.Source,
        "tags": {tag.Key: tag.Value for tag in group.LogTags},
        "logs": [
            {"time": log.Time, "ns": log.Time_ns, "contents": {pair.Key: pair.Value for pair in log.Contents}}
            for log in group.Logs
        ],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("logstores", nargs="+")
    parser.add_argument("--field")
    parser.add_argument("--raw", action="store_true")
    options = parser.parse_args()
    client = connection.client()
    for logstore in options.logstores:
        for shard, answer in pulls(client, logstore):
            # Kept only until the SDK parses it.
            body = bytes(answer._raw_uncompressed_body)
            raws = list(raw_groups(body))
            groups = answer.get_loggroup_list().LogGroups
            if not len(raws) == len(groups) == answer.get_loggroup_count():
                raise SystemExit(f"{len(raws)} groups by bytes, {len(groups)} parsed, {answer.get_loggroup_count()} announced")
            for raw, group in zip(raws, groups):
                if options.field:
                    for log in group.Logs:
                        value = next((pair.Value for pair in log.Contents if pair.Key == options.field), "")
                        print(logstore, group.Topic or "-", value)
                    continue
                line = describe(logstore, shard, group)
                if options.raw:
                    line["raw"] = raw.hex()
                print(json.dumps(line))


if __name__ == "__main__":
    main()
