"""What is left is deleted."""

from .harness import PROJECT, STORE, check, client, expect, refused


@check
def a_consumer_group_is_deleted():
    client.delete_consumer_group(PROJECT, STORE, "g1")
    expect(client.list_consumer_group(PROJECT, STORE).get_consumer_groups(), [])


@check
def a_project_is_deleted_with_its_logstores():
    client.delete_project(PROJECT)
    refused("ProjectNotExist", 404, lambda: client.get_project(PROJECT))
