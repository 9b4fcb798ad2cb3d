internal import EventHTTP
internal import SLSProtocol

/// The emulator's own pages under `/_fake/`, on any host and without a signature. No path of the service begins so.
struct OwnPages {
    /// The metrics in Prometheus' text format.
    let metricsText: (@Sendable () -> String)?
    /// The certificate authority's certificate in PEM, where there is one.
    let certificate: [UInt8]?

    /// nil for a path that is none of ours.
    func respond(method: String, target: RequestTarget) throws(APIError) -> APIResponse? {
        guard target.segments.first == "_fake" else { return nil }
        let page = target.segments.dropFirst().joined(separator: "/")
        guard let response = try response(page) else {
            throw APIError(.notFound, "there is no page \(target.path.prefix(200))")
        }
        guard method == "GET" || method == "HEAD" else {
            throw APIError(.invalidMethod, "invalid request method : \(method.prefix(20))")
        }
        return response
    }

    private func response(_ page: String) throws(APIError) -> APIResponse? {
        switch page {
        case "healthz", "readyz":
            // Both are answered by the loop behind a commit of the store: there is nothing else that could be unwell.
            return APIResponse(contentType: "text/plain; charset=utf-8", body: Array("ok\n".utf8))
        case "metrics":
            guard let metricsText else { return nil }
            return APIResponse(
                contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(metricsText().utf8))
        case "ca.pem":
            guard let certificate else { return nil }
            return APIResponse(contentType: "application/x-pem-file", body: certificate)
        default: return nil
        }
    }
}
