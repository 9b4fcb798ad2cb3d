import SLSClient
import SLSProtocol
import Testing

@Suite(.timeLimit(.minutes(1))) struct CurlTransportTests {
    /// What a call to a port nobody listens on ends with.
    private func error(
        _ endpoint: String, configure: (inout CurlTransport.Configuration) -> Void = { _ in }
    ) async throws -> ClientError? {
        var configuration = CurlTransport.Configuration()
        configure(&configuration)
        let transport = try CurlTransport(configuration)
        let client = try SLSClient.make(transport, endpoint: endpoint)
        let error = await failure { () async throws(ClientError) in _ = try await client.getProject() }
        await transport.shutdown()
        return error
    }

    @Test(arguments: ["127.0.0.1:1", "https://127.0.0.1:1", "[::1]:1", "localhost:1"])
    func `a call to nobody is a transport error, without a look-up`(endpoint: String) async throws {
        let error = try await error(endpoint)
        guard case .transport(let failure) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(failure.kind == .couldNotConnect)
        #expect("\(failure)".contains("(libcurl error 7)"))
    }

    @Test func `a call after the shutdown, or of a cancelled task, is cancelled`() async throws {
        let transport = try CurlTransport()
        let client = try SLSClient.make(transport, endpoint: "127.0.0.1:1")
        let early = await withTaskGroup(of: ClientError?.self) { group in
            group.cancelAll()
            group.addTask { await failure { () async throws(ClientError) in _ = try await client.getProject() } }
            return await group.next() ?? nil
        }
        #expect(early?.isCancelled == true)
        await transport.shutdown()
        let late = await failure { () async throws(ClientError) in _ = try await client.getProject() }
        #expect(late?.isCancelled == true)
        #expect(late?.isRetriable == false)
    }

    @Test func `a secret with a line end never becomes a header`() async throws {
        let transport = try CurlTransport()
        let client = try SLSClient.make(transport, endpoint: "127.0.0.1:1", token: "a\r\nX-Evil: 1")
        let error = await failure { () async throws(ClientError) in _ = try await client.getProject() }
        #expect(error?.code == "invalidRequest")
        #expect(!"\(String(describing: error))".contains("X-Evil"))
        await transport.shutdown()
    }
}
