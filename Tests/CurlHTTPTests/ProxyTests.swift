import CurlHTTP
import Glibc
import Testing

/// The variables belong to a process, so each test runs in one of its own, with a server of its own as the proxy.
@Suite(.timeLimit(.minutes(1))) struct ProxyTests {
    @Test func `a plain request goes through http_proxy`() async {
        await #expect(processExitsWith: .success) {
            let (client, server) = try await proxied("http_proxy")
            let answer = try await client.send(HTTPRequest(url: "http://demo.example.invalid/logstores?a=b"))
            #expect(answer.body == Array("proxied http://demo.example.invalid/logstores?a=b".utf8))
            withExtendedLifetime(server) {}
        }
    }

    @Test func `a TLS request asks https_proxy for a tunnel, and its refusal is told`() async {
        await #expect(processExitsWith: .success) {
            let (client, server) = try await proxied("https_proxy")
            let error = await failure(client, HTTPRequest(url: "https://demo.example.invalid/"))
            #expect(error?.kind == .proxyRefused)
            let count = try await client.send(HTTPRequest(url: server.url("/count/x")))
            #expect(count.status == 200)
        }
    }

    @Test func `hosts in no_proxy are asked directly`() async {
        await #expect(processExitsWith: .success) {
            let (client, server) = try await proxied("http_proxy")
            unsafe setenv("no_proxy", "127.0.0.1", 1)
            #expect(
                try await client.send(HTTPRequest(url: server.url("/echo"), timeout: .seconds(20)))["X-Host"] != nil)
            let request = HTTPRequest(url: "http://demo.127.0.0.1:1/echo", connectTo: "127.0.0.1:\(server.port)")
            #expect(try await client.send(request)["X-Host"] == "demo.127.0.0.1:1")
        }
    }
}

private func proxied(_ variable: String) async throws -> (HTTPClient, OutsideServer) {
    let server = try await OutsideServer()
    for name in ["no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"] { unsafe unsetenv(name) }
    unsafe setenv(variable, "http://127.0.0.1:\(server.port)", 1)
    return (try HTTPClient(), server)
}
