"""What is refused: calls that are not emulated, signatures and bodies that are wrong."""

import importlib
import time

import aliyun.log as sls
import requests
from aliyun.log import LogClient, LogItem, PutLogsRequest
from aliyun.log.auth import AUTH_VERSION_4
from aliyun.log.resource_params import ResourceRecord
from aliyun.log.topostore_params import Topostore, TopostoreNode, TopostoreRelation

import connection
from .harness import IS_OLD, PROJECT, STORE, check, check_where_offered, client, end, expect, number, offers, refused, shards

GET_LOGS = "GetLogs" if IS_OLD else "GetLogsV2"
SQL = "* | select 1"


def request(method):
    """The module of a request that the package does not export."""
    return importlib.import_module(f"aliyun.log.{method}_request")


# The method, the name of the call that it makes, its arguments (made where the version has the method).
NOT_EMULATED = [
    ("get_log", GET_LOGS, lambda: (PROJECT, STORE, 1, 2)),
    ("get_logs", GET_LOGS, lambda: (sls.GetLogsRequest(PROJECT, STORE, 1, 2, query="*"),)),
    ("get_log_all", GET_LOGS, lambda: (PROJECT, STORE, 1, 2)),
    ("get_log_all_v2", GET_LOGS, lambda: (PROJECT, STORE, 1, 2)),
    ("execute_logstore_sql", GET_LOGS, lambda: (PROJECT, STORE, 1, 2, SQL, False)),
    ("execute_project_sql", "GetProjectLogs", lambda: (PROJECT, "select 1", False)),
    ("get_project_logs", "GetProjectLogs", lambda: (sls.GetProjectLogsRequest(PROJECT, "select 1"),)),
    ("get_histograms", "GetHistograms", lambda: (sls.GetHistogramsRequest(PROJECT, STORE, 1, 2),)),
    ("list_topics", "ListTopics", lambda: (sls.ListTopicsRequest(PROJECT, STORE, "", 10),)),
    ("get_context_logs", "GetContextLogs", lambda: (PROJECT, STORE, "A-1", "0|MTU=|1|0", 1, 1)),
    ("submit_async_sql", "SubmitAsyncSql", lambda: (sls.SubmitAsyncSqlRequest(PROJECT, STORE, SQL, 1, 2),)),
    ("get_async_sql", "GetAsyncSql", lambda: (request("get_async_sql").GetAsyncSqlRequest(PROJECT, "id"),)),
    ("delete_async_sql", "DeleteAsyncSql", lambda: (request("delete_async_sql").DeleteAsyncSqlRequest(PROJECT, "id"),)),
    ("delete_logs", "CreateDeleteLogsTask", lambda: (sls.DeleteLogsRequest(PROJECT, STORE, 1, 2, query="*"),)),
    ("delete_logs_v2", "DeleteLogs", lambda: (None, PROJECT, STORE, 1, 2, "*")),
    ("get_delete_logs_status", "GetDeleteLogsTask", lambda: (sls.GetDeleteLogsStatusRequest(PROJECT, STORE, "1"),)),
    ("list_delete_logs_tasks", "ListDeleteLogsTasks", lambda: (sls.ListDeleteLogsTasksRequest(PROJECT, STORE),)),
    ("update_logs", "UpdateLogs", lambda: (sls.UpdateLogsRequest(PROJECT, STORE, 1, 2, "*", None, None, {"a": "b"}),)),
    ("enable_logstore_modify", "EnableLogStoreModify", lambda: (PROJECT, STORE)),
    ("put_object", "PutObject", lambda: (PROJECT, STORE, "a/b", b"x")),
    ("get_object", "GetObject", lambda: (PROJECT, STORE, "a/b")),
    ("list_scheduled_sql_job_instance", "ListJobInstances", lambda: (PROJECT, "j", 1, 2)),
    ("get_scheduled_sql_job_instance", "ListJobInstances", lambda: (PROJECT, "j", "i")),
    ("modify_scheduled_sql_job_instance_state", "ModifyJobInstanceState", lambda: (PROJECT, "j", "i", "RUNNING")),
    ("get_shipper_tasks", "GetShipperStatus", lambda: (PROJECT, STORE, "s", 1, 2)),
    ("retry_shipper_tasks", "RetryShipperTask", lambda: (PROJECT, STORE, "s", ["t"])),
    ("get_resource_policy", "GetResourcePolicy", lambda: (PROJECT, "logstore", STORE)),
    ("put_resource_policy", "PutResourcePolicy", lambda: (PROJECT, "logstore", "{}", STORE)),
    ("delete_resource_policy", "DeleteResourcePolicy", lambda: (PROJECT, "logstore", STORE)),
    ("create_resource_record", "CreateResourceRecord", lambda: ("r", ResourceRecord("1", "t", {"a": "b"}))),
    ("update_resource_record", "UpdateResourceRecord", lambda: ("r", ResourceRecord("1", "t", {"a": "b"}))),
    ("upsert_resource_record", "UpdateResourceRecord", lambda: ("r", [ResourceRecord("1", "t", {"a": "b"})])),
    ("get_resource_record", "GetResourceRecord", lambda: ("r", "1")),
    ("list_resource_records", "ListResourceRecord", lambda: ("r",)),
    ("delete_resource_record", "DeleteResourceRecord", lambda: ("r", ["1"])),
    ("create_topostore", "CreateTopostore", lambda: (Topostore("t"),)),
    ("update_topostore", "UpdateTopostore", lambda: (Topostore("t", description="d"),)),
    ("get_topostore", "GetTopostore", lambda: ("t",)),
    ("list_topostores", "ListTopostore", lambda: ()),
    ("delete_topostore", "DeleteTopostore", lambda: ("t",)),
]


