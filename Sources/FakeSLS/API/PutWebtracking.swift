internal import EventHTTP
internal import SLSProtocol

/// Writes logs from a browser, without a signature: `POST /logstores/{logstore}/track`, JSON.
///
/// Source: page "PutWebtracking". The logstore must have `enable_tracking`.
struct PutWebtracking: Endpoint {
    static let route = Route(.post, "/logstores/{logstore}/track")
    static let traffic = Traffic.write
    let logs: LogService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let logstore = try request.logstore()
        try logs.checkTracking(logstore)
        let body = try CompressedBody(request.http).decompressed(limit: RequestLimits.trackedByteCount)
        let group = try JSONLogGroup.decode(body, times: .received(request.now.wall.timestamp))
        guard !group.logs.isEmpty else { throw APIError(.postBodyInvalid, "__logs__ is empty") }
        guard group.logs.count <= RequestLimits.trackedLogCount else {
            throw APIError(
                .postBodyTooLarge, "\(group.logs.count) logs are more than \(RequestLimits.trackedLogCount)")
        }
        try logs.track(group, from: request.http.peerAddress, to: logstore, now: request.now)
        return .empty
    }
}

extension LogService {
    /// Appends a group that came without a signature.
    func track(_ group: LogGroup, from address: String, to logstore: LogstoreRef, now: Moment) throws(APIError) {
        let raw = group.serialized
        let stored = StoredLogGroup(compression: nil, rawByteCount: raw.count, data: raw)
        try put(WriteHead(clientAddress: address), to: logstore, now: now) { [stored] }
    }
}
