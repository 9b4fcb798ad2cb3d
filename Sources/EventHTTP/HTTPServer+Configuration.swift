extension HTTPServer {
    /// Where a server listens, and its bounds. Every property has a default.
    public struct Configuration: Sendable {
        /// Addresses or names to listen on; empty means 127.0.0.1 and, where it exists, ::1.
        public var hosts: [String] = []
        /// The port for plain HTTP, the same number on all hosts; 0 picks one that is free on all of them.
        public var port = 0
        /// The port for HTTPS; 0 picks a free one, nil means no HTTPS listener.
        public var tlsPort: Int?
        /// A certificate of the caller's own for the HTTPS listener, in place of leaves by the authority.
        public var certificate: CertificateFiles?
        /// The longest body, in bytes. Default 64 MiB.
        public var bodyByteLimit = 64 << 20
        /// The longest request line and headers together, in bytes; at most 80 KiB. Default 64 KiB.
        public var headByteLimit = 64 << 10
        /// How long a connection may wait for its next request. Default 75 s.
        public var idleTimeout: Duration = .seconds(75)
        /// How long a request may take to arrive whole, from its first byte; also for a TLS handshake. Default 60 s.
        public var requestTimeout: Duration = .seconds(60)
        /// How long a client may take none of an answer. Default 60 s.
        public var writeTimeout: Duration = .seconds(60)
        /// How many connections are open at once; further ones wait in the kernel until one closes. Default 1,000.
        public var connectionLimit = 1_000
        /// The handler is called at least this often, with no requests if there are none. Default 1 s.
        public var turnInterval: Duration = .seconds(1)
        /// How many requests may wait for an answer that is put off or never comes; further ones are reset. Default 256.
        public var heldRequestLimit = 256
        /// How long `stop()` waits for requests that have begun. Default 5 s.
        public var stopTimeout: Duration = .seconds(5)

        /// All defaults.
        public init() {}
    }

    /// PEM files of a certificate chain (leaf first) and its private key.
    public struct CertificateFiles: Sendable, Equatable {
        /// The path of the chain.
        public var chain: String
        /// The path of the key.
        public var key: String

        /// Names the two files.
        public init(chain: String, key: String) {
            self.chain = chain
            self.key = key
        }
    }
}
