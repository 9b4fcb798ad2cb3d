public import SLSProtocol

extension SLSClient {
    /// Creates a logstore; it may take a while until every call knows of it.
    ///
    /// - Parameter description: At least name, `ttl` and `shardCount`.
    /// - Throws: `LogStoreAlreadyExist`, `LogStoreInfoInvalid`, `ProjectNotExist`, `ProjectQuotaExceed`.
    public func createLogstore(_ description: LogstoreDescription) async throws(ClientError) {
        _ = try await perform(
            CallRequest(
                call: .createLogstore, method: "POST", path: "/logstores", content: .json(encoding: description)))
    }

    /// A logstore's properties.
    ///
    /// - Throws: `LogStoreNotExist`, `ProjectNotExist`.
    public func getLogstore(_ logstore: LogstoreName) async throws(ClientError) -> LogstoreDescription {
        try await perform(CallRequest(call: .getLogstore, method: "GET", path: CallRequest.path(logstore))).json()
    }

    /// One page of the project's logstores, by name.
    ///
    /// - Parameters:
    ///   - name: Keeps those whose name holds this text; nil keeps all.
    ///   - size: 1 to 500.
    public func listLogstores(
        named name: String? = nil, offset: Int = 0, size: Int = 100
    ) async throws(ClientError) -> LogstoreList {
        var query = [(name: "offset", value: "\(offset)"), (name: "size", value: "\(size)")]
        if let name { query.append(("logstoreName", name)) }
        return try await perform(
            CallRequest(call: .listLogstores, method: "GET", path: "/logstores", query: query)
        ).json()
    }

    /// Changes a logstore.
    ///
    /// - Parameter description: With name; its `shardCount` must be nil or the present one.
    /// - Throws: `LogStoreNotExist`, `ParameterInvalid`.
    public func updateLogstore(
        _ logstore: LogstoreName, to description: LogstoreDescription
    ) async throws(ClientError) {
        _ = try await perform(
            CallRequest(
                call: .updateLogstore, method: "PUT", path: CallRequest.path(logstore),
                content: .json(encoding: description)))
    }

    /// Deletes a logstore with all its data and consumer groups.
    ///
    /// - Throws: `LogStoreNotExist`.
    public func deleteLogstore(_ logstore: LogstoreName) async throws(ClientError) {
        _ = try await perform(
            CallRequest(call: .deleteLogstore, method: "DELETE", path: CallRequest.path(logstore)))
    }

    /// Creates a logstore's index.
    ///
    /// - Parameter json: The index as the API reference describes it.
    /// - Throws: `IndexAlreadyExist`, `IndexInfoInvalid`, `LogStoreNotExist`.
    public func createIndex(_ json: String, of logstore: LogstoreName) async throws(ClientError) {
        _ = try await perform(
            CallRequest(
                call: .createIndex, method: "POST", path: CallRequest.path(logstore, "/index"),
                content: .json(Array(json.utf8))))
    }

    /// A logstore's index, as JSON.
    ///
    /// - Throws: `IndexConfigNotExist`, `LogStoreNotExist`.
    public func getIndex(of logstore: LogstoreName) async throws(ClientError) -> String {
        let answer = try await perform(
            CallRequest(call: .getIndex, method: "GET", path: CallRequest.path(logstore, "/index")))
        return String(decoding: answer.response.body, as: UTF8.self)
    }
}
