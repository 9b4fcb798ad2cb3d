internal import EventHTTP
internal import SLSProtocol

/// The calls about documents of which there is one: a logstore's metering mode, a project's policy.
///
/// Source: protocol.md 6.2, 6.7; what is answered where nothing was put is assumed, but for the metering mode.
struct SettingCalls {
    let documents: DocumentService

    var entries: [Router.Entry] {
        [
            read("GetLogStoreMeteringMode", "/logstores/{logstore}/meteringmode", .logstore, otherwise: Self.metering),
            write("UpdateLogStoreMeteringMode", .put, "/logstores/{logstore}/meteringmode", .logstore, Self.isMetering),
            read(
                "GetMetricStoreMeteringMode", "/metricstores/{logstore}/meteringmode", .logstore,
                otherwise: Self.metering),
            write(
                "UpdateMetricStoreMeteringMode", .put, "/metricstores/{logstore}/meteringmode", .logstore,
                Self.isMetering),
            read(
                "GetLogStoreMultimodalConfiguration", "/logstores/{logstore}/multimodalconfiguration", .logstore,
                otherwise: #"{"status":"Disabled","anonymousWrite":"Disabled"}"#),
            write(
                "PutLogStoreMultimodalConfiguration", .put, "/logstores/{logstore}/multimodalconfiguration", .logstore),
            read("GetSubStoreTTL", "/logstores/{logstore}/substores/storage/ttl", .logstore, otherwise: #"{"ttl":30}"#),
            writeTTL,
            read("GetProjectPolicy", "/policy", .project, otherwise: ""),
            write("PutProjectPolicy", .post, "/policy", .project),
            delete("DeleteProjectPolicy", "/policy"),
            read("GetLogging", "/logging", .project, otherwise: nil),
            createLogging,
            write("UpdateLogging", .put, "/logging", .project),
            delete("DeleteLogging", "/logging"),
            listSqlInstance,
            write("CreateSqlInstance", .post, "/sqlinstance", .project),
            write("UpdateSqlInstance", .put, "/sqlinstance", .project),
        ]
    }

    private static let metering = #"{"meteringMode":"ChargeByFunction"}"#

    private static func isMetering(_ document: JSONObject) -> Bool {
        ["ChargeByFunction", "ChargeByDataIngest"].contains(document.text("meteringMode"))
    }

    /// The name a path's document is stored under: its last literal. Metric stores are logstores.
    private static func stored(_ path: String) -> String { path.split(separator: "/").last.map { String($0) } ?? path }

    private func read(
        _ name: String, _ path: String, _ scope: DocumentFamily.Scope, otherwise: String?
    ) -> Router.Entry {
        Router.Entry(name: name, route: Route(.get, path), writes: false) { request throws(APIError) in
            let found = try documents.setting(Self.stored(path), of: try request.owner(scope))
            guard let body = found ?? otherwise.map({ Array($0.utf8) }) else {
                throw APIError(.loggingNotExist, "the project has no logging configuration")
            }
            return APIResponse(body: body)
        }
    }

    private func write(
        _ name: String, _ method: Route.Method, _ path: String, _ scope: DocumentFamily.Scope,
        _ isValid: @escaping (JSONObject) -> Bool = { _ in true }
    ) -> Router.Entry {
        Router.Entry(name: name, route: Route(method, path), writes: true) { request throws(APIError) in
            let document = try request.document()
            guard isValid(document) else {
                throw .parameterInvalid("the body is no \(Self.stored(path)) of the service")
            }
            try documents.setSetting(
                Self.stored(path), request.http.body, of: try request.owner(scope), now: request.now)
            return .empty
        }
    }

    private func delete(_ name: String, _ path: String) -> Router.Entry {
        Router.Entry(name: name, route: Route(.delete, path), writes: true) { request throws(APIError) in
            try documents.deleteSetting(Self.stored(path), of: try request.owner(.project))
            return .empty
        }
    }

    private var createLogging: Router.Entry {
        Router.Entry(name: "CreateLogging", route: Route(.post, "/logging"), writes: true) {
            request throws(APIError) in
            let (owner, document) = (try request.owner(.project), try request.document())
            guard try documents.setting("logging", of: owner) == nil else {
                throw APIError(.loggingAlreadyExist, "the project already has a logging configuration")
            }
            try documents.setSetting("logging", document.bytes, of: owner, now: request.now)
            return .empty
        }
    }

    /// The one instance in a list.
    private var listSqlInstance: Router.Entry {
        Router.Entry(name: "ListSqlInstance", route: Route(.get, "/sqlinstance"), writes: false) {
            request throws(APIError) in
            let found = try documents.setting("sqlinstance", of: try request.owner(.project))
            return APIResponse(body: DocumentService.array(found.map { [$0] } ?? []))
        }
    }

    /// The time to live comes as a parameter.
    private var writeTTL: Router.Entry {
        let route = Route(.put, "/logstores/{logstore}/substores/storage/ttl")
        return Router.Entry(name: "UpdateSubStoreTTL", route: route, writes: true) { request throws(APIError) in
            _ = try request.required("ttl")
            var document = JSONObject()
            document.set("ttl", try request.integer("ttl", in: RequestLimits.ttlDays) ?? 30)
            try documents.setSetting("ttl", document.bytes, of: try request.owner(.logstore), now: request.now)
            return .empty
        }
    }
}
