"""What the checks share: the SDK's client, which notes what they call, what they expect, and the run itself."""

import base64
import os
import sys
import time
import traceback

from aliyun.log import LogClient, LogException, LogItem, PutLogsRequest

import connection

PROJECT = f"calls-{os.getpid()}"
STORE = "app"


class Driven:
    """The SDK's client; it notes which of its methods the checks call by name."""

    def __init__(self, client):
        self.sdk = client
        self.called = set()

    def __getattr__(self, name):
        self.called.add(name)
        return getattr(self.sdk, name)


client = Driven(connection.client())
checks = []


def check(function):
    """A check: its name is the function's, with spaces. Checks run in the order in which they are defined."""
    checks.append((function.__name__.replace("_", " "), function))
    return function


def offers(*methods):
    """Whether this version of the SDK has these methods."""
    return all(hasattr(LogClient, method) for method in methods)


def check_where_offered(*methods):
    """A check for versions of the SDK that have these methods."""
    return check if offers(*methods) else lambda function: function


# What the version from 2023 does otherwise: it has no LZ4 that works with today's package, asks queries by the older call,
# and percent-encodes characters beyond ASCII by their number, not as UTF-8, when it signs by V4.
IS_OLD = not offers("submit_async_sql")


def expect(actual, expected):
    if actual != expected:
        raise AssertionError(f"got {actual!r}, expected {expected!r}")


def refused(code, status, action):
    """The call must fail with this code and status, and with a request id.

    :return: The message.
    """
    try:
        action()
    except LogException as error:
        expect((error.get_error_code(), error.resp_status), (code, status))
        if not error.get_request_id():
            raise AssertionError("the error has no request id") from error
        return error.get_error_message()
    raise AssertionError(f"no error, expected {code}")


def number(cursor):
    return int(base64.b64decode(cursor))


def put(logstore=STORE, groups=1, topic="t", **options):
    for index in range(groups):
        logs = [LogItem(int(time.time()), contents=[("id", f"{topic}-{index}")])]
        client.put_logs(PutLogsRequest(PROJECT, logstore, topic, "10.0.0.1", logs, **options))


def begin(shard=0, logstore=STORE):
    return client.get_begin_cursor(PROJECT, logstore, shard).get_cursor()


def end(shard=0, logstore=STORE):
    return client.get_end_cursor(PROJECT, logstore, shard).get_cursor()


def shards(logstore=STORE):
    return client.list_shards(PROJECT, logstore).get_shards_info()


def run():
    """Runs all checks; ends the process with 1 if one failed."""
    failed = 0
    for name, function in checks:
        try:
            function()
            print(f"ok      {name}", flush=True)
        except Exception as error:  # whatever it is: the next check still tells something
            failed += 1
            print(f"FAILED  {name}: {type(error).__name__}: {error}", flush=True)
            traceback.print_exc()
    print(f"{len(checks) - failed} of {len(checks)} checks passed")
    sys.exit(1 if failed else 0)
