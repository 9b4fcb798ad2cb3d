"""What is only kept, through the OpenAPI SDK: each family is made, read, listed, changed and deleted."""

from alibabacloud_sls20201230 import models

from checklist.harness import PROJECT, check, expect

from .harness import STORE, call, refused


def family(create, get, listing, update, delete, name, fields, changed, unknown, member, listed=None):
    """Drives the five operations of a family.

    :param fields: Of the request that makes the document; `changed` of the one that changes it.
    :param member: The member of the document that `changed` changes, as a function of it.
    :param unknown: Code and status of a document that is not there.
    :param listed: How many the list has, as a function of its answer.
    """
    call(create, PROJECT, **fields)
    call(update, PROJECT, name, **changed)
    expect(member(call(get, PROJECT, name)), "second")
    answer = call(listing, PROJECT)
    expect(listed(answer) if listed else (answer.count, answer.total), 1 if listed else (1, 1))
    call(delete, PROJECT, name)
    refused(*unknown, lambda: call(get, PROJECT, name))


def display(answer):
    return answer.display_name


@check
def machine_groups_and_configs_are_kept_and_applied():
    call(
        "create_machine_group", PROJECT, group_name="g", machine_identify_type="ip", machine_list=["10.0.0.1"],
        group_attribute=models.CreateMachineGroupRequestGroupAttribute(group_topic="t"))
    call(
        "update_machine_group", PROJECT, "g", group_name="g", machine_identify_type="ip", machine_list=["10.0.0.2"],
        group_attribute=models.UpdateMachineGroupRequestGroupAttribute(group_topic="u"))
    call("update_machine_group_machine", PROJECT, "g", action="add", body=["10.0.0.3"])
    expect(call("get_machine_group", PROJECT, "g").machine_list, ["10.0.0.2", "10.0.0.3"])
    expect([machine.ip for machine in call("list_machines", PROJECT, "g").machines], ["10.0.0.2", "10.0.0.3"])
    expect(call("list_machine_group", PROJECT).machinegroups, ["g"])

    def config(path):
        return models.LogtailConfig(
            config_name="c", input_type="file", input_detail={"logPath": path}, output_type="LogService",
            output_detail=models.LogtailConfigOutputDetail(logstore_name=STORE))

    call("create_config", PROJECT, body=config("/var/log"))
    call("update_config", PROJECT, "c", body=config("/srv/log"))
    expect(call("get_config", PROJECT, "c").input_detail, {"logPath": "/srv/log"})
    expect(call("list_config", PROJECT, offset=0, size=10).configs, ["c"])
    call("apply_config_to_machine_group", PROJECT, "g", "c")
    expect(call("get_applied_configs", PROJECT, "g").configs, ["c"])
    expect(call("get_applied_machine_groups", PROJECT, "c").machinegroups, ["g"])
    call("remove_config_from_machine_group", PROJECT, "g", "c")
    call("delete_config", PROJECT, "c")
    call("delete_machine_group", PROJECT, "g")
    refused("MachineGroupNotExist", 404, lambda: call("get_machine_group", PROJECT, "g"))


@check
def saved_searches_dashboards_store_views_and_pipelines_are_kept():
    search = {"savedsearch_name": "one", "logstore": STORE, "search_query": "*", "topic": ""}
    family(
        "create_saved_search", "get_saved_search", "list_saved_search", "update_saved_search", "delete_saved_search", "one",
        dict(search, display_name="first"), dict(search, display_name="second"), ("SavedSearchNotExist", 404), display)
    board = models.Dashboard(dashboard_name="one", display_name="first", charts=[])
    family(
        "create_dashboard", "get_dashboard", "list_dashboard", "update_dashboard", "delete_dashboard", "one",
        {"body": board}, {"dashboard_name": "one", "display_name": "second", "charts": []}, ("DashboardNotExist", 404),
        display, listed=lambda answer: len(answer.dashboard_items))
    stores = [models.StoreViewStore(project=PROJECT, store_name=STORE)]
    family(
        "create_store_view", "get_store_view", "list_store_views", "update_store_view", "delete_store_view", "one",
        {"name": "one", "store_type": "logstore", "stores": stores}, {"store_type": "second", "stores": stores},
        ("StoreViewNotExist", 404), lambda view: view.store_type)
    pipe = {"config_name": "one", "inputs": [{"Type": "input_file"}], "flushers": [{"Type": "flusher_sls"}]}
    family(
        "create_logtail_pipeline_config", "get_logtail_pipeline_config", "list_logtail_pipeline_config",
        "update_logtail_pipeline_config", "delete_logtail_pipeline_config", "one", dict(pipe, log_sample="first"),
        dict(pipe, log_sample="second"), ("ConfigNotExist", 404), lambda config: config.log_sample)
    family(
        "create_materialized_view", "get_materialized_view", "list_materialized_views", "update_materialized_view",
        "delete_materialized_view", "one", {"name": "one", "logstore": STORE, "original_sql": "first"},
        {"original_sql": "second"}, ("MaterializedViewNotExist", 404), lambda view: view.original_sql)


