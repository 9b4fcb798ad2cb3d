import Glibc

extension Connection {
    /// Answers `CONNECT`; whatever host it names, the tunnel ends here.
    func acceptTunnel() {
        guard tunnelHost == nil, !stream.isSecure, server.tunnelContext != nil, let host = Self.host(of: parser.target)
        else { return violate(.tunnelRefused(target: parser.target)) }
        tunnelHost = host
        parser.startAfresh()
        state = .openingTunnel
        setDeadline(after: server.configuration.requestTimeout)
        send(Self.established)
    }

    /// Looks at the first byte inside the tunnel: TLS, or HTTP in the clear.
    ///
    /// - Returns: false if it is not there yet.
    func openTunnel() -> Bool {
        guard let first = pending.first ?? peek() else { return false }
        if first == Self.handshakeRecord, let context = server.tunnelContext {
            stream = .secure(TLSStream(context, descriptor: descriptor, prefix: pending, expectedHost: tunnelHost))
            pending = []
        }
        startReading()
        return true
    }

    private static let established = Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)
    /// The content type every TLS client's first record has.
    private static let handshakeRecord: UInt8 = 0x16

    /// The first byte the socket has, left there; closes the connection if there will be none.
    private func peek() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK))
            if count == 1 { return byte }
            if count < 0 && errno == EINTR { continue }
            if count == 0 || errno != EAGAIN { close() }
            return nil
        }
    }

    /// The host of `host:port` or `[address]:port`; nil if that is not what `target` is.
    private static func host(of target: String) -> String? {
        guard let colon = target.lastIndex(of: ":"), let port = Int(target[target.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        let host = target[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") { return String(host.dropFirst().dropLast()) }
        return host.isEmpty ? nil : String(host)
    }
}
