import CurlHTTP
import Foundation
import Testing

/// One authority for all tests here; making keys takes a while.
private let certificates = Result { try Certificates() }

@Suite(.timeLimit(.minutes(1))) struct CertificateTests {
    /// What a request to a server with this leaf ends with.
    private func error(leaf: String, caFile: String?, scheme: String = "https") async throws -> CurlError? {
        let server = try OutsideServer(certificate: certificates.get().leaf(leaf))
        var configuration = HTTPClient.Configuration()
        configuration.caFile = caFile
        let client = try HTTPClient(configuration)
        let request = HTTPRequest(
            method: "POST", url: server.url("/echo", scheme: scheme, host: "demo.localhost"),
            body: Array(repeating: 1, count: 100_000), connectTo: "127.0.0.1:\(server.port)")
        var result: CurlError?
        do throws(CurlError) {
            for _ in 0..<2 { #expect(try await client.send(request).body.count == 100_000) }
            #expect(client.connectionCount == 1)
        } catch { result = error }
        await client.shutdown()
        return result
    }

    @Test func `a certificate of a named authority is trusted`() async throws {
        #expect(try await error(leaf: "good", caFile: certificates.get().authority) == nil)
    }

    @Test func `a certificate of an unknown authority is untrusted`() async throws {
        let error = try #require(await error(leaf: "good", caFile: nil))
        #expect(error.kind == .tlsUntrusted)
        #expect(error.isCertificateProblem)
        #expect("\(error)".contains("CA file"))
    }

    @Test func `an expired certificate is expired`() async throws {
        let error = try #require(await error(leaf: "expired", caFile: certificates.get().authority))
        #expect(error.kind == .tlsExpired)
        #expect("\(error)".contains("renew it"))
    }

    @Test func `a certificate for another host has the wrong name`() async throws {
        let error = try #require(await error(leaf: "other", caFile: certificates.get().authority))
        #expect(error.kind == .tlsWrongName)
        #expect("\(error)".contains("correct the endpoint"))
    }

    @Test func `a named authority takes the place of the system's, and must be one`() async throws {
        let other = try Certificates()
        #expect(try await error(leaf: "good", caFile: other.authority)?.kind == .tlsUntrusted)
        #expect(try await error(leaf: "good", caFile: other.folder + "/nothing.pem")?.kind == .caFile)
        #expect(try await error(leaf: "good", caFile: other.leaf("good").key)?.kind == .caFile)
    }

    @Test func `TLS to a server that speaks none is an error of TLS`() async throws {
        let client = try HTTPClient()
        let server = try OutsideServer.shared.get()
        await #expect { try await client.send(HTTPRequest(url: server.url("/echo", scheme: "https"))) } throws: {
            error in
            (error as? CurlError)?.kind == .tlsOther
        }
        await client.shutdown()
    }
}
