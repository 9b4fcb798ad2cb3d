internal import EventHTTP
internal import SLSProtocol

/// Writes one log from a browser, without a signature: `GET /logstores/{logstore}/track?APIVersion=0.6.0&k=v`, also as
/// `track.gif`, which answers an image, and `track_ua.gif`, which adds the user agent and the referer to the log.
///
/// Source: page "Web tracking". The names of the two added fields are assumed.
struct GetWebtracking: Endpoint {
    static let route = Route(
        .get, "/logstores/{logstore}/track", "/logstores/{logstore}/track.gif", "/logstores/{logstore}/track_ua.gif")
    static let writes = true
    static let traffic = Traffic.write
    let logs: LogService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let logstore = try request.logstore()
        try logs.checkTracking(logstore)
        let byteCount = request.http.target.utf8.count
        guard byteCount <= RequestLimits.trackedTargetByteCount else {
            throw APIError(
                .postBodyTooLarge, "\(byteCount) bytes are more than \(RequestLimits.trackedTargetByteCount)")
        }
        let page = request.target.segments.last
        var group = LogGroup(logs: [])
        var log = LogGroup.Log(time: UInt32(clamping: request.now.wall.timestamp.seconds), contents: [])
        for parameter in request.target.query {
            let value = parameter.value ?? ""
            switch parameter.name {
            case "APIVersion": continue
            case "__topic__": group.topic = value
            case "__source__": group.source = value
            default: log.contents.append(LogGroup.Pair(parameter.name, value))
            }
        }
        if page == "track_ua.gif" {
            for (name, header) in [("__userAgent__", "User-Agent"), ("__referer__", "Referer")] {
                if let text = request.http.headers[header].nonEmpty {
                    log.contents.append(LogGroup.Pair(name, text))
                }
            }
        }
        guard !log.contents.isEmpty else { throw APIError(.postBodyInvalid, "the request holds no field") }
        group.logs = [log]
        try logs.track(group, from: request.http.peerAddress, to: logstore, now: request.now)
        return page == "track" ? .empty : APIResponse(contentType: "image/gif", body: Self.pixel)
    }

    /// A GIF of one transparent pixel.
    private static let pixel: [UInt8] =
        Array("GIF89a".utf8) + [1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF]
        + [0x21, 0xF9, 4, 1, 0, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B]
}

extension RequestTarget {
    /// Whether a request to this path needs no signature.
    var isTracking: Bool {
        guard segments.count == 3, segments[0] == "logstores" else { return false }
        return ["track", "track.gif", "track_ua.gif"].contains(segments[2])
    }
}
