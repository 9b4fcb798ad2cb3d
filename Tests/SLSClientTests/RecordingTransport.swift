import SLSClient
import SLSProtocol
import System

/// Keeps what is sent and answers from a list, the last answer for ever.
final class RecordingTransport: Transport {
    private let sent = Lock<[TransportRequest]>([])
    private let answers: [TransportResponse]

    init(_ answers: TransportResponse...) { self.answers = answers }

    var requests: [TransportRequest] { sent.withLock { $0 } }

    func send(_ request: TransportRequest) async throws(ClientError) -> TransportResponse {
        let index = sent.withLock { sent in
            sent.append(request)
            return sent.count - 1
        }
        guard index < answers.count || !answers.isEmpty else {
            throw .transport(TransportFailure(.couldNotConnect, "the test has no answer"))
        }
        return answers[min(index, answers.count - 1)]
    }
}

extension TransportResponse {
    /// An answer of the service, with a request id unless `headers` says otherwise.
    static func make(
        _ body: String = "", status: Int = 200, headers: [(String, String)] = [("x-log-requestid", "REQ1")]
    ) -> TransportResponse {
        TransportResponse(
            status: status, headers: headers.map { (name: $0.0, value: $0.1) }, body: Array(body.utf8))
    }

    static func refusal(_ code: String, _ status: Int, message: String = "no", headers: [(String, String)] = []) -> Self
    {
        make(
            #"{"errorCode":"\#(code)","errorMessage":"\#(message)"}"#, status: status,
            headers: [("x-log-requestid", "REQ1")] + headers)
    }
}

extension SLSClient {
    /// The client of the vectors in protocol.md 2.6: its names, key and frozen time.
    static func make(
        _ transport: any Transport, endpoint: String = "cn-hangzhou.log.aliyuncs.com", token: String? = nil,
        secret: String = "testAccessKeySecret",
        wallClock: @escaping @Sendable () -> Timestamp = { Timestamp(seconds: 1_709_618_828) }
    ) throws -> SLSClient {
        SLSClient(
            endpoint: try Endpoint(parsing: endpoint), project: try ProjectName("demo-project"),
            credentials: Credentials(
                accessKeyID: "testAccessKeyId", accessKeySecret: secret, securityToken: token),
            transport: transport, wallClock: wallClock)
    }
}

/// What a call ends with; nil if it succeeds.
func failure(_ call: () async throws(ClientError) -> Void) async -> ClientError? {
    do throws(ClientError) {
        try await call()
        return nil
    } catch { return error }
}

/// Bytes from hexadecimal digits.
func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
}
