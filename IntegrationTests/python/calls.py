"""Drives every call of the service that fake-sls has through the official SDK and checks what the SDK makes of the answers.

Prints one line per check, `ok` or `FAILED` first, and ends with 1 if one failed. Makes and removes a project of its own.
"""

import base64
import os
import sys
import time
import traceback

import lz4.block
import requests
from aliyun.log import (
    GetLogsRequest, IndexConfig, IndexKeyConfig, IndexLineConfig, LogClient, LogException, LogItem, MachineGroupDetail,
    PutLogsRequest,
)
from aliyun.log.auth import AUTH_VERSION_4
from aliyun.log.logtail_config_detail import SimpleFileConfigDetail
from aliyun.log.proto import LogGroup

import connection

PROJECT = f"calls-{os.getpid()}"
STORE = "app"
client = connection.client()
checks = []


def check(function):
    """A check: its name is the function's, with spaces."""
    checks.append((function.__name__.replace("_", " "), function))
    return function


def expect(actual, expected):
    if actual != expected:
        raise AssertionError(f"got {actual!r}, expected {expected!r}")


def refused(code, status, action):
    """The call must fail with this code and status, and with a request id."""
    try:
        action()
    except LogException as error:
        expect((error.get_error_code(), error.get_resp_status()), (code, status))
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


# Projects


@check
def a_project_is_made_and_read():
    client.create_project(PROJECT, "made by calls.py")
    project = client.get_project(PROJECT)
    expect((project.get_projectname(), project.get_description()), (PROJECT, "made by calls.py"))
    expect(project.get_status(), "Normal")


@check
def a_project_is_listed():
    answer = client.list_project(project_name_pattern=PROJECT)
    expect([project["projectName"] for project in answer.get_projects()], [PROJECT])
    expect((answer.get_count(), answer.get_total()), (1, 1))


@check
def a_project_is_not_made_twice():
    refused("ProjectAlreadyExist", 400, lambda: client.create_project(PROJECT, ""))


@check
def an_unknown_project_is_named():
    refused("ProjectNotExist", 404, lambda: client.get_project("no-such-project"))
    refused("ProjectNotExist", 404, lambda: client.list_logstore("no-such-project"))


# Logstores


@check
def a_logstore_is_made_and_read():
    client.create_logstore(PROJECT, STORE, ttl=2, shard_count=2)
    logstore = client.get_logstore(PROJECT, STORE)
    expect((logstore.get_ttl(), logstore.get_shard_count(), logstore.get_enable_tracking()), (2, 2, False))
    expect((logstore.logstore_name, logstore.append_meta), (STORE, False))


@check
def a_logstore_is_updated():
    client.update_logstore(PROJECT, STORE, ttl=7)
    logstore = client.get_logstore(PROJECT, STORE)
    expect((logstore.get_ttl(), logstore.get_shard_count()), (7, 2))


@check
def logstores_are_listed():
    client.create_logstore(PROJECT, "other-store", ttl=1, shard_count=1)
    answer = client.list_logstore(PROJECT)
    expect((sorted(answer.get_logstores()), answer.get_total()), ([STORE, "other-store"], 2))
    expect(client.list_logstore(PROJECT, "other").get_logstores(), ["other-store"])


@check
def a_logstore_is_not_made_twice():
    refused("LogStoreAlreadyExist", 400, lambda: client.create_logstore(PROJECT, STORE, ttl=1, shard_count=1))


@check
def an_unknown_logstore_is_named():
    refused("LogStoreNotExist", 404, lambda: client.get_logstore(PROJECT, "no-such-store"))
    refused("LogStoreNotExist", 404, lambda: put("no-such-store"))
    refused("LogStoreNotExist", 404, lambda: client.list_shards(PROJECT, "no-such-store"))
    refused("LogStoreNotExist", 404, lambda: begin(0, "no-such-store"))


@check
def a_bad_logstore_name_is_refused():
    refused("LogStoreInfoInvalid", 400, lambda: client.create_logstore(PROJECT, "Bad Name", ttl=1, shard_count=1))


@check
def a_logstore_is_deleted():
    client.delete_logstore(PROJECT, "other-store")
    expect(client.list_logstore(PROJECT).get_logstores(), [STORE])
    refused("LogStoreNotExist", 404, lambda: client.delete_logstore(PROJECT, "other-store"))


# Log groups


