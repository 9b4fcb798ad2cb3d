"""Prints the state of a logstore and of one of its consumer groups as one JSON line.

    state.py GROUP

{"shards":[{"shard":0,"status":"readwrite","begin":<number>,"end":<number>}],"checkpoints":[{"shard":0,"checkpoint":<number or null>,
"consumer":"c"}]}
"""

import base64
import json
import sys

import connection


def number(cursor):
    return int(base64.b64decode(cursor)) if cursor else None


def main():
    client = connection.client()
    project, logstore = connection.PROJECT, connection.LOGSTORE
    shards = [
        {
            "shard": shard["shardID"],
            "status": shard["status"],
            "begin": number(client.get_begin_cursor(project, logstore, shard["shardID"]).get_cursor()),
            "end": number(client.get_end_cursor(project, logstore, shard["shardID"]).get_cursor()),
        }
        for shard in client.list_shards(project, logstore).get_shards_info()
    ]
    points = client.get_check_point(project, logstore, sys.argv[1]).get_consumer_group_check_points()
    checkpoints = [
        {"shard": point["shard"], "checkpoint": number(point["checkpoint"]), "consumer": point["consumer"]}
        for point in points
    ]
    print(json.dumps({"shards": shards, "checkpoints": checkpoints}))


if __name__ == "__main__":
    main()
