"""Jobs: ETL, scheduled SQL, exports, ingestions, rebuilt indexes. They are kept and never run."""

import json

from aliyun.log.job import Export, ExportConfiguration, JobSchedule
from aliyun.log.oss_sink import AliyunOSSSink
from aliyun.log.scheduled_sql import ScheduledSQL, ScheduledSQLConfiguration

from .harness import PROJECT, STORE, check, check_where_offered, client, expect, refused


@check
def alerts_are_switched_on_and_off():
    client.create_alert(PROJECT, {"name": "alarm", "displayName": "a", "type": "Alert", "configuration": {}})
    client.disable_alert(PROJECT, "alarm")
    expect(client.get_alert(PROJECT, "alarm").get_entity()["status"], "DISABLED")
    client.enable_alert(PROJECT, "alarm")
    expect(client.get_alert(PROJECT, "alarm").get_entity()["status"], "ENABLED")
    client.delete_alert(PROJECT, "alarm")


@check
def etl_jobs_come_back_are_stopped_and_started():
    configuration = {"logstore": STORE, "script": "e_set('a', 'b')", "sinks": [], "fromTime": 1}
    client.create_etl(PROJECT, "etl", configuration, {"type": "Resident"}, "first")
    client.update_etl(PROJECT, "etl", configuration, {"type": "Resident"}, "second")
    read = client.get_etl(PROJECT, "etl").get_etl()
    expect((read["displayName"], read["configuration"]), ("second", configuration))
    client.stop_etl(PROJECT, "etl")
    expect(client.get_etl(PROJECT, "etl").get_etl()["status"], "STOPPED")
    client.start_etl(PROJECT, "etl")
    expect([etl["name"] for etl in client.list_etls(PROJECT).get_etls()], ["etl"])
    client.delete_etl(PROJECT, "etl")
    refused("JobNotExist", 404, lambda: client.get_etl(PROJECT, "etl"))


def scheduled(display_name):
    configuration = ScheduledSQLConfiguration()
    configuration.setSourceLogstore(STORE)
    configuration.setScript("* | select count(1)")
    configuration.setFromTime(1700000000)
    configuration.setParameters({"a": "b"})
    schedule = JobSchedule()
    schedule.setType("FixedRate")
    schedule.setInterval("15m")
    job = ScheduledSQL()
    job.setName("sql")
    job.setDisplayName(display_name)
    job.setDescription("")
    job.setSchedule(schedule)
    job.setConfiguration(configuration)
    return job


@check
def scheduled_sql_comes_back():
    client.create_scheduled_sql(PROJECT, scheduled("first"))
    client.update_scheduled_sql(PROJECT, scheduled("second"))
    read = client.get_scheduled_sql(PROJECT, "sql").get_scheduled_sql()
    expect((read["name"], read["displayName"], read["configuration"]["sourceLogstore"]), ("sql", "second", STORE))
    expect(client.list_scheduled_sql(PROJECT).get_total(), 1)
    refused("JobAlreadyExist", 400, lambda: client.check_upsert_scheduled_sql(PROJECT, scheduled("x"), "POST", "/jobs"))
    client.delete_scheduled_sql(PROJECT, "sql")
    expect(client.list_scheduled_sql(PROJECT).get_total(), 0)


def export(display_name):
    sink = AliyunOSSSink(
        "acs:ram::1:role/r", "bucket", "p", "s", "%Y", "time", 256, 300, "+0800", "json", "snappy", {"enableTag": False})
    configuration = ExportConfiguration()
    configuration.setRoleArn("acs:ram::1:role/r")
    configuration.setLogstore(STORE)
    configuration.setSink(sink)
    configuration.setFromTime(1700000000)
    configuration.setToTime(0)
    schedule = JobSchedule()
    schedule.setType("Resident")
    job = Export()
    job.setName("oss")
    job.setDisplayName(display_name)
    job.setConfiguration(configuration)
    job.setSchedule(schedule)
    return job


@check
def exports_come_back():
    client.create_export(PROJECT, export("first"))
    read = client.get_export(PROJECT, "oss").get_body()
    expect((read["displayName"], read["configuration"]["sink"]["bucket"]), ("first", "bucket"))
    expect(client.list_export(PROJECT).get_total(), 1)


@check_where_offered("update_export", "list_logstore_export")
def exports_are_updated_and_listed_by_logstore():
    changed = dict(client.get_export(PROJECT, "oss").get_body(), displayName="second")
    client.update_export(PROJECT, "oss", json.dumps(changed))
    expect(client.get_export(PROJECT, "oss").get_body()["displayName"], "second")
    expect(client.list_logstore_export(PROJECT, STORE).get_total(), 1)
    expect(client.list_logstore_export(PROJECT, "no-such-store").get_total(), 0)


@check
def exports_are_deleted():
    client.delete_export(PROJECT, "oss")
    expect(client.list_export(PROJECT).get_total(), 0)


def ingestion(display_name):
    return json.dumps({
        "name": "in", "displayName": display_name, "type": "Ingestion", "schedule": {"type": "Resident"},
        "configuration": {"logstore": STORE, "source": {"type": "Kafka", "bootstrapServers": "k:9092"}},
    })


@check
def ingestions_come_back_are_stopped_and_started():
    client.create_ingestion(PROJECT, ingestion("first"))
    client.update_ingestion(PROJECT, "in", ingestion("second"))
    expect(client.get_ingestion(PROJECT, "in").get_ingestion()["displayName"], "second")
    client.stop_ingestion(PROJECT, "in")
    expect(client.get_ingestion(PROJECT, "in").get_ingestion()["status"], "STOPPED")
    client.start_ingestion(PROJECT, "in")
    client.restart_ingestion(PROJECT, "in", ingestion("third"))
    expect(client.get_ingestion(PROJECT, "in").get_ingestion()["displayName"], "third")
    expect(client.list_ingestion(PROJECT, STORE).get_count(), 1)
    client.delete_ingestion(PROJECT, "in")
    refused("JobNotExist", 404, lambda: client.get_ingestion(PROJECT, "in"))


@check_where_offered("create_rebuild_index")
def rebuilt_indexes_come_back():
    client.create_rebuild_index(PROJECT, STORE, "rebuild", "first", 1700000000, 1700003600)
    read = client.get_rebuild_index(PROJECT, "rebuild")
    expect(read.get_body()["configuration"]["logstore"], STORE)
