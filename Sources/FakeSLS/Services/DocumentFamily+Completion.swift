internal import SLSProtocol

extension DocumentFamily {
    /// The document with those members that SDKs insist on, where nobody ever gave them. The values are assumed.
    ///
    /// Source: aliyun-log-python-sdk, resource_params.py (`schema`, `acl`) and rebuild_index_response.py (`status`).
    func completed(_ document: JSONObject) -> JSONObject {
        let absent: [(member: String, text: String)]
        switch stored {
        case "/resources": absent = [("schema", #"{"schema":[]}"#), ("acl", "{}")]
        case "/jobs": absent = [("status", Self.firstStatus(ofJob: document.text("type") ?? ""))]
        default: return document
        }
        var document = document
        for (member, text) in absent where document[member] == nil { document.set(member, text) }
        return document
    }

    /// Jobs that a schedule starts are switched on at first, all others run.
    private static func firstStatus(ofJob type: String) -> String {
        ["Alert", "ScheduledSQL"].contains(type) ? "ENABLED" : "RUNNING"
    }
}
