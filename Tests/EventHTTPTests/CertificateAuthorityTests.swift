import Glibc
import System
import Testing

@testable import EventHTTP

@Suite struct CertificateAuthorityTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path }

    init() throws { folder = try TemporaryFolder() }

    /// Runs Debian's `openssl`, with `$DIR` for the folder.
    private func openssl(_ arguments: String...) async throws -> ChildProcess.Exit? {
        let child = try ChildProcess(
            .init(
                "/usr/bin/openssl", arguments: arguments.map { $0.replacing("$DIR", with: path) },
                standardOutput: .discarded, standardError: .discarded))
        return await child.wait(within: .seconds(20))
    }

    private func issue(
        by authority: CertificateAuthority, hosts: [String] = ["a.example"], from start: Int = -60, to end: Int = 3_600
    ) throws -> HTTPServer.CertificateFiles {
        let now = Int(WallClock.nanoseconds() / 1_000_000_000)
        return try authority.issue(hosts: hosts, notBefore: now + start, notAfter: now + end, in: path)
    }

    @Test func `the key is for its owner's eyes, and the pair is kept`() throws {
        let first = try CertificateAuthority(folder: "\(path)/new/ca")
        #expect(Files.mode("\(path)/new/ca/ca-key.pem") == 0o600)
        #expect(Files.mode("\(path)/new/ca") == 0o700)
        #expect(try Files.read(first.certificateFile, limit: 10_000) == first.certificatePEM)
        let second = try CertificateAuthority(folder: "\(path)/new/ca")
        #expect(first.certificatePEM == second.certificatePEM)
    }

    @Test func `openssl accepts authority and leaf, strictly`() async throws {
        _ = try issue(by: CertificateAuthority(folder: path))
        #expect(Files.mode("\(path)/leaf-key.pem") == 0o600)
        let verified = try await openssl(
            "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "a.example", "-CAfile",
            "$DIR/ca.pem", "$DIR/leaf.pem")
        #expect(verified == .exited(0))
        let wrongHost = try await openssl(
            "verify", "-x509_strict", "-verify_hostname", "b.example", "-CAfile", "$DIR/ca.pem", "$DIR/leaf.pem")
        #expect(wrongHost == .exited(2))
        let isValidForTenYears = try await openssl("x509", "-in", "$DIR/ca.pem", "-checkend", "314000000", "-noout")
        #expect(isValidForTenYears == .exited(0))
    }

    @Test func `a leaf made on demand ends within 397 days`() async throws {
        let authority = try CertificateAuthority(folder: path)
        let leaf = try #require(authority.leaf(forHost: "A.example"))
        try Files.write(leaf.certificate.pem, to: "\(path)/demand.pem")
        let verified = try await openssl(
            "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "a.example", "-CAfile",
            "$DIR/ca.pem", "$DIR/demand.pem")
        #expect(verified == .exited(0))
        let isValid = try await openssl("x509", "-in", "$DIR/demand.pem", "-checkend", "\(300 * 86_400)", "-noout")
        #expect(isValid == .exited(0))
        let isValidLonger = try await openssl(
            "x509", "-in", "$DIR/demand.pem", "-checkend", "\(396 * 86_400)", "-noout")
        #expect(isValidLonger == .exited(1))
    }

    @Test func `leaves are kept, and their number is bounded`() throws {
        let authority = try CertificateAuthority(folder: path, leafLimit: 3)
        let first = try #require(authority.leaf(forHost: "0.example"))
        for index in 1..<3 { _ = authority.leaf(forHost: "\(index).example") }
        #expect(authority.leaf(forHost: "0.EXAMPLE")?.certificate === first.certificate)
        _ = authority.leaf(forHost: "3.example")
        #expect(authority.leafCount == 3)
        // The one unused for longest went.
        #expect(authority.leaf(forHost: "0.example")?.certificate === first.certificate)
    }

    @Test(arguments: ["", "a b", "a,DNS:b", "a\nb", "ü", String(repeating: "a", count: 254), "a/b", "a:1"])
    func `what is no host name gets no leaf`(host: String) throws {
        let authority = try CertificateAuthority(folder: path)
        #expect(authority.leaf(forHost: host) == nil)
        #expect(throws: EventHTTPError.self) { try issue(by: authority, hosts: [host]) }
    }

    @Test func `a long host name gets a leaf`() throws {
        let host = Array(repeating: "abcdefghij", count: 22).joined(separator: ".")
        #expect(try CertificateAuthority(folder: path).leaf(forHost: host) != nil)
    }

    @Test func `a key that a crash left alone is used`() throws {
        let key = try PrivateKey()
        try Files.write(key.pem, to: "\(path)/ca-key.pem", mode: 0o600)
        let authority = try CertificateAuthority(folder: path)
        #expect(try Certificate(pem: authority.certificatePEM, file: "").matches(key))
    }

    @Test func `a broken or foreign pair is an error that names the file`() throws {
        func message() -> String? {
            #expect(throws: EventHTTPError.self) { try CertificateAuthority(folder: path) }?.message
        }
        _ = try CertificateAuthority(folder: path)
        try Files.write(PrivateKey().pem, to: "\(path)/ca-key.pem")
        #expect(message() == "\(path)/ca-key.pem is not the key of \(path)/ca.pem")
        try Files.write(Array("no key".utf8), to: "\(path)/ca-key.pem")
        #expect(message()?.hasPrefix("\(path)/ca-key.pem holds no private key") == true)
        try Files.removeTree("\(path)/ca-key.pem")
        #expect(message()?.contains("\(path)/ca-key.pem\": No such file") == true)
        try Files.write([], to: "\(path)/ca.pem")
        #expect(message()?.hasPrefix("\(path)/ca.pem holds no certificate") == true)
    }

    @Test func `a leaf or an expired certificate is no authority`() throws {
        let real = try CertificateAuthority(folder: "\(path)/real")
        let leaf = try issue(by: real)
        try Files.makeFolder("\(path)/leaf")
        try Files.write(Files.read(leaf.chain, limit: 10_000), to: "\(path)/leaf/ca.pem")
        try Files.write(Files.read(leaf.key, limit: 10_000), to: "\(path)/leaf/ca-key.pem")
        #expect(
            #expect(throws: EventHTTPError.self) { try CertificateAuthority(folder: "\(path)/leaf") }?.message
                == "\(path)/leaf/ca.pem is not a certificate authority's")
        let key = try PrivateKey()
        let expired = try CertificateTemplate(commonName: "old", notBefore: 1, notAfter: 1_000, isAuthority: true)
            .signed(for: key, by: nil)
        try Files.makeFolder("\(path)/old")
        try Files.write(expired.pem, to: "\(path)/old/ca.pem")
        try Files.write(key.pem, to: "\(path)/old/ca-key.pem")
        let error = #expect(throws: EventHTTPError.self) { try CertificateAuthority(folder: "\(path)/old") }
        #expect(error?.message.hasPrefix("\(path)/old/ca.pem has expired") == true)
    }

    @Test func `a folder that cannot be made is an error`() throws {
        try Files.write([], to: "\(path)/file")
        let error = #expect(throws: EventHTTPError.self) { try CertificateAuthority(folder: "\(path)/file/ca") }
        #expect(error?.kind == .certificate)
        #expect(error?.message.contains("\(path)/file/ca") == true)
    }
}