def topostore_parts():
    """Nodes and relations lie below the topostore, as its other parts."""
    node, relation = TopostoreNode("1", "n"), TopostoreRelation("1", "r", "1", "2")
    for kind, part in (("node", node), ("relation", relation)):
        NOT_EMULATED.extend([
            (f"create_topostore_{kind}", "CreateTopostore", lambda part=part: ("t", part)),
            (f"update_topostore_{kind}", "UpdateTopostore", lambda part=part: ("t", part)),
            (f"upsert_topostore_{kind}", "UpdateTopostore", lambda part=part: ("t", [part])),
            (f"get_topostore_{kind}", "GetTopostore", lambda: ("t", "1")),
            (f"list_topostore_{kind}", "GetTopostore", lambda: ("t",)),
            (f"delete_topostore_{kind}", "DeleteTopostore", lambda: ("t", ["1"])),
        ])


topostore_parts()


def call(method, arguments):
    answer = getattr(client, method)(*arguments())
    if not hasattr(answer, "get_body"):
        list(answer)  # a generator asks when it is read


@check
def calls_that_are_not_emulated_say_so_by_name():
    wrong = []
    for method, name, arguments in NOT_EMULATED:
        if not offers(method):
            continue
        try:
            message = refused("NotSupported", 400, lambda: call(method, arguments))
            expect(message, f"{name} is not emulated by fake-sls; see docs/compatibility.md")
        except Exception as error:  # all of the table's mistakes at once
            wrong.append(f"{method}: {type(error).__name__}: {error}")
    expect(wrong, [])


@check_where_offered("copy_alert")  # versions without it have no queries in pulls
def queries_in_pulls_are_refused_by_name():
    refused("NotSupported", 400, lambda: client.pull_logs(PROJECT, STORE, 1, end(1), query="* | where a = '1'"))


@check
def a_wrong_secret_is_refused():
    wrong = connection.client(key_secret="wrong")
    refused("SignatureNotMatch", 401, lambda: wrong.list_logstore(PROJECT))


@check
def signature_v4_is_accepted_and_a_wrong_secret_refused():
    endpoint, key, secret = connection.ENDPOINT, connection.ACCESS_KEY_ID, connection.ACCESS_KEY_SECRET
    right = LogClient(endpoint, key, secret, source="10.0.0.1", auth_version=AUTH_VERSION_4, region="cn-test")
    expect(right.get_project(PROJECT).get_projectname(), PROJECT)
    logs = [LogItem(int(time.time()), contents=[("id", "v4")])]
    right.put_logs(PutLogsRequest(PROJECT, STORE, "v4", "10.0.0.1", logs))
    right.heart_beat(PROJECT, STORE, "g1", "name with / and #" if IS_OLD else "name with / and ü", [])
    wrong = LogClient(endpoint, key, "wrong", source="10.0.0.1", auth_version=AUTH_VERSION_4, region="cn-test")
    message = refused("SignatureNotMatch", 401, lambda: wrong.get_project(PROJECT))
    if "The server built this text: GET\n/\n" not in message:
        raise AssertionError(message)


@check
def the_settings_of_the_client_travel():
    for method, value in (("set_source", "10.9.9.9"), ("set_user_agent", "calls/1 (like a CLI)")):
        getattr(client, method)(value)
    expect(client.get_project(PROJECT).get_projectname(), PROJECT)
    client.set_source("10.0.0.1")


def post(body, **changed):
    """PutLogs as bytes: what no SDK would send."""
    headers = {
        "Content-Type": "application/x-protobuf", "x-log-apiversion": "0.6.0", "x-log-bodyrawsize": str(len(body)),
        "x-log-signaturemethod": "hmac-sha1",
    }
    headers.update({name.replace("_", "-"): value for name, value in changed.items()})
    scheme, host = connection.ENDPOINT.split("://")
    answer = requests.post(f"{scheme}://{PROJECT}.{host}/logstores/{STORE}", data=body, headers=headers, timeout=30)
    if "x-log-requestid" not in answer.headers:
        raise AssertionError(f"no request id on {answer.status_code}")
    return answer.status_code, answer.json()["errorCode"] if answer.content else ""


@check
def malformed_bodies_are_refused_and_leave_nothing():
    before = [end(shard["shardID"]) for shard in shards()]
    good = b"\x0a\x0c\x08\x80\xe2\xcf\xaa\x06\x12\x04\x0a\x00\x12\x00"
    packed = bytes([len(good) << 4]) + good  # an LZ4 block of one run of literals
    expect(post(good[:-1]), (400, "PostBodyInvalid"))
    expect(post(b"\xff" * 20), (400, "PostBodyInvalid"))
    expect(post(b"\xff" * 20, x_log_compresstype="lz4", x_log_bodyrawsize="14"), (400, "PostBodyUncompressError"))
    expect(post(packed, x_log_compresstype="lz4", x_log_bodyrawsize="15"), (400, "InvalidBodyRawSize"))
    expect(post(packed, x_log_compresstype="lz4", x_log_bodyrawsize="-1"), (400, "InvalidBodyRawSize"))
    expect(post(good, x_log_compresstype="snappy"), (400, "InvalidCompressType"))
    expect([end(shard["shardID"]) for shard in shards()], before)
    expect(post(packed, x_log_compresstype="lz4", x_log_bodyrawsize="14"), (200, ""))
    after = [end(shard["shardID"]) for shard in shards()]
    expect(sum(map(number, after)) - sum(map(number, before)), 1)
