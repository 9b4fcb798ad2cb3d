import SLSClient
import SLSProtocol
import Testing

@Suite struct CredentialsTests {
    @Test func `no way of printing credentials shows them`() async throws {
        let credentials = Credentials(accessKeyID: "the-id", accessKeySecret: "the-secret", securityToken: "the-token")
        var dumped = ""
        dump(credentials, to: &dumped)
        dump(try SLSClient.make(RecordingTransport(), token: "the-token", secret: "the-secret"), to: &dumped)
        for text in ["\(credentials)", credentials.debugDescription, "\(Optional(credentials) as Any)", dumped] {
            for secret in ["the-id", "the-secret", "the-token"] { #expect(!text.contains(secret)) }
        }
    }

    @Test func `keys and signatures in a server's message are taken out`() async throws {
        let message =
            "AccessKeyId not found: testAccessKeyId, Signature 2W9gKQsDSvxBUP++0TH+YgSMU+E= is not matched, token sts-1"
        for answer in [
            TransportResponse.refusal("SignatureNotMatch", 401, message: message),
            .make("<p>\(message)</p>", status: 502),
        ] {
            let client = try SLSClient.make(RecordingTransport(answer))
            let error = try #require(
                await failure { () async throws(ClientError) in
                    _ = try await client.getCursor(of: ShardID(0), in: LogstoreName.make(), from: .begin)
                })
            #expect(!"\(error)".contains("testAccessKeyId"))
            #expect(!"\(error)".contains("2W9gKQsDSvxBUP"))
            #expect("\(error)".contains("AccessKeyId not found: [redacted]"))
        }
    }
}
