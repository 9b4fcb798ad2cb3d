// Puts a log group and reads it back, with aliyun-log-cpp-sdk. Not run by this repository's tests.
// The SDK takes an address and a port as endpoint, and speaks plain HTTP. It has no call for projects: let
// `fake-sls --init` make the project "example" and the logstore "app".

#include <ctime>
#include <iostream>
#include <string>

#include <sls/client.h>

using namespace aliyun_log_sdk_v6;

int main() {
    const std::string project = "example", logstore = "app";
    const uint32_t now = static_cast<uint32_t>(std::time(nullptr));
    LOGClient client("127.0.0.1:10180", "fake-id", "fake-secret");

    LogItem log;
    log.timestamp = now;
    log.data.push_back({"message", "hello"});
    client.PostLogStoreLogs(project, logstore, "greetings", {log}, std::string(32, '0'));

    const std::string start = client.GetCursor(project, logstore, 0, now).result;
    const auto groups = client.GetBatchLog(project, logstore, 0, 10, start).result.logGroups;
    std::cout << groups.at(0).at(0).data.at(0).second << std::endl;
}
