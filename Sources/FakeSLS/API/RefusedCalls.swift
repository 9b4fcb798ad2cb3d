internal import SLSProtocol

/// The calls of the real service that are known here and refused by name: 400 `NotSupported`, which no SDK retries.
///
/// Source: API reference 2020-12-30, the paths that the official SDKs use.
enum RefusedCalls {
    static var entries: [Router.Entry] { (queries + data + projects + resources).map { refusal($0.0, $0.1) } }

    private static func refusal(_ name: String, _ route: Route) -> Router.Entry {
        Router.Entry(name: name, route: route, writes: false) { _ throws(APIError) in throw .notSupported(name) }
    }

    private static let queries: [(String, Route)] = [
        ("GetLogsV2", Route(.post, "/logstores/{logstore}/logs")),
        ("GetLogs", Route(.get, "/logstores/{logstore}", "/logstores/{logstore}/index", query: ["type": "log"])),
        (
            "GetHistograms",
            Route(.get, "/logstores/{logstore}", "/logstores/{logstore}/index", query: ["type": "histogram"])
        ),
        ("ListTopics", Route(.get, "/logstores/{logstore}", "/logstores/{logstore}/index", query: ["type": "topic"])),
        (
            "GetContextLogs",
            Route(.get, "/logstores/{logstore}", "/logstores/{logstore}/index", query: ["type": "context_log"])
        ),
        ("GetProjectLogs", Route(.get, "/logs")),
        ("SubmitAsyncSql", Route(.post, "/asyncsql")),
        ("GetAsyncSql", Route(.get, "/asyncsql/{id}")),
        ("DeleteAsyncSql", Route(.delete, "/asyncsql/{id}")),
    ]

    private static let data: [(String, Route)] = [
        ("DeleteLogs", Route(.post, "/logstores/{logstore}/deletelogs")),
        (
            "GetDeleteLogsTask",
            Route(.get, "/logstores/{logstore}/deletelogs/**", "/logstores/{logstore}/deletelogtasks/{id}")
        ),
        ("UpdateLogs", Route(.post, "/logstores/{logstore}/updatelogs")),
        ("PutObject", Route(.put, "/logstores/{logstore}/objects/**")),
        ("GetObject", Route(.get, "/logstores/{logstore}/objects/**")),
        ("EnableLogStoreModify", Route(.put, "/logstores/{logstore}/modification")),
        ("CreateDeleteLogsTask", Route(.post, "/logstores/{logstore}/deletelogtasks")),
        ("ListDeleteLogsTasks", Route(.get, "/logstores/{logstore}/deletelogtasks")),
        ("UpdateLogStoreEncryption", Route(.put, "/logstores/{logstore}/encryption")),
        ("UpdateMetricStoreProcessor", Route(.post, "/metricstores/{logstore}/processor")),
        ("UpdateLogStoreProcessor", Route(.post, "/logstores/{logstore}/processor")),
        ("GetLogStoreConfig", Route(.get, "/logstores/{logstore}/config")),
        ("PutLogStoreConfig", Route(.put, "/logstores/{logstore}/config")),
        ("GetStoreViewIndex", Route(.get, "/storeviews/{name}/index")),
        ("ListNextResourceRecord", Route(.get, "/resources/{resource}/next_records")),
    ]

    private static let projects: [(String, Route)] = [
        ("PutProjectTransferAcceleration", Route(.put, "/transferacceleration")),
        ("ListJobInstances", Route(.get, "/jobs/{name}/jobinstances/**")),
        ("ModifyJobInstanceState", Route(.put, "/jobs/{name}/jobinstances/{instance}")),
        ("GetShipperStatus", Route(.get, "/logstores/{logstore}/shipper/{name}/tasks")),
        ("RetryShipperTask", Route(.put, "/logstores/{logstore}/shipper/{name}/tasks")),
        ("GetResourcePolicy", Route(.get, "/resource-policies")),
        ("PutResourcePolicy", Route(.put, "/resource-policies")),
        ("DeleteResourcePolicy", Route(.delete, "/resource-policies")),
        ("GetSlsService", Route(.get, "/slsservice")),
        ("OpenSlsService", Route(.post, "/slsservice")),
        ("RefreshToken", Route(.post, "/token/refresh")),
        ("GetHealth", Route(.get, "/health")),
        ("CreateTicket", Route(.post, "/tickets")),
    ]

    /// Families of documents that have one path and the usual five calls.
    private static let resources: [(String, Route)] = [
        family("DownloadJob", "/downloadjobs"),
        family("ResourceRecord", "/resources/{resource}/records"), family("Topostore", "/topostores"),
        family("CollectionPolicy", "/collectionpolicy"), family("ProjectConsumerGroup", "/consumergroups"),
        family("MachineLearning", "/ml"), family("ApiKey", "/apikeys"),
        family("AgentInstanceConfig", "/agentinstanceconfigs"),
    ].flatMap(\.self)

    private static func family(_ noun: String, _ path: String) -> [(String, Route)] {
        [
            ("Create\(noun)", Route(.post, path, "\(path)/**")), ("Get\(noun)", Route(.get, "\(path)/{name}/**")),
            ("List\(noun)", Route(.get, path)), ("Update\(noun)", Route(.put, path, "\(path)/**")),
            ("Delete\(noun)", Route(.delete, path, "\(path)/**")),
        ]
    }
}
