"""What is only kept: it comes back as it was given."""

import aliyun.log as sls
from aliyun.log import IndexConfig, IndexKeyConfig, IndexLineConfig, MachineGroupDetail
from aliyun.log.logtail_config_detail import SimpleFileConfigDetail
from aliyun.log.resource_params import Resource, ResourceSchemaItem

from .harness import PROJECT, STORE, check, check_where_offered, client, expect, refused


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
def an_index_is_updated_and_deleted():
    index = IndexConfig(7, IndexLineConfig([","]), {"level": IndexKeyConfig(index_type="text")})
    client.update_index(PROJECT, STORE, index)
    expect(sorted(client.get_index_config(PROJECT, STORE).get_index_config().key_config_list), ["level"])
    client.delete_index(PROJECT, STORE)
    refused("IndexConfigNotExist", 400, lambda: client.delete_index(PROJECT, STORE))
    client.create_index(PROJECT, STORE, index)


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
    group.machine_list = ["10.0.0.3"]
    client.update_machine_group(PROJECT, group)
    expect(client.get_machine_group(PROJECT, "g").get_machine_group().machine_list, ["10.0.0.3"])
    client.update_logtail_config(PROJECT, SimpleFileConfigDetail(STORE, "c", "/srv/log", "*.log"))
    expect(client.get_logtail_config(PROJECT, "c").logtail_config.value["inputDetail"]["logPath"], "/srv/log")
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
    client.tag_resources("logstore", f"{PROJECT}#{STORE}", c="3")
    tags = [tag for page in client.list_tag_resources("logstore", f"{PROJECT}#{STORE}") for tag in page.get_tags()]
    expect([(tag.get_resource_id(), tag.get_tag_key()) for tag in tags], [(f"{PROJECT}#{STORE}", "c")])
    client.untag_resources("logstore", f"{PROJECT}#{STORE}", "c")
    expect([page.get_tags() for page in client.list_tag_resources("logstore", f"{PROJECT}#{STORE}")], [set()])


@check_where_offered("create_logtail_pipeline_config")
def pipeline_configs_come_back():
    def detail(path):
        return sls.LogtailPipelineConfigDetail(
            "pipe", [{"Type": "input_file", "FilePaths": [path]}], [{"Type": "flusher_sls", "Logstore": STORE}])

    client.create_logtail_pipeline_config(PROJECT, detail("/var/log/*"))
    expect(client.get_logtail_pipeline_config(PROJECT, "pipe").get_pipeline_config().inputs[0]["FilePaths"], ["/var/log/*"])
    client.update_logtail_pipeline_config(PROJECT, detail("/srv/*"))
    expect(client.get_logtail_pipeline_config(PROJECT, "pipe").get_pipeline_config().inputs[0]["FilePaths"], ["/srv/*"])
    expect(client.list_logtail_pipeline_config(PROJECT).get_configs(), ["pipe"])
    client.delete_logtail_pipeline_config(PROJECT, "pipe")
    expect(client.list_logtail_pipeline_config(PROJECT).get_total(), 0)


@check
def external_stores_come_back():
    def config(table):
        return sls.ExternalStoreConfig("ext", "cn-test", "rds-vpc", "vpc", "i", "db", "3306", "me", "secret", "d", table)

    client.create_external_store(PROJECT, config("t1"))
    client.update_external_store(PROJECT, config("t2"))
    read = client.get_external_store(PROJECT, "ext").get_external_store_config()
    expect((read.externalStoreName, read.table), ("ext", "t2"))
    answer = client.list_external_store(PROJECT)
    expect((answer.get_logstores(), answer.get_total()), (["ext"], 1))
    client.delete_external_store(PROJECT, "ext")
    expect(client.list_external_store(PROJECT).get_logstores(), [])


@check_where_offered("create_store_view")
def store_views_come_back():
    stores = [sls.StoreViewStore(PROJECT, STORE, "*")]
    client.create_store_view(PROJECT, sls.StoreView("view", "logstore", stores))
    client.update_store_view(PROJECT, "view", sls.StoreView("view", "logstore", stores * 2))
    read = client.get_store_view(PROJECT, "view").get_store_view()
    expect((read.store_type, len(read.stores)), ("logstore", 2))
    expect(client.list_store_views(PROJECT).get_store_views(), ["view"])
    client.delete_store_view(PROJECT, "view")
    expect(client.list_store_views(PROJECT).get_store_views(), [])


@check
def shippers_come_back():
    detail = {"shipperName": "ship", "targetType": "oss", "targetConfiguration": {"ossBucket": "b", "bufferSize": 5}}
    client.create_shipper(PROJECT, STORE, detail)
    client.update_shipper(PROJECT, STORE, dict(detail, targetConfiguration={"ossBucket": "c"}))
    read = client.get_shipper(PROJECT, STORE, "ship").get_entity()
    expect((read["targetType"], read["targetConfiguration"]), ("oss", {"ossBucket": "c"}))
    expect(client.list_shipper(PROJECT, STORE).get_entities(), ["ship"])
    client.delete_shipper(PROJECT, STORE, "ship")
    refused("ShipperNotExist", 400, lambda: client.get_shipper(PROJECT, STORE, "ship"))


@check
def sql_instances_come_back():
    client.create_sql_instance(PROJECT, 2, True)
    client.update_sql_instance(PROJECT, 4, False)
    instance = client.list_sql_instance(PROJECT).get_body()[0]
    expect((instance["cu"], instance["useAsDefault"]), (4, False))


@check
def resources_come_back():
    name = f"resource-{PROJECT}"
    schema = [ResourceSchemaItem(column="a", schema_type="string", ext_info={})]
    client.create_resource(Resource(name, "userdefine", schema, description="first"))
    client.update_resource(Resource(name, "userdefine", schema, description="second"))
    read = client.get_resource(name).get_resource()
    expect((read.get_resource_name(), read.get_description()), (name, "second"))
    names = [resource.get_resource_name() for resource in client.list_resources(resource_names=[name]).get_resources()]
    expect(names, [name])
    client.delete_resource(name)
    refused("ResourceNotExist", 404, lambda: client.get_resource(name))
