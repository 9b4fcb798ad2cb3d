"""What the SDK does with many calls: it copies data, logstores and projects, and counts what there is."""

import json
import os
import tempfile

from .harness import PROJECT, STORE, begin, check, check_where_offered, client, end, expect, number, put, shards

TARGET = f"{PROJECT}-copy"


def counted(logstore):
    """How many log groups a logstore holds."""
    return sum(
        number(end(shard["shardID"], logstore)) - number(begin(shard["shardID"], logstore)) for shard in shards(logstore))


@check
def data_is_copied_to_another_logstore():
    client.create_logstore(PROJECT, "copied", ttl=1, shard_count=1)
    answer = client.copy_data(PROJECT, STORE, "begin", "end", to_logstore="copied", new_topic="copied").get_body()
    expect((answer["total_count"] > 10, counted("copied")), (True, counted(STORE)))
    groups = client.pull_logs(PROJECT, "copied", 0, begin(0, "copied")).get_loggroup_list().LogGroups
    expect({group.Topic for group in groups}, {"copied"})


@check
def data_is_passed_on_by_the_transformer():
    before = counted(STORE)
    client.transform_data(PROJECT, "copied", None, "begin", "end", to_logstore=STORE)
    expect(counted(STORE), before + counted("copied"))
    put("copied", topic="behind")


@check
def data_is_dumped_to_files():
    with tempfile.TemporaryDirectory() as folder:
        answer = client.pull_log_dump(PROJECT, "copied", "begin", "end", os.path.join(folder, "dump_{}")).get_body()
        with open(os.path.join(folder, "dump_0"), encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
    expect((len(rows), {row["__topic__"] for row in rows}), (answer["total_count"], {"copied", "behind"}))


@check
def shards_are_arranged():
    client.arrange_shard(PROJECT, "copied", 3)
    ranges = [(s["inclusiveBeginKey"], s["exclusiveEndKey"]) for s in shards("copied") if s["status"] == "readwrite"]
    expect(len(ranges), 3)
    ranges.sort()
    expect((ranges[0][0], ranges[-1][1]), ("0" * 32, "f" * 32))
    expect([end for _, end in ranges[:-1]], [begin for begin, _ in ranges[1:]])


@check
def a_shard_that_is_readonly_can_be_deleted():
    client.delete_shard(PROJECT, "copied", 0)
    expect(0 in [shard["shardID"] for shard in shards("copied")], False)


@check
def a_logstore_is_copied_with_its_index_and_configs():
    client.copy_logstore(PROJECT, STORE, "twin")
    source, twin = client.get_logstore(PROJECT, STORE), client.get_logstore(PROJECT, "twin")
    expect(twin.get_ttl(), source.get_ttl())
    expect(
        client.get_index_config(PROJECT, "twin").get_index_config().to_json(),
        client.get_index_config(PROJECT, STORE).get_index_config().to_json())


@check
def a_project_is_copied():
    client.copy_project(PROJECT, TARGET)
    expect(client.get_project(TARGET).get_description(), client.get_project(PROJECT).get_description())
    expect(sorted(client.list_logstore(TARGET).get_logstores()), sorted(client.list_logstore(PROJECT).get_logstores()))


@check_where_offered("copy_dashboard", "copy_alert")
def dashboards_and_alerts_are_copied_and_those_that_are_there_stay():
    dashboard = {"dashboardName": "board", "displayName": "first", "charts": []}
    alert = {"name": "alarm", "displayName": "first", "type": "Alert", "configuration": {"queryList": []}}
    client.create_dashboard(PROJECT, dashboard)
    client.create_alert(PROJECT, alert)
    for _ in range(2):  # the second time both are there; the SDK knows that by their error codes
        client.copy_dashboard(PROJECT, "board", TARGET, "copy")
        client.copy_alert(PROJECT, "alarm", TARGET, "copy")
    expect(client.get_dashboard(TARGET, "copy").get_entity()["displayName"], "first")
    expect(client.get_alert(TARGET, "copy").get_entity()["displayName"], "first")


@check
def what_there_is_is_counted():
    usage = client.get_resource_usage(PROJECT).get_body()
    expect(usage["logstore"]["count"]["status"], client.list_logstore(PROJECT).get_total())
    expect(usage["shard"]["logstores"][STORE]["status"], len(shards()))
    client.delete_project(TARGET)
    for logstore in ("copied", "twin"):
        client.delete_logstore(PROJECT, logstore)
