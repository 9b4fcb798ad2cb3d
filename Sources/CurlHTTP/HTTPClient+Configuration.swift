extension HTTPClient {
    /// What can be set on a client; every property has a default.
    public struct Configuration: Sendable {
        /// PEM file of the authorities to trust, in place of the system's. Default: the system's.
        public var caFile: String?
        /// For name look-up, TCP and TLS together. Default: 10 s.
        public var connectTimeout: Duration = .seconds(10)
        /// Connections open at once to one host, 1 or more; further requests wait. Default: 16.
        public var connectionsPerHost = 16
        /// Requests without an answer at once, those that wait for a connection included; one more is refused with
        /// `.tooManyRequests`. Default: 1024.
        public var requestLimit = 1024
        /// Bytes of an answer's body; a longer one fails with `.tooLarge`. Default: 64 MiB.
        public var bodyByteLimit = 64 << 20
        /// Header lines of an answer; more fail with `.tooLarge`. Default: 256.
        public var headerCountLimit = 256
        /// Bytes of all header lines of an answer; more fail with `.tooLarge`. Default: 128 KiB.
        public var headerByteLimit = 128 << 10
        /// How long a connection may have been idle and still be used again. Servers close idle connections, and a
        /// request that meets the closing fails. Default: 25 s.
        public var idleConnectionAge: Duration = .seconds(25)
        /// How old a connection may be and still be used again, so that changes of DNS are noticed. Default: 10 min.
        public var connectionLifetime: Duration = .seconds(600)
        /// Whether `http_proxy`, `https_proxy` and `no_proxy` are followed. Default: true.
        public var usesProxyVariables = true
        /// Names the thread. Default: `http-client`.
        public var threadName = "http-client"

        /// Makes one with all defaults.
        public init() {}
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, at least 1 and at most what a C `int` of seconds holds.
    var curlMilliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < 2_000_000 else { return 2_000_000_000 }
        return max(1, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }

    /// Whole seconds, at least 1.
    var curlSeconds: Int { max(1, curlMilliseconds / 1000) }
}