@check
def shards_cut_the_key_space_evenly():
    expect(
        [(shard["shardID"], shard["status"], shard["inclusiveBeginKey"], shard["exclusiveEndKey"]) for shard in shards()],
        [(0, "readwrite", "0" * 32, "8" + "0" * 31), (1, "readwrite", "8" + "0" * 31, "f" * 32)],
    )


@check
def a_fresh_shard_is_empty():
    expect(begin(), end())
    answer = client.pull_logs(PROJECT, STORE, 0, begin())
    expect((answer.get_loggroup_count(), answer.get_next_cursor()), (0, begin()))


@check
def a_hash_key_chooses_the_shard():
    put(groups=3, topic="left", hashKey="0" * 32)
    put(groups=2, topic="right", hashKey="F" * 32)
    expect((number(end(0)) - number(begin(0)), number(end(1)) - number(begin(1))), (3, 2))


@check
def groups_come_back_as_they_were_put():
    contents = [("empty", ""), ("text", "grüße"), ("again", "1"), ("again", "2")]
    logs = [LogItem(1700000000, contents=contents, time_nano_part=123456789), LogItem(1700000001, contents=[("a", "b")])]
    tags = [("host", "h1"), ("empty", "")]
    cursor = end(1)
    client.put_logs(PutLogsRequest(PROJECT, STORE, "topic x", "10.1.2.3", logs, hashKey="f" * 32, logtags=tags))
    group = client.pull_logs(PROJECT, STORE, 1, cursor).get_loggroup(0)
    expect((group.Topic, group.Source), ("topic x", "10.1.2.3"))
    expect([(tag.Key, tag.Value) for tag in group.LogTags], tags)
    expect([(log.Time, log.Time_ns) for log in group.Logs], [(1700000000, 123456789), (1700000001, group.Logs[1].Time_ns)])
    expect([(pair.Key, pair.Value) for pair in group.Logs[0].Contents], contents)


@check
def put_log_raw_keeps_unknown_fields():
    raw = LogGroup()
    raw.ParseFromString(b"\x0a\x0c\x08\x80\xe2\xcf\xaa\x06\x12\x04\x0a\x00\x12\x00" + b"\x1a\x03raw" + b"\xc2\x3e\x02hi")
    before = {shard["shardID"]: end(shard["shardID"]) for shard in shards()}
    client.put_log_raw(PROJECT, STORE, raw)
    answers = [client.pull_logs(PROJECT, STORE, shard, cursor) for shard, cursor in before.items()]
    groups = [group for answer in answers for group in answer.get_loggroup_list().LogGroups]
    expect([group.SerializeToString() for group in groups], [raw.SerializeToString()])


@check
def uncompressed_and_compressed_puts_are_the_same():
    cursor = end(0)
    put(topic="plain", hashKey="0" * 32, compress=False)
    put(topic="lz4", hashKey="0" * 32, compress=True)
    groups = client.pull_logs(PROJECT, STORE, 0, cursor).get_loggroup_list().LogGroups
    expect([group.Topic for group in groups], ["plain", "lz4"])


@check
def pulls_are_cut_by_count_and_by_end_cursor():
    first = client.pull_logs(PROJECT, STORE, 0, begin(), count=2)
    expect((first.get_loggroup_count(), number(first.get_next_cursor()) - number(begin())), (2, 2))
    second = client.pull_logs(PROJECT, STORE, 0, begin(), count=1000, end_cursor=first.get_next_cursor())
    expect((second.get_loggroup_count(), second.get_next_cursor()), (2, first.get_next_cursor()))
    rest = client.pull_logs(PROJECT, STORE, 0, first.get_next_cursor())
    expect(rest.get_next_cursor(), end())


@check
def pulls_are_the_same_with_and_without_compression():
    packed = client.pull_logs(PROJECT, STORE, 0, begin())
    plain = client.pull_logs(PROJECT, STORE, 0, begin(), compress=False)
    expect(packed.get_header("x-log-compresstype"), "lz4")
    expect(plain.get_header("x-log-compresstype"), "")
    expect(
        packed.get_loggroup_list().SerializeToString(), plain.get_loggroup_list().SerializeToString())


@check
def the_time_helper_of_the_sdk_pulls_everything():
    answers = list(client.pull_log(PROJECT, STORE, 0, "begin", "end", batch_size=2))
    expect(sum(answer.get_loggroup_count() for answer in answers), number(end()) - number(begin()))


# Cursors


