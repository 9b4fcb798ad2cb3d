// Sends a log with aliyun-log-c-sdk. Not run by this repository's tests.
// The SDK takes a port in its endpoint, and libcurl knows what *.localhost means. It has no call that makes or reads anything:
// let `fake-sls --init` make the project "example" and the logstore "app", and read with another SDK.

#include <stdio.h>

#include "log_producer_client.h"
#include "log_producer_config.h"

static void on_send_done(const char *name, log_producer_result result, size_t bytes, size_t compressed, const char *request,
                         const char *message, const unsigned char *raw, void *parameter) {
    printf("%s: %s %s\n", name, result == LOG_PRODUCER_OK ? "sent" : "not sent", message ? message : "");
}

int main(void) {
    if (log_producer_env_init(LOG_GLOBAL_ALL) != LOG_PRODUCER_OK) return 1;
    log_producer_config *config = create_log_producer_config();
    log_producer_config_set_endpoint(config, "http://localhost:10180");
    log_producer_config_set_project(config, "example");
    log_producer_config_set_logstore(config, "app");
    log_producer_config_set_access_id(config, "fake-id");
    log_producer_config_set_access_key(config, "fake-secret");
    log_producer_config_set_topic(config, "greetings");
    log_producer *producer = create_log_producer(config, on_send_done, NULL);
    if (producer == NULL) return 1;

    log_producer_client *client = get_log_producer_client(producer, NULL);
    log_producer_client_add_log(client, 2, "message", "hello");

    // Sends what is left, then ends.
    destroy_log_producer(producer);
    log_producer_env_destroy();
    return 0;
}
