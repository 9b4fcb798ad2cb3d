"""Projects, logstores and their shards."""

from aliyun.log import ListLogstoresRequest

from .harness import PROJECT, STORE, begin, check, check_where_offered, client, expect, put, refused, shards


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


@check_where_offered("update_project")
def a_project_is_described_anew():
    client.update_project(PROJECT, "described anew")
    expect(client.get_project(PROJECT).get_description(), "described anew")


@check
def a_project_moves_to_a_resource_group():
    client.change_resource_group(PROJECT, "rg-calls")
    expect(client.get_project(PROJECT).get_resource_group_id(), "rg-calls")


@check
def a_project_is_not_made_twice():
    refused("ProjectAlreadyExist", 400, lambda: client.create_project(PROJECT, ""))


@check
def an_unknown_project_is_named():
    refused("ProjectNotExist", 404, lambda: client.get_project("no-such-project"))
    refused("ProjectNotExist", 404, lambda: client.list_logstore("no-such-project"))


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
    expect(sorted(client.list_logstores(ListLogstoresRequest(PROJECT)).get_logstores()), [STORE, "other-store"])


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
def a_metric_store_is_a_logstore_with_a_substore():
    client.create_metric_store(PROJECT, "metrics", ttl=3, shard_count=1)
    expect(client.get_metric_store(PROJECT, "metrics").get_ttl(), 3)
    expect(client.list_substore(PROJECT, "metrics").get_substores(), ["prom"])
    client.update_metric_store(PROJECT, "metrics", ttl=5)
    expect(client.get_metric_store(PROJECT, "metrics").get_ttl(), 5)
    expect(client.get_substore_ttl(PROJECT, "metrics").get_ttl(), 5)


@check_where_offered("get_logstore_metering_mode")
def metering_modes_come_back():
    expect(client.get_logstore_metering_mode(PROJECT, STORE).get_metering_mode(), "ChargeByFunction")
    client.update_logstore_metering_mode(PROJECT, STORE, "ChargeByDataIngest")
    expect(client.get_logstore_metering_mode(PROJECT, STORE).get_metering_mode(), "ChargeByDataIngest")
    client.update_metric_store_metering_mode(PROJECT, "metrics", "ChargeByDataIngest")
    expect(client.get_metric_store_metering_mode(PROJECT, "metrics").get_metering_mode(), "ChargeByDataIngest")


@check_where_offered("get_logstore_multimodal_configuration")
def multimodal_configurations_come_back():
    expect(client.get_logstore_multimodal_configuration(PROJECT, STORE).get_status(), "Disabled")
    client.put_logstore_multimodal_configuration(PROJECT, STORE, "Enabled")
    expect(client.get_logstore_multimodal_configuration(PROJECT, STORE).get_status(), "Enabled")


@check
def substores_come_back():
    keys = [{"name": "a", "type": "text"}, {"name": "b", "type": "long"}]
    client.create_substore(PROJECT, STORE, "sub", keys, ttl=2, sorted_key_count=1, time_index=1)
    client.update_substore(PROJECT, STORE, "sub", keys, ttl=9, sorted_key_count=1, time_index=1)
    read = client.get_substore(PROJECT, STORE, "sub")
    expect((read.get_ttl(), read.get_keys()), (9, keys))
    client.update_substore_ttl(PROJECT, STORE, 12)
    expect(client.get_substore_ttl(PROJECT, STORE).get_ttl(), 12)
    client.delete_substore(PROJECT, STORE, "sub")
    expect(client.list_substore(PROJECT, STORE).get_substores(), [])


@check
def a_logstore_is_deleted():
    client.delete_metric_store(PROJECT, "metrics")
    client.delete_logstore(PROJECT, "other-store")
    expect(client.list_logstore(PROJECT).get_logstores(), [STORE])
    refused("LogStoreNotExist", 404, lambda: client.delete_logstore(PROJECT, "other-store"))


@check
def shards_cut_the_key_space_evenly():
    expect(
        [(shard["shardID"], shard["status"], shard["inclusiveBeginKey"], shard["exclusiveEndKey"]) for shard in shards()],
        [(0, "readwrite", "0" * 32, "8" + "0" * 31), (1, "readwrite", "8" + "0" * 31, "f" * 32)],
    )