@check
def a_cursor_by_time_lies_between_begin_and_end():
    expect(client.get_cursor(PROJECT, STORE, 0, 1).get_cursor(), begin())
    expect(client.get_cursor(PROJECT, STORE, 0, int(time.time()) + 3600).get_cursor(), end())


@check
def a_cursor_has_its_receive_time():
    for cursor in (begin(), end()):
        received = client.get_cursor_time(PROJECT, STORE, 0, cursor).get_cursor_time()
        if abs(received - time.time()) > 300:
            raise AssertionError(f"cursor time {received}")


@check
def the_cursor_before_has_its_time_too():
    client.get_previous_cursor_time(PROJECT, STORE, 0, end())
    client.get_previous_cursor_time(PROJECT, STORE, 0, begin())


@check
def bad_cursors_are_told_apart():
    refused("ParameterInvalid", 400, lambda: client.pull_logs(PROJECT, STORE, 0, "not a cursor"))
    refused("InvalidCursor", 400, lambda: client.pull_logs(PROJECT, STORE, 0, base64.b64encode(b"1").decode()))
    refused("InvalidCursor", 400, lambda: client.get_cursor_time(PROJECT, STORE, 0, base64.b64encode(b"1").decode()))
    refused("ShardNotExist", 400, lambda: client.pull_logs(PROJECT, STORE, 99, begin()))
    refused("ShardNotExist", 400, lambda: begin(99))


# Shards


@check
def a_shard_is_split():
    answer = client.split_shard(PROJECT, STORE, 0, "4" + "0" * 31).get_shards_info()
    expect([(shard["shardID"], shard["status"]) for shard in answer], [(0, "readonly"), (2, "readwrite"), (3, "readwrite")])
    expect([shard["exclusiveEndKey"][0] for shard in answer], ["8", "4", "8"])
    expect(sorted(shard["shardID"] for shard in shards()), [0, 1, 2, 3])


@check
def a_split_shard_is_read_to_its_end():
    answer = client.pull_logs(PROJECT, STORE, 0, end(0))
    expect((answer.get_loggroup_count(), answer.get_next_cursor()), (0, end(0)))
    put(topic="child", hashKey="0" * 32)
    expect(number(end(2)) - number(begin(2)), 1)


@check
def shards_are_merged():
    answer = client.merge_shard(PROJECT, STORE, 2).get_shards_info()
    expect([(shard["shardID"], shard["status"]) for shard in answer], [(4, "readwrite"), (2, "readonly"), (3, "readonly")])
    expect((answer[0]["inclusiveBeginKey"], answer[0]["exclusiveEndKey"]), ("0" * 32, "8" + "0" * 31))


@check
def shards_that_cannot_be_split_or_merged_are_refused():
    refused("ParameterInvalid", 400, lambda: client.split_shard(PROJECT, STORE, 0, "4" + "0" * 31))
    refused("ParameterInvalid", 400, lambda: client.split_shard(PROJECT, STORE, 1, "1" + "0" * 31))
    refused("ParameterInvalid", 400, lambda: client.merge_shard(PROJECT, STORE, 1))


# Consumer groups


@check
def a_consumer_group_is_made_listed_and_updated():
    client.create_consumer_group(PROJECT, STORE, "g1", 30, in_order=False)
    client.update_consumer_group(PROJECT, STORE, "g1", timeout=60, in_order=True)
    groups = client.list_consumer_group(PROJECT, STORE).get_consumer_groups()
    expect([(group.get_consumer_group_name(), group.get_timeout(), group.is_in_order()) for group in groups], [("g1", 60, True)])
    client.update_consumer_group(PROJECT, STORE, "g1", in_order=False)
    refused("ConsumerGroupAlreadyExist", 400, lambda: client.create_consumer_group(PROJECT, STORE, "g1", 30))


@check
def ten_consumer_groups_are_the_limit():
    for index in range(2, 11):
        client.create_consumer_group(PROJECT, STORE, f"g{index}", 30)
    refused("ConsumerGroupQuotaExceed", 400, lambda: client.create_consumer_group(PROJECT, STORE, "g11", 30))
    client.delete_consumer_group(PROJECT, STORE, "g10")
    client.create_consumer_group(PROJECT, STORE, "g11", 30)
    for index in [2, 3, 4, 5, 6, 7, 8, 9, 11]:
        client.delete_consumer_group(PROJECT, STORE, f"g{index}")


