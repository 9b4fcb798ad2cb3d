import CurlHTTP
import Testing

@Suite(.timeLimit(.minutes(1))) struct CertificateTests {
    /// What two requests to a server with this certificate end with.
    private func error(_ certificates: Certificates, caFile: String?) async throws -> CurlError? {
        let server = try await OutsideServer(certificate: certificates.leaf)
        var configuration = HTTPClient.Configuration()
        configuration.caFile = caFile
        let client = try HTTPClient(configuration)
        let request = HTTPRequest(
            method: "POST", url: server.url("/echo", scheme: "https", host: "demo.localhost"),
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
        let certificates = try await Certificates()
        #expect(try await error(certificates, caFile: certificates.authority) == nil)
    }

    @Test func `a certificate of an unknown authority is untrusted`() async throws {
        let error = try #require(await error(Certificates(), caFile: nil))
        #expect(error.kind == .tlsUntrusted)
        #expect(error.isCertificateProblem)
        #expect("\(error)".contains("CA file"))
    }

    @Test func `an expired certificate is expired`() async throws {
        let certificates = try await Certificates(days: -1)
        let error = try #require(await error(certificates, caFile: certificates.authority))
        #expect(error.kind == .tlsExpired)
        #expect("\(error)".contains("renew it"))
    }

    @Test func `a certificate for another host has the wrong name`() async throws {
        let certificates = try await Certificates(host: "elsewhere.localhost")
        let error = try #require(await error(certificates, caFile: certificates.authority))
        #expect(error.kind == .tlsWrongName)
        #expect("\(error)".contains("correct the endpoint"))
    }

    @Test func `a named authority takes the place of the system's, and must be one`() async throws {
        let (certificates, others) = try await (Certificates(), Certificates())
        #expect(try await error(certificates, caFile: others.authority)?.kind == .tlsUntrusted)
        #expect(try await error(certificates, caFile: others.folder + "/nothing.pem")?.kind == .caFile)
        #expect(try await error(certificates, caFile: others.leaf.key)?.kind == .caFile)
    }

    @Test func `TLS to a server that speaks none is an error of TLS`() async throws {
        let client = try HTTPClient()
        let server = try await OutsideServer.shared.value
        await #expect { try await client.send(HTTPRequest(url: server.url("/echo", scheme: "https"))) } throws: {
            error in
            (error as? CurlError)?.kind == .tlsOther
        }
        await client.shutdown()
    }
}
