"""How the consumer library saves: as a stranger to the group, it still has its way, for it asks by force.

    forced.py GROUP

Prints what the library's own save does ("saved"), and what a save that is not forced does (the service's code).
"""

import sys

from aliyun.log import LogException
from aliyun.log.consumer.consumer_client import ConsumerClient

import connection


def main():
    client, (group,) = connection.client(), sys.argv[1:]
    library = ConsumerClient(
        connection.ENDPOINT, connection.ACCESS_KEY_ID, connection.ACCESS_KEY_SECRET, connection.PROJECT,
        connection.LOGSTORE, group, "stranger",
    )
    begin = client.get_begin_cursor(connection.PROJECT, connection.LOGSTORE, 0).get_cursor()
    library.update_check_point(0, "stranger", begin)
    print("saved" if library.get_check_point(0)["checkpoint"] == begin else "not saved")
    try:
        client.update_check_point(
            connection.PROJECT, connection.LOGSTORE, group, 0, begin, "stranger", force_success=False)
        print("saved")
    except LogException as error:
        print(error.get_error_code())


if __name__ == "__main__":
    main()
