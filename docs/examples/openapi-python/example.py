"""Puts a log group and sees it arrive, with the generated OpenAPI SDK: pip install alibabacloud_sls20201230.

It does not read it back: the gateway package that comes with it (0.4.2) takes what PullLogs answers for JSON.
"""

import os
import time

from alibabacloud_sls20201230 import models
from alibabacloud_sls20201230.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.exceptions import UnretryableException

scheme, endpoint = os.environ.get("SLS_ENDPOINT", "http://cn-hangzhou.log.aliyuncs.com").split("://")
client = Client(Config(
    access_key_id=os.environ.get("SLS_AK_ID", "fake-id"), access_key_secret=os.environ.get("SLS_AK_KEY", "fake-secret"),
    endpoint=endpoint, protocol=scheme, region_id="cn-hangzhou", signature_version="v4",
    http_proxy=os.environ.get("http_proxy"), https_proxy=os.environ.get("https_proxy")))

for make in (
    lambda: client.create_project(models.CreateProjectRequest(project_name="example", description="made by the example")),
    lambda: client.create_log_store(
        "example", models.CreateLogStoreRequest(logstore_name="openapi", ttl=1, shard_count=1)),
):
    try:
        make()
    except UnretryableException as error:
        if not (error.code or "").endswith("AlreadyExist"):
            raise


def end_cursor():
    return client.get_cursor("example", "openapi", "0", models.GetCursorRequest(from_="end")).body.cursor


before = end_cursor()
log = models.LogItem(time=int(time.time()), contents=[models.LogContent(key="message", value="hello")])
client.put_logs("example", "openapi", models.PutLogsRequest(body=models.LogGroup(topic="greetings", log_items=[log])))
print("hello" if end_cursor() != before else "nothing arrived")
