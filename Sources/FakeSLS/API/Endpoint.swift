internal import SLSProtocol

/// One call of the API: decodes a request, calls one service method, encodes what it gives.
///
/// Runs on the loop thread inside the turn's transaction and a savepoint of its own: a throw undoes whatever it did.
protocol Endpoint {
    /// Which requests it answers. The type's own name is the call's name in metrics and in docs/compatibility.md.
    static var route: Route { get }
    /// Whether it may change anything. A call that only reads is spared the savepoint.
    static var writes: Bool { get }
    /// Which quotas it falls under.
    static var traffic: Traffic { get }

    func respond(to request: APIRequest) throws(APIError) -> APIResponse
}

extension Endpoint {
    static var writes: Bool { route.method != .get && route.method != .head }
    static var traffic: Traffic { .control }
}
