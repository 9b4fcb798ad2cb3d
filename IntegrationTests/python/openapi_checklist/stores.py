"""Projects, logstores, shards, cursors and log groups through the OpenAPI SDK."""

import time

from alibabacloud_sls20201230 import models

from checklist.harness import PROJECT, check, expect, number

from .harness import STORE, answer, call, in_store, make_client, refused


@check
def a_project_is_made_read_listed_and_described_anew():
    call("create_project", project_name=PROJECT, description="made by openapi.py")
    read = call("get_project", PROJECT)
    expect((read.project_name, read.description, read.status), (PROJECT, "made by openapi.py", "Normal"))
    call("update_project", PROJECT, description="second")
    listed = call("list_project", project_name=PROJECT)
    expect((listed.total, listed.projects[0].description), (1, "second"))
    call("change_resource_group", PROJECT, resource_id=PROJECT, resource_group_id="rg-1", resource_type="PROJECT")
    expect(call("get_project", PROJECT).resource_group_id, "rg-1")
    refused("ProjectAlreadyExist", 400, lambda: call("create_project", project_name=PROJECT, description=""))


@check
def a_logstore_is_made_read_listed_and_updated():
    call("create_log_store", PROJECT, logstore_name=STORE, ttl=2, shard_count=2, enable_tracking=True)
    in_store("update_log_store", logstore_name=STORE, ttl=7)
    read = in_store("get_log_store")
    expect((read.logstore_name, read.ttl, read.shard_count, read.enable_tracking), (STORE, 7, 2, True))
    expect(call("list_log_stores", PROJECT, offset=0, size=10).logstores, [STORE])
    in_store("update_log_store_metering_mode", metering_mode="ChargeByDataIngest")
    expect(in_store("get_log_store_metering_mode").metering_mode, "ChargeByDataIngest")
    call("update_metric_store_metering_mode", PROJECT, STORE, metering_mode="ChargeByFunction")
    expect(call("get_metric_store_metering_mode", PROJECT, STORE).metering_mode, "ChargeByFunction")
    refused("LogStoreNotExist", 404, lambda: call("get_log_store", PROJECT, "no-such-store"))


@check
def a_metric_store_is_a_logstore_of_metrics():
    call("create_metric_store", PROJECT, name="metrics", ttl=3, shard_count=1, metric_type="prometheus")
    call("update_metric_store", PROJECT, "metrics", ttl=5, infrequent_access_ttl=30)
    read = call("get_metric_store", PROJECT, "metrics")
    expect((read.name, read.ttl, read.shard_count, read.metric_type), ("metrics", 5, 1, "prometheus"))
    expect(read.infrequent_access_ttl, 30)
    expect(call("list_metric_stores", PROJECT, offset=0, size=10).metricstores, ["metrics"])
    expect(call("get_log_store", PROJECT, "metrics").telemetry_type, "Metrics")
    call("delete_metric_store", PROJECT, "metrics")
    refused("LogStoreNotExist", 404, lambda: call("get_metric_store", PROJECT, "metrics"))


@check
def the_regions_are_listed():
    expect([region.region for region in call("describe_regions", language="en").regions], ["cn-hangzhou"])


def begin(shard):
    return in_store("get_cursor", str(shard), from_="begin").cursor


def end(shard):
    return in_store("get_cursor", str(shard), from_="end").cursor


def shard_list():
    return in_store("list_shards")


