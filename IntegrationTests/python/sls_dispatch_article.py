"""Routes log groups from one logstore to three others by topic, on the official SDK's consumer library.

The job of the article's sample, with its environment: SLS_ENDPOINT SLS_AK_ID SLS_AK_KEY SLS_PROJECT SLS_LOGSTORE, SLS_ENDPOINT_TO
SLS_PROJECT_TO (default: the source's), SLS_LOGSTORE_TO1 SLS_LOGSTORE_TO2 SLS_LOGSTORE_TO3, SLS_CG; and two more for tests:
SLS_HEARTBEAT_SECONDS and SLS_FETCH_SECONDS.

Where it differs from the sample: the library skips a batch whose processing raises, and saves the position behind it later. So a
put that fails is tried until it works, and a batch that was given up at the stop is not saved.
"""

import json
import logging
import os
import signal
import sys
import threading

from aliyun.log import LogClient, LogException
from aliyun.log.consumer import ConsumerProcessorBase, ConsumerWorker, CursorPosition, LogHubConfig

import connection  # noqa: F401 - its resolver; the settings are read here

REQUIRED = (
    "SLS_ENDPOINT SLS_AK_ID SLS_AK_KEY SLS_PROJECT SLS_LOGSTORE SLS_LOGSTORE_TO1 SLS_LOGSTORE_TO2 SLS_LOGSTORE_TO3 SLS_CG"
).split()

stopping = threading.Event()
logger = logging.getLogger("sls_dispatch_article")


class Dispatcher(ConsumerProcessorBase):
    """Forwards the groups of one shard, each to the logstore of its topic."""

    def __init__(self, client, project, routes):
        super().__init__()
        self.client = client
        self.project = project
        self.routes = routes
        self.is_given_up = False

    def process(self, log_groups, check_point_tracker):
        self.is_given_up = True
        for group in log_groups.LogGroups:
            logstore = self.routes.get(group.Topic)
            if logstore is None:
                logger.info("no route for topic %r", group.Topic)
                continue
            self.put(logstore, group)
        self.is_given_up = False
        self.save_checkpoint(check_point_tracker)

    def put(self, logstore, group):
        """Puts the group as it came. Raises only when the process stops: the position is then not saved."""
        delay = 0.2
        while True:
            try:
                self.client.put_log_raw(self.project, logstore, group)
                return
            except LogException as error:
                logger.warning("put to %s failed, trying again: %s", logstore, error)
            if stopping.wait(delay):
                raise RuntimeError(f"stopped while {logstore} did not take a group")
            delay = min(delay * 2, 30)

    def shutdown(self, check_point_tracker):
        # The library would save the position behind the batch at hand, delivered or not.
        if not self.is_given_up:
            super().shutdown(check_point_tracker)


def main():
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    environment = os.environ
    missing = [name for name in REQUIRED if not environment.get(name)]
    if missing:
        print("missing: " + " ".join(missing), file=sys.stderr)
        sys.exit(64)

    endpoint = environment["SLS_ENDPOINT"]
    key_id, key_secret = environment["SLS_AK_ID"], environment["SLS_AK_KEY"]
    project = environment["SLS_PROJECT"]
    routes = {
        topic: environment[f"SLS_LOGSTORE_TO{number}"]
        for number, topic in enumerate(("ngnix", "sql_audit", "click"), start=1)
    }
    target = LogClient(environment.get("SLS_ENDPOINT_TO") or endpoint, key_id, key_secret, source="10.0.0.1")
    group = environment["SLS_CG"]
    config = LogHubConfig(
        endpoint, key_id, key_secret, project, environment["SLS_LOGSTORE"], group, f"{group}-{os.getpid()}",
        cursor_position=CursorPosition.BEGIN_CURSOR,
        heartbeat_interval=int(environment.get("SLS_HEARTBEAT_SECONDS", "20")),
        data_fetch_interval=float(environment.get("SLS_FETCH_SECONDS", "1")),
    )
    worker = ConsumerWorker(Dispatcher, config, args=(target, environment.get("SLS_PROJECT_TO") or project, routes))

    def stop(*_):
        stopping.set()
        worker.shutdown()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    worker.start()
    print(json.dumps({"event": "started", "consumer": config.consumer_name}), flush=True)
    while worker.is_alive():
        worker.join(timeout=0.2)


if __name__ == "__main__":
    main()
