"""A plain worker of the SDK's consumer library: prints one JSON line per event and batch, and saves its checkpoints.

    consumer.py --group G --name N [--heartbeat 3] [--fetch 0.2] [--position begin|end] [--in-order] [--save-each]

Lines: {"event":"started"}, {"event":"shard","shard":0}, {"event":"batch","shard":0,"groups":2,"ids":[...]},
{"event":"stopped"}. The group's timeout is twice the heartbeat interval. SIGTERM stops it as the library stops.
"""

import argparse
import json
import logging
import signal
import sys
import threading

from aliyun.log.consumer import ConsumerProcessorBase, ConsumerWorker, LogHubConfig

import connection

output = threading.Lock()


def say(**values):
    with output:
        print(json.dumps(values), flush=True)


class Printer(ConsumerProcessorBase):
    """Prints what it is given, and saves after each batch."""

    def __init__(self, save_each):
        super().__init__()
        self.save_each = save_each

    def initialize(self, shard):
        super().initialize(shard)
        say(event="shard", shard=shard)

    def process(self, log_groups, check_point_tracker):
        ids = [
            pair.Value for group in log_groups.LogGroups for log in group.Logs for pair in log.Contents if pair.Key == "id"
        ]
        if log_groups.LogGroups:
            say(event="batch", shard=self.shard_id, groups=len(log_groups.LogGroups), ids=ids)
        self.save_checkpoint(check_point_tracker, force=self.save_each)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--group", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--heartbeat", type=int, default=3)
    parser.add_argument("--fetch", type=float, default=0.2)
    parser.add_argument("--position", default="begin")
    parser.add_argument("--in-order", action="store_true")
    parser.add_argument("--save-each", action="store_true")
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)

    config = LogHubConfig(
        connection.ENDPOINT, connection.ACCESS_KEY_ID, connection.ACCESS_KEY_SECRET, connection.PROJECT,
        connection.LOGSTORE, options.group, options.name, cursor_start_time=options.position,
        heartbeat_interval=options.heartbeat, data_fetch_interval=options.fetch, in_order=options.in_order,
    )
    worker = ConsumerWorker(Printer, config, args=(options.save_each,))
    # The handler only sets a flag: the worker's thread and the heartbeat's then end by themselves.
    signal.signal(signal.SIGTERM, lambda *_: worker.shutdown())
    worker.start()
    say(event="started", name=options.name)
    while worker.is_alive():
        worker.join(timeout=0.2)
    say(event="stopped", name=options.name)


if __name__ == "__main__":
    main()
