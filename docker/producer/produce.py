"""Makes the demo's project and logstores if they are missing, then writes log groups of several topics for ever.

Set by the environment: SLS_ENDPOINT, SLS_AK_ID, SLS_AK_KEY, SLS_PROJECT, SLS_LOGSTORE, SLS_TARGETS (names split by
commas), INTERVAL_SECONDS (default 0.5), GROUP_COUNT (default 0: no end).
"""

import itertools
import os
import sys
import time

from aliyun.log import LogClient, LogException, LogItem, PutLogsRequest

TOPICS = ("ngnix", "sql_audit", "click", "other")


def until_it_works(action, tolerated):
    """Repeats a call until the service answers; an error named in `tolerated` is as good as success."""
    while True:
        try:
            return action()
        except LogException as error:
            if error.get_error_code() in tolerated:
                return None
            print(f"waiting: {error.get_error_code()}: {error.get_error_message()}", file=sys.stderr, flush=True)
            time.sleep(1)


def main():
    environment = os.environ
    client = LogClient(environment["SLS_ENDPOINT"], environment["SLS_AK_ID"], environment["SLS_AK_KEY"])
    project = environment["SLS_PROJECT"]
    source = environment["SLS_LOGSTORE"]
    until_it_works(lambda: client.create_project(project, "made by the producer"), {"ProjectAlreadyExist"})
    for name, shards in [(source, 4)] + [(name, 2) for name in environment.get("SLS_TARGETS", "").split(",") if name]:
        until_it_works(lambda: client.create_logstore(project, name, ttl=1, shard_count=shards), {"LogStoreAlreadyExist"})

    interval = float(environment.get("INTERVAL_SECONDS", "0.5"))
    limit = int(environment.get("GROUP_COUNT", "0"))
    for number in itertools.count():
        if limit and number >= limit:
            break
        logs = [
            LogItem(int(time.time()), contents=[("id", f"{number}-{index}"), ("message", "a sample line")])
            for index in range(10)
        ]
        request = PutLogsRequest(project, source, TOPICS[number % len(TOPICS)], "producer", logs, compress=True)
        until_it_works(lambda: client.put_logs(request), set())
        if number % 20 == 0:
            print(f"written {number + 1} log groups", flush=True)
        time.sleep(interval)


if __name__ == "__main__":
    main()