@check
def log_groups_go_in_and_come_out_in_every_compression():
    sent = {}
    for compression in ("", "lz4", "zstd", "gzip", "deflate"):
        group = models.LogGroup(
            topic=f"in-{compression}", source="10.0.0.1", log_tags=[models.LogTag(key="host", value="grüße")],
            log_items=[models.LogItem(time=1700000000, contents=[models.LogContent(key="k", value="v" * 100)])])
        in_store("put_logs", body=group, headers={"x_log_compresstype": compression} if compression else {})
        sent[group.topic] = group
    for accept, expected in (("lz4", "lz4"), ("zstd", "zstd"), ("deflate", "deflate"), ("", None)):
        pulled = {}
        for shard in (0, 1):
            whole = answer(
                "pull_logs", PROJECT, STORE, str(shard), headers={"accept_encoding": accept}, count=100,
                cursor=begin(shard))
            expect(whole.headers.get("x-log-compresstype"), expected)
            pulled.update((group.topic, group) for group in whole.body.log_group_list)
        expect(sorted(pulled), sorted(sent))
        for topic, group in pulled.items():
            expect((group.source, group.log_tags[0].value), ("10.0.0.1", "grüße"))
            expect([(pair.key, pair.value) for pair in group.log_items[0].contents], [("k", "v" * 100)])


@check
def nothing_to_read_is_an_empty_list():
    whole = answer("pull_logs", PROJECT, STORE, "0", count=100, cursor=end(0))
    expect((whole.body.log_group_list or [], whole.headers["x-log-cursor"]), ([], end(0)))


@check
def a_tracking_request_needs_no_signature_and_is_kept():
    before = sum(number(end(shard)) for shard in (0, 1))
    call("put_webtracking", PROJECT, STORE, logs=[{"a": "b"}], topic="track", source="web", tags={"x": "y"})
    expect(sum(number(end(shard)) for shard in (0, 1)) - before, 1)


@check
def cursors_have_times():
    received = in_store("get_cursor_time", "0", cursor=begin(0)).cursor_time
    if abs(received - time.time()) > 300:
        raise AssertionError(f"cursor time {received}")
    refused("ParameterInvalid", 400, lambda: in_store("get_cursor", "0", from_="yesterday"))


@check
def shards_are_split_and_merged():
    split = in_store("split_shard", "0", shard_count=2)
    expect([(shard.shard_id, shard.status) for shard in split], [(0, "readonly"), (2, "readwrite"), (3, "readwrite")])
    merged = in_store("merge_shard", "2")
    expect([(shard.shard_id, shard.status) for shard in merged], [(4, "readwrite"), (2, "readonly"), (3, "readonly")])
    expect(sorted(shard.shard_id for shard in shard_list()), [0, 1, 2, 3, 4])


@check
def consumer_groups_heartbeats_and_checkpoints():
    in_store("create_consumer_group", consumer_group="group", timeout=30, order=False)
    in_store("update_consumer_group", "group", timeout=60, order=True)
    groups = in_store("list_consumer_group")
    expect([(group.name, group.timeout, group.order) for group in groups], [("group", 60, True)])
    held = in_store("consumer_group_heart_beat", "group", consumer="one", body=[])
    in_store("consumer_group_update_check_point", "group", shard=held[0], checkpoint=begin(held[0]), consumer="one")
    points = {point.shard: point for point in in_store("get_check_point", "group")}
    expect((points[held[0]].checkpoint, points[held[0]].consumer), (begin(held[0]), "one"))
    refused("ConsumerNotExist", 404, lambda: in_store(
        "consumer_group_update_check_point", "group", shard=0, checkpoint=begin(0), consumer="two", force_success=False))
    in_store("delete_consumer_group", "group")
    expect(in_store("list_consumer_group"), [])


@check
def an_index_is_made_read_updated_and_deleted():
    def index(name):
        return models.Index(keys={name: models.IndexKey(type="text", token=[","])})

    in_store("create_index", body=index("one"))
    in_store("update_index", body=index("two"))
    expect(sorted(in_store("get_index").keys), ["two"])
    in_store("delete_index")
    refused("IndexConfigNotExist", 400, lambda: in_store("get_index"))


@check
def a_wrong_secret_is_refused():
    wrong = make_client(key_secret="wrong")
    refused("SignatureNotMatch", 401, lambda: call("get_project", PROJECT, via=wrong))
