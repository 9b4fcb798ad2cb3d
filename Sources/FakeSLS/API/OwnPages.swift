internal import EventHTTP
internal import SLSProtocol

/// The emulator's own pages under `/_fake/`, on any host and without a signature. No path of the service begins so.
///
/// They run in the turn as calls do: what they show is committed, and what they change is committed with the turn.
struct OwnPages {
    /// What every page counts as in the metrics.
    static let call = "own"

    private let router: Router

    /// - Parameters:
    ///   - metricsText: The metrics in Prometheus' text format.
    ///   - certificate: The certificate authority's certificate in PEM, where there is one.
    ///   - control: The handles of the control API; nil where it is off.
    ///   - changes: Told of everything that they change.
    init(
        metricsText: (() -> String)?, certificate: [UInt8]?, services: Services, clock: ServerClock,
        control: EmulatorControl?, changes: ControlChanges
    ) {
        let isControlOn = control != nil
        var entries = [
            // Both are answered by the loop behind a commit of the store: there is nothing else that could be unwell.
            Self.page(.get, "/_fake/healthz") { _ throws(APIError) in .text("ok\n") },
            Self.page(.get, "/_fake/readyz") { _ throws(APIError) in .text("ok\n") },
            Self.page(.get, "/_fake/groups") { request throws(APIError) in
                try GroupPage(groups: services.groups).respond(to: request)
            },
        ]
        if let metricsText {
            entries.append(
                Self.page(.get, "/_fake/metrics") { _ throws(APIError) in
                    .text(metricsText(), type: "text/plain; version=0.0.4; charset=utf-8")
                })
        }
        if let certificate {
            entries.append(
                Self.page(.get, "/_fake/ca.pem") { _ throws(APIError) in
                    APIResponse(contentType: "application/x-pem-file", body: certificate)
                })
        }
        let control = Self.controlPages(services, clock: clock, control: control, changes)
        entries.append(Self.index(of: entries, control, isControlOn: isControlOn))
        router = Router(entries + control)
    }

    /// nil for a path that is none of ours.
    func match(method: String, target: RequestTarget) throws(APIError) -> Router.Match? {
        guard target.segments.first == "_fake" else { return nil }
        do throws(APIError) {
            return try router.match(method: method == "HEAD" ? "GET" : method, target: target)
        } catch {
            guard error.code == .notFound else { throw error }
            throw APIError(.notFound, "there is no page \(target.path.prefix(200)); GET /_fake/ lists those there are")
        }
    }

    private typealias Page = (APIRequest) throws(APIError) -> APIResponse

    private static func page(_ method: Route.Method, _ path: String, _ respond: @escaping Page) -> Router.Entry {
        Router.Entry(name: call, route: Route(method, path), writes: method != .get, respond: respond)
    }

    /// The list of the pages, a line each.
    private static func index(of pages: [Router.Entry], _ control: [Router.Entry], isControlOn: Bool) -> Router.Entry {
        let lines =
            pages.map(\.spelling) + control.map { $0.spelling + (isControlOn ? "" : " (off without --control on)") }
        let text = lines.map { $0 + "\n" }.joined()
        return page(.get, "/_fake") { _ throws(APIError) in .text(text) }
    }

    private static func controlPages(
        _ services: Services, clock: ServerClock, control: EmulatorControl?, _ changes: ControlChanges
    ) -> [Router.Entry] {
        func page(
            _ method: Route.Method, _ path: String,
            _ respond: @escaping (EmulatorControl, APIRequest) throws(APIError) -> APIResponse
        ) -> Router.Entry {
            Self.page(method, path) { request throws(APIError) in
                guard let control else { throw .controlIsOff }
                return try respond(control, request)
            }
        }
        return [
            page(.get, "/_fake/faults") { control, _ throws(APIError) in
                try FaultPages(control: control, changes: changes).list()
            },
            page(.post, "/_fake/faults") { control, request throws(APIError) in
                try FaultPages(control: control, changes: changes).add(request.http.body)
            },
            page(.delete, "/_fake/faults") { control, _ throws(APIError) in
                try FaultPages(control: control, changes: changes).remove(nil)
            },
            page(.delete, "/_fake/faults/{id}") { control, request throws(APIError) in
                try FaultPages(control: control, changes: changes).remove(request.pathValues["id"])
            },
            page(.get, "/_fake/rules") { _, _ throws(APIError) in try RulesPages(rules: services.rules).show() },
            page(.post, "/_fake/rules") { _, request throws(APIError) in
                try RulesPages(rules: services.rules).change(request.http.body)
            },
            page(.delete, "/_fake/rules") { _, _ throws(APIError) in
                try RulesPages(rules: services.rules).reset()
            },
            page(.get, "/_fake/clock") { control, _ throws(APIError) in
                try ClockPages(control: control, clock: clock, changes: changes).show()
            },
            page(.post, "/_fake/clock") { control, request throws(APIError) in
                try ClockPages(control: control, clock: clock, changes: changes).move(request.http.body)
            },
            page(.post, "/_fake/consumers/expire") { _, request throws(APIError) in
                try ExpirePage(groups: services.groups).respond(to: request)
            },
        ]
    }
}

extension Router.Entry {
    /// `GET /_fake/healthz`, by the first of its paths.
    fileprivate var spelling: String {
        let parts = route.paths[0].segments.map { segment in
            switch segment {
            case .literal(let text): text
            case .placeholder(let name): "{\(name)}"
            case .rest: "**"
            }
        }
        return "\(route.method.rawValue) /\(parts.joined(separator: "/"))"
    }
}

extension APIResponse {
    fileprivate static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> APIResponse {
        APIResponse(contentType: type, body: Array(text.utf8))
    }
}

extension APIError {
    /// The pages are known, but this emulator was not told to let anybody change what clients see.
    fileprivate static var controlIsOff: APIError {
        APIError("ControlOff", "the control API is off: start fake-sls with --control on", status: 403)
    }
}