# The noun of the operations, that of lists, and whether it can be started and stopped.
JOBS = [
    ("ossexport", "ossexports", True), ("osshdfsexport", "osshdfsexports", True),
    ("max_compute_export", "max_compute_exports", True), ("ossingestion", "ossingestions", True),
    ("azure_blob_ingestion", "azure_blob_ingestion", True), ("elasticsearch_ingestion", "elasticsearch_ingestions", True),
    ("s3ingestion", "s3ingestions", False),
]


@check
def jobs_of_every_kind_are_kept_started_and_stopped():
    for noun, plural, runs in JOBS:
        call(f"create_{noun}", PROJECT, name="one", display_name="first")
        if runs:
            call(f"stop_{noun}", PROJECT, "one")
            expect(call(f"get_{noun}", PROJECT, "one").status, "STOPPED")
            call(f"start_{noun}", PROJECT, "one")
            call(f"update_{noun}", PROJECT, "one", display_name="second")
            expect(display(call(f"get_{noun}", PROJECT, "one")), "second")
        expect(display(call(f"get_{noun}", PROJECT, "one")), "second" if runs else "first")
        expect(call(f"list_{plural}", PROJECT).total, 1)
        call(f"delete_{noun}", PROJECT, "one")
        refused("JobNotExist", 404, lambda: call(f"get_{noun}", PROJECT, "one"))


@check
def alerts_are_kept_and_switched():
    alert = {"display_name": "first", "configuration": models.AlertConfiguration(type="default")}
    family(
        "create_alert", "get_alert", "list_alerts", "update_alert", "delete_alert", "one", dict(alert, name="one"),
        dict(alert, display_name="second"), ("JobNotExist", 404), display)
    call("create_alert", PROJECT, name="one", **alert)
    call("disable_alert", PROJECT, "one")
    expect(call("get_alert", PROJECT, "one").status, "DISABLED")
    call("enable_alert", PROJECT, "one")
    expect(call("get_alert", PROJECT, "one").status, "ENABLED")
    call("delete_alert", PROJECT, "one")
    expect((call("list_etls", PROJECT).total, call("list_scheduled_sqls", PROJECT).total), (0, 0))


@check
def an_ingestion_that_the_sdk_cannot_delete_is_kept():
    call("create_gcsingestion", PROJECT, name="one", display_name="first")
    call("update_gcsingestion", PROJECT, "one", display_name="second")
    call("stop_gcsingestion", PROJECT, "one")
    call("start_gcsingestion", PROJECT, "one")
    expect(display(call("get_gcsingestion", PROJECT, "one")), "second")
    expect(call("list_gcsingestions", PROJECT).total, 1)


@check
def processors_are_put():
    for kind in ("ingest", "consume"):
        call(f"put_{kind}_processor", PROJECT, "one", display_name="first")
        call(f"put_{kind}_processor", PROJECT, "one", display_name="second")
        expect(display(call(f"get_{kind}_processor", PROJECT, "one")), "second")
        expect(call(f"list_{kind}_processors", PROJECT).total, 1)
        call(f"delete_{kind}_processor", PROJECT, "one")


@check
def domains_policy_logging_and_sql_instances_are_kept():
    call("create_domain", PROJECT, domain_name="logs.example.com")
    expect(call("list_domains", PROJECT).total, 1)
    call("delete_domain", PROJECT, "logs.example.com")
    call("put_project_policy", PROJECT, body='{"Version":"1","Statement":[]}')
    expect(call("get_project_policy", PROJECT), '{"Version":"1","Statement":[]}')
    call("delete_project_policy", PROJECT)
    call("create_logging", PROJECT, logging_project="first", logging_details=[])
    call("update_logging", PROJECT, logging_project="second", logging_details=[])
    expect(call("get_logging", PROJECT).logging_project, "second")
    call("delete_logging", PROJECT)
    call("create_sql_instance", PROJECT, cu=2, use_as_default=True)
    call("update_sql_instance", PROJECT, cu=4, use_as_default=True)
    expect([instance.cu for instance in call("get_sql_instance", PROJECT)], [4])


@check
def tags_are_put_listed_and_taken():
    of_project = {"resource_type": "project", "resource_id": [PROJECT]}
    call("tag_resources", tags=[models.TagResourcesRequestTags(key="a", value="1")], **of_project)
    tags = call("list_tag_resources", **of_project).tag_resources
    expect([(tag.resource_id, tag.tag_key, tag.tag_value) for tag in tags], [(PROJECT, "a", "1")])
    call("untag_resources", tags=["a"], **of_project)
    expect(call("list_tag_resources", **of_project).tag_resources, [])
