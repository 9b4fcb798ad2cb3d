internal import SLSProtocol

/// Metric stores: `/metricstores[/{logstore}]`, like logstores, which they are: those of the telemetry type `Metrics`.
///
/// Source: protocol.md 6.2; alibabacloud_sls20201230, `create_metric_store` (the body's `name`, the list's `metricstores`).
struct MetricStoreCalls {
    /// What a logstore has that is a metric store.
    static let telemetryType = "Metrics"

    let logstores: LogstoreService

    var entries: [Router.Entry] {
        let (all, one) = ("/metricstores", "/metricstores/{logstore}")
        return [
            Router.Entry(name: "CreateMetricStore", route: Route(.post, all), writes: true) {
                request throws(APIError) in
                let made = try logstores.create(try wanted(request), in: try request.project(), now: request.now)
                try logstores.keepMembers(of: try request.document(), in: made, now: request.now)
                return .empty
            },
            Router.Entry(name: "GetMetricStore", route: Route(.get, one), writes: false) {
                request throws(APIError) in
                let logstore = try existing(request)
                var answer = try logstores.get(logstore).document(with: try logstores.keptMembers(of: logstore))
                answer.set("name", logstore.name.value)
                answer.set("metricType", "prometheus")
                return try .json(answer)
            },
            Router.Entry(name: "ListMetricStore", route: Route(.get, all), writes: false) {
                request throws(APIError) in
                let found = try logstores.list(
                    of: try request.project(), containing: request.query("name"), telemetryType: Self.telemetryType,
                    mode: request.query("mode"), page: try request.page(defaultSize: RequestLimits.pageSize))
                return try .json(
                    List(count: found.logstores.count, total: found.total, metricstores: found.logstores))
            },
            Router.Entry(name: "UpdateMetricStore", route: Route(.put, one), writes: true) {
                request throws(APIError) in
                let logstore = try existing(request)
                try logstores.update(logstore, to: try wanted(request), now: request.now)
                try logstores.keepMembers(of: try request.document(), in: logstore, now: request.now)
                return .empty
            },
            Router.Entry(name: "DeleteMetricStore", route: Route(.delete, one), writes: true) {
                request throws(APIError) in
                try logstores.delete(try existing(request))
                return .empty
            },
        ]
    }

    private func wanted(_ request: APIRequest) throws(APIError) -> LogstoreDescription {
        var wanted = try request.json(LogstoreDescription.self, orThrow: .logStoreInfoInvalid)
        wanted.logstoreName = try request.json(Named.self, orThrow: .logStoreInfoInvalid).name ?? wanted.logstoreName
        wanted.telemetryType = Self.telemetryType
        return wanted
    }

    /// - Throws: 404 `LogStoreNotExist` also for a logstore of another type.
    private func existing(_ request: APIRequest) throws(APIError) -> LogstoreRef {
        let logstore = try request.logstore()
        guard try logstores.get(logstore).telemetryType == Self.telemetryType else {
            throw .logstoreNotExist(logstore.name.value)
        }
        return logstore
    }

    private struct Named: Decodable {
        let name: String?
    }

    private struct List: Encodable {
        let count: Int
        let total: Int
        let metricstores: [String]
    }
}
