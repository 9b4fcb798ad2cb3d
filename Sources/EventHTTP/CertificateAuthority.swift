import System

/// A certificate authority of our own, in a folder, and the leaf certificates it signs.
///
/// P-256 throughout. Nothing trusts it until a client is given `certificateFile`.
public final class CertificateAuthority: Sendable {
    /// A certificate for some hosts, with its key.
    struct Leaf: Sendable {
        let certificate: Certificate
        let key: PrivateKey
        /// Seconds since 1970.
        let madeAt: Int
    }

    /// The path of the authority's own certificate, PEM, for clients to trust.
    public let certificateFile: String
    /// The contents of that file.
    public let certificatePEM: [UInt8]
    private let certificate: Certificate
    private let key: PrivateKey
    /// One key for all leaves of this process: nobody outside it sees it.
    private let leafKey: PrivateKey
    private let leaves: Lock<RecentlyUsed<Leaf>>

    /// Loads `ca.pem` and `ca-key.pem` (mode 0600) from a folder, or makes them there if there is no `ca.pem`.
    ///
    /// Each file is written aside and renamed, the key first; a key that was left alone by a crash between the two is
    /// used. Two processes must not make the same folder's authority at the same time.
    ///
    /// - Parameters:
    ///   - folder: Made (mode 0700) if it is missing.
    ///   - name: The common name of an authority that is made.
    ///   - leafLimit: How many leaves are kept; the one unused for longest goes.
    /// - Throws: `.certificate`: a file that cannot be read or written, is broken or expired, or a key that belongs to
    ///   another certificate.
    public init(
        folder: String, name: String = "Local development authority", leafLimit: Int = 256
    ) throws(EventHTTPError) {
        certificateFile = "\(folder)/ca.pem"
        let keyFile = "\(folder)/ca-key.pem"
        let now = Self.now()
        if !Files.exists(certificateFile) {
            try Self.make(name: name, folder: folder, certificateFile: certificateFile, keyFile: keyFile, now: now)
        }
        certificatePEM = try Self.read(certificateFile)
        certificate = try Certificate(pem: certificatePEM, file: certificateFile)
        key = try PrivateKey(pem: Self.read(keyFile), file: keyFile)
        guard certificate.matches(key) else {
            throw EventHTTPError(.certificate, "\(keyFile) is not the key of \(certificateFile)")
        }
        guard certificate.isAuthority else {
            throw EventHTTPError(.certificate, "\(certificateFile) is not a certificate authority's")
        }
        guard certificate.isValid(at: now) else {
            throw EventHTTPError(.certificate, "\(certificateFile) has expired; remove it and \(keyFile)")
        }
        leafKey = try PrivateKey()
        leaves = Lock(RecentlyUsed(limit: leafLimit))
    }

    /// Writes a certificate with any names and validity, and its key (mode 0600), into a folder: for tests of clients.
    ///
    /// - Parameters:
    ///   - hosts: DNS names; with `addresses` at least one.
    ///   - addresses: Numeric addresses.
    ///   - notBefore: Seconds since 1970, UTC.
    ///   - notAfter: Seconds since 1970, UTC.
    ///   - folder: Gets `leaf.pem` and `leaf-key.pem`; must exist.
    public func issue(
        hosts: [String], addresses: [String] = [], notBefore: Int, notAfter: Int, in folder: String
    ) throws(EventHTTPError) -> HTTPServer.CertificateFiles {
        for host in hosts where !Self.isHostName(host) {
            throw EventHTTPError(.certificate, "no host name: \"\(host)\"")
        }
        let key = try PrivateKey()
        let template = CertificateTemplate(
            commonName: hosts.first ?? addresses.first ?? "leaf", notBefore: notBefore, notAfter: notAfter,
            names: hosts, addresses: addresses)
        let leaf = try template.signed(for: key, by: (certificate, self.key))
        let files = HTTPServer.CertificateFiles(chain: "\(folder)/leaf.pem", key: "\(folder)/leaf-key.pem")
        try Self.write(key.pem, to: files.key, mode: 0o600)
        try Self.write(leaf.pem, to: files.chain, mode: 0o644)
        return files
    }

    /// The leaf for a host, made when it is asked for first.
    ///
    /// - Parameter host: A DNS name or a numeric address; upper and lower case are the same.
    /// - Returns: nil if it is neither.
    func leaf(forHost host: String) -> Leaf? {
        let host = host.lowercased()
        if SocketAddress.isNumeric(host) { return leaf(names: [], addresses: [host]) }
        return Self.isHostName(host) ? leaf(names: [host], addresses: []) : nil
    }

    /// The leaf for exactly these names and addresses, made when it is asked for first.
    func leaf(names: [String], addresses: [String]) -> Leaf? {
        let now = Self.now()
        return leaves.withLock { leaves -> Leaf? in
            let subjects = (names + addresses).joined(separator: ",")
            if let leaf = leaves[subjects], now - leaf.madeAt < Self.leafRenewalSeconds { return leaf }
            let template = CertificateTemplate(
                commonName: names.first ?? addresses.first ?? "leaf", notBefore: now - Self.daySeconds,
                notAfter: now + 364 * Self.daySeconds, names: names, addresses: addresses)
            // Without a leaf the handshake fails, and the client is told so; there is no one else to tell.
            guard let made = try? template.signed(for: leafKey, by: (certificate, key)) else { return nil }
            let leaf = Leaf(certificate: made, key: leafKey, madeAt: now)
            leaves[subjects] = leaf
            return leaf
        }
    }

    /// How many leaves are kept now.
    var leafCount: Int { leaves.withLock { $0.count } }

    private static let daySeconds = 86_400
    /// Long before a leaf expires.
    private static let leafRenewalSeconds = 30 * daySeconds

    private static func now() -> Int { Int(WallClock.nanoseconds() / 1_000_000_000) }

    private static func isHostName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x2A
            }
        }
    }
}

// MARK: - Files
extension CertificateAuthority {
    private static func make(
        name: String, folder: String, certificateFile: String, keyFile: String, now: Int
    ) throws(EventHTTPError) {
        do throws(SystemError) {
            try Files.makeFolder(folder, mode: 0o700)
        } catch {
            throw EventHTTPError(.certificate, "\(error)")
        }
        let key: PrivateKey
        if Files.exists(keyFile) {
            key = try PrivateKey(pem: read(keyFile), file: keyFile)
        } else {
            key = try PrivateKey()
            try write(key.pem, to: keyFile, mode: 0o600)
        }
        let template = CertificateTemplate(
            commonName: name, notBefore: now - daySeconds, notAfter: now + 3_650 * daySeconds, isAuthority: true)
        try write(template.signed(for: key, by: nil).pem, to: certificateFile, mode: 0o644)
    }

    private static func read(_ path: String) throws(EventHTTPError) -> [UInt8] {
        do throws(SystemError) {
            return try Files.read(path, limit: 1 << 20)
        } catch {
            throw EventHTTPError(.certificate, "\(error)")
        }
    }

    private static func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws(EventHTTPError) {
        do throws(SystemError) {
            try Files.write(bytes, to: path, mode: mode)
        } catch {
            throw EventHTTPError(.certificate, "\(error)")
        }
    }
}