@check
def a_heartbeat_gives_shards():
    expect(client.heart_beat(PROJECT, STORE, "g1", "c1", []).get_shards(), [0, 1, 2, 3, 4])
    expect(client.heart_beat(PROJECT, STORE, "g1", "c1", [0, 1, 2, 3, 4]).get_shards(), [0, 1, 2, 3, 4])
    expect(client.heart_beat(PROJECT, STORE, "g1", "c2", []).get_shards(), [])
    kept = client.heart_beat(PROJECT, STORE, "g1", "c1", [0, 1, 2, 3, 4]).get_shards()
    if not 2 <= len(kept) <= 3:
        raise AssertionError(f"c1 is left with {kept}")
    client.heart_beat(PROJECT, STORE, "g1", "c1", kept)
    expect(sorted(kept + client.heart_beat(PROJECT, STORE, "g1", "c2", []).get_shards()), [0, 1, 2, 3, 4])


@check
def an_unknown_consumer_with_shards_is_refused():
    refused("NotExistConsumerWithBody", 400, lambda: client.heart_beat(PROJECT, STORE, "g1", "stranger", [0]))


@check
def checkpoints_are_saved_and_read():
    before = client.get_check_point(PROJECT, STORE, "g1").get_consumer_group_check_points()
    expect([(point["shard"], point["checkpoint"], point["updateTime"]) for point in before], [(i, "", 0) for i in range(5)])
    holder = next(name for name in ("c1", "c2") if 1 in client.heart_beat(PROJECT, STORE, "g1", name, []).get_shards())
    client.update_check_point(PROJECT, STORE, "g1", 1, end(1), holder, force_success=False)
    point = client.get_check_point(PROJECT, STORE, "g1", 1).get_consumer_group_check_points()[0]
    expect((point["checkpoint"], point["consumer"]), (end(1), holder))
    if abs(point["updateTime"] / 1e6 - time.time()) > 300:
        raise AssertionError(f"updateTime {point['updateTime']} is not in microseconds")


@check
def a_forced_checkpoint_is_taken_from_anyone():
    client.update_check_point(PROJECT, STORE, "g1", 1, begin(1), "stranger", force_success=True)
    client.update_check_point(PROJECT, STORE, "g1", 1, begin(1))
    expect(client.get_check_point(PROJECT, STORE, "g1", 77).get_consumer_group_check_points(), [])


@check
def bad_checkpoints_are_told_apart():
    def save(shard, cursor, name="c1", forced=True):
        client.update_check_point(PROJECT, STORE, "g1", shard, cursor, name, force_success=forced)

    refused("ConsumerNotExist", 404, lambda: save(1, begin(1), "stranger", False))
    refused("InvalidShardCheckPoint", 400, lambda: save(1, "%%%"))
    refused("ShardNotExist", 404, lambda: save(77, begin(1)))
    held = client.heart_beat(PROJECT, STORE, "g1", "c1", []).get_shards()
    other = next(shard for shard in range(5) if shard not in held)
    refused("ConsumerNotMatch", 400, lambda: save(other, begin(other), "c1", False))


@check
def an_unknown_group_is_named_by_every_call():
    for action in (
        lambda: client.heart_beat(PROJECT, STORE, "none", "c", []),
        lambda: client.update_consumer_group(PROJECT, STORE, "none", timeout=30),
        lambda: client.update_check_point(PROJECT, STORE, "none", 0, begin()),
        lambda: client.get_check_point(PROJECT, STORE, "none"),
        lambda: client.delete_consumer_group(PROJECT, STORE, "none"),
    ):
        refused("ConsumerGroupNotExist", 404, action)


# Index and queries


@check
def an_index_is_made_and_read():
    refused("IndexConfigNotExist", 400, lambda: client.get_index_config(PROJECT, STORE))
    index = IndexConfig(7, IndexLineConfig([",", " "]), {"status": IndexKeyConfig(index_type="long", doc_value=True)})
    client.create_index(PROJECT, STORE, index)
    answer = client.get_index_config(PROJECT, STORE).get_index_config()
    # The SDK does not send the deprecated ttl, and the document comes back as it was given.
    expect(sorted(answer.key_config_list), ["status"])
    refused("IndexAlreadyExist", 400, lambda: client.create_index(PROJECT, STORE, index))


@check
def a_call_that_is_not_emulated_says_so():
    now = int(time.time())
    query = GetLogsRequest(PROJECT, STORE, now - 60, now + 60, query="*")
    message = refused("NotSupported", 400, lambda: client.get_logs(query))
    if "not emulated by fake-sls" not in message:
        raise AssertionError(message)
    refused("NotSupported", 400, lambda: client.list_topostores())


