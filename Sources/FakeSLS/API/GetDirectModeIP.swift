internal import EventHTTP
internal import SLSProtocol

/// Says where to connect for the project's data: `GET /direct_mode_ip`, answered in the header `x-log-hostip`.
///
/// Java's direct mode takes it in place of the host name's address, and goes on naming the host. What the client reached
/// this time it reaches again; the port is told where it is not the scheme's own (assumed: the service has no other).
/// Source: aliyun-log-java-sdk, Client.java, `GetDirectModeIp`.
struct GetDirectModeIP: Endpoint {
    static let route = Route(.get, "/direct_mode_ip")

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let address = request.http.localAddress
        let usual = request.http.isSecure ? ":443" : ":80"
        return APIResponse(headers: [
            ("x-log-hostip", address.hasSuffix(usual) ? String(address.dropLast(usual.count)) : address)
        ])
    }
}
