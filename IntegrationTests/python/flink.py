"""A client as the connectors of stream processors are: it sends no heartbeats and saves checkpoints by force, as nobody.

    flink.py GROUP

Reads every shard once from its begin to its end, saves behind each pull, and prints the ids it read, one per line.
"""

import sys

import connection


def main():
    client, (group,) = connection.client(), sys.argv[1:]
    project, logstore = connection.PROJECT, connection.LOGSTORE
    for shard in client.list_shards(project, logstore).get_shards_info():
        number = shard["shardID"]
        cursor = client.get_begin_cursor(project, logstore, number).get_cursor()
        end = client.get_end_cursor(project, logstore, number).get_cursor()
        while cursor != end:
            answer = client.pull_logs(project, logstore, number, cursor, count=3, end_cursor=end)
            for log_group in answer.get_loggroup_list().LogGroups:
                for log in log_group.Logs:
                    print(next(pair.Value for pair in log.Contents if pair.Key == "id"))
            cursor = answer.get_next_cursor()
            client.update_check_point(project, logstore, group, number, cursor, force_success=True)


if __name__ == "__main__":
    main()