# What is only kept


@check
def machine_groups_and_configs_come_back_and_are_applied():
    group = MachineGroupDetail("g", "ip", ["10.0.0.1", "10.0.0.2"], "", {"externalName": "", "groupTopic": "t"})
    client.create_machine_group(PROJECT, group)
    read = client.get_machine_group(PROJECT, "g").get_machine_group()
    expect((read.machine_type, read.machine_list, read.group_attribute["groupTopic"]), ("ip", group.machine_list, "t"))
    expect(client.list_machine_group(PROJECT).get_machine_group(), ["g"])
    machines = client.list_machines(PROJECT, "g")
    expect((machines.get_machine_total(), machines.get_machines()[0].ip), (2, "10.0.0.1"))
    config = SimpleFileConfigDetail(STORE, "c", "/var/log", "*.log")
    client.create_logtail_config(PROJECT, config)
    expect(client.list_logtail_config(PROJECT).get_configs(), ["c"])
    expect(client.get_logtail_config(PROJECT, "c").logtail_config.value["inputDetail"]["logPath"], "/var/log")
    client.apply_config_to_machine_group(PROJECT, "c", "g")
    expect(client.get_machine_group_applied_configs(PROJECT, "g").get_configs(), ["c"])
    expect(client.get_config_applied_machine_groups(PROJECT, "c").get_machine_groups(), ["g"])
    client.remove_config_to_machine_group(PROJECT, "c", "g")
    expect(client.get_machine_group_applied_configs(PROJECT, "g").get_configs(), [])
    client.delete_logtail_config(PROJECT, "c")
    refused("ConfigNotExist", 404, lambda: client.get_logtail_config(PROJECT, "c"))
    client.delete_machine_group(PROJECT, "g")
    refused("MachineGroupNotExist", 404, lambda: client.get_machine_group(PROJECT, "g"))


@check
def saved_searches_dashboards_and_alerts_come_back():
    for kind, key in (("savedsearch", "savedsearchName"), ("dashboard", "dashboardName"), ("alert", "name")):
        detail = {key: "one", "displayName": "first", "type": "Alert", "charts": [], "ratio": 1.5}
        getattr(client, f"create_{kind}")(PROJECT, detail)
        read = getattr(client, f"get_{kind}")(PROJECT, "one").get_entity()
        expect({name: read[name] for name in detail}, detail)
        getattr(client, f"update_{kind}")(PROJECT, dict(detail, displayName="second"))
        expect(getattr(client, f"get_{kind}")(PROJECT, "one").get_entity()["displayName"], "second")
        answer = getattr(client, f"list_{kind}")(PROJECT)
        expect((answer.get_count(), answer.get_total(), len(answer.get_entities())), (1, 1, 1))
        getattr(client, f"delete_{kind}")(PROJECT, "one")
        expect(getattr(client, f"list_{kind}")(PROJECT).get_total(), 0)


@check
def tags_are_put_listed_and_taken():
    client.tag_project(PROJECT, a="1", b="2")
    tags = [tag for page in client.list_tag_resources("project", PROJECT) for tag in page.get_tags()]
    expect(sorted((tag.get_tag_key(), tag.get_tag_value()) for tag in tags), [("a", "1"), ("b", "2")])
    expect([page.get_tags() for page in client.get_project_tags(PROJECT)], [{"a": "1", "b": "2"}])
    client.untag_project(PROJECT, "a", "b")
    expect([page.get_tags() for page in client.get_project_tags(PROJECT)], [{}])


# Signatures and bodies


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
    right.heart_beat(PROJECT, STORE, "g1", "name with / and ü", [])
    wrong = LogClient(endpoint, key, "wrong", source="10.0.0.1", auth_version=AUTH_VERSION_4, region="cn-test")
    message = refused("SignatureNotMatch", 401, lambda: wrong.get_project(PROJECT))
    if "The server built this text: GET\n/\n" not in message:
        raise AssertionError(message)


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
    packed = lz4.block.compress(good, store_size=False)
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


# The end


@check
def a_consumer_group_is_deleted():
    client.delete_consumer_group(PROJECT, STORE, "g1")
    expect(client.list_consumer_group(PROJECT, STORE).get_consumer_groups(), [])


@check
def a_project_is_deleted_with_its_logstores():
    client.delete_project(PROJECT)
    refused("ProjectNotExist", 404, lambda: client.get_project(PROJECT))


def main():
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


if __name__ == "__main__":
    main()
