"""Puts a log group and reads it back, with the official Python SDK: pip install aliyun-log-python-sdk."""

import os
import time

from aliyun.log import LogClient, LogException, LogItem, PutLogsRequest

client = LogClient(
    os.environ.get("SLS_ENDPOINT", "http://cn-hangzhou.log.aliyuncs.com"),
    os.environ.get("SLS_AK_ID", "fake-id"), os.environ.get("SLS_AK_KEY", "fake-secret"))

for make in (
    lambda: client.create_project("example", "made by the example"),
    lambda: client.create_logstore("example", "app", ttl=1, shard_count=1),
):
    try:
        make()
    except LogException as error:
        if not error.get_error_code().endswith("AlreadyExist"):
            raise

start = client.get_end_cursor("example", "app", 0).get_cursor()
log = LogItem(int(time.time()), contents=[("message", "hello")])
client.put_logs(PutLogsRequest("example", "app", "greetings", "", [log]))
answer = client.pull_logs("example", "app", 0, start)
print(answer.get_flatten_logs_json()[0]["message"])
