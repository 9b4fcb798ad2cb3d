import SLSClient
import SLSProtocol
import Testing

@Suite struct ClientErrorTests {
    /// protocol.md 7.3, "Consequences", and 7.2 for the codes.
    private enum Meaning { case passing, quota, refusal, authorization }

    @Test(
        arguments: [
            (500, "InternalServerError", .passing), (500, "RequestTimeout", .passing), (503, "ServerBusy", .passing),
            (502, "NeverHeardOf", .passing), (408, "NeverHeardOf", .passing), (400, "RequestTimeExpired", .passing),
            (400, "RequestTimeTooSkewed", .passing), (400, "serverbusy", .passing),
            (403, "WriteQuotaExceed", .quota), (403, "ReadQuotaExceed", .quota), (403, "ShardWriteQuotaExceed", .quota),
            (403, "ShardReadQuotaExceed", .quota), (403, "MetaOperationQpsLimitExceeded", .quota),
            (403, "shardreadquotaexceed", .quota), (429, "NeverHeardOf", .quota), (400, "WriteQuotaExceed", .quota),
            (403, "ProjectForbidden", .authorization), (403, "NeverHeardOf", .authorization),
            (403, "ExceedQuota", .authorization), (401, "Unauthorized", .authorization),
            (401, "SignatureNotMatch", .authorization), (401, "SecurityTokenExpired", .authorization),
            (400, "ParameterInvalid", .refusal), (400, "PostBodyInvalid", .refusal), (400, "InvalidCursor", .refusal),
            (400, "ConsumerGroupQuotaExceed", .refusal), (400, "ProjectQuotaExceed", .refusal),
            (400, "InvalidSequenceId", .refusal), (404, "LogStoreNotExist", .refusal),
            (404, "ProjectNotExist", .refusal), (405, "InvalidMethod", .refusal),
            (411, "MissingContentLength", .refusal),
            (413, "PostBodyTooLarge", .refusal), (415, "InvalidContentType", .refusal), (409, "NeverHeardOf", .refusal),
        ] as [(Int, String, Meaning)]
    ) private func `a refusal is for good unless it passes by itself`(status: Int, code: String, meaning: Meaning) {
        let error = ClientError.api(APIError(.init(rawValue: code), "text", status: status), requestID: "R")
        #expect(error.isRetriable == (meaning == .passing || meaning == .quota))
        #expect(error.isRefusal == !error.isRetriable)
        #expect(error.isQuota == (meaning == .quota))
        #expect(error.isAuthorization == (meaning == .authorization))
        #expect(!error.isCancelled)
        #expect(error.code == code)
        #expect("\(error)".contains(code) && "\(error)".contains("(request R)"))
    }

    @Test(arguments: TransportFailure.Kind.allCases) func `what did not reach the service is tried again`(
        kind: TransportFailure.Kind
    ) {
        let error = ClientError.transport(TransportFailure(kind, "text"))
        #expect(error.isRetriable == ![.cancelled, .invalidRequest, .tooLarge].contains(kind))
        #expect(!error.isRefusal && !error.isQuota && !error.isAuthorization)
        #expect(error.isCancelled == (kind == .cancelled))
        #expect(error.isCertificateProblem == [.tlsUntrusted, .tlsExpired, .tlsWrongName, .caFile].contains(kind))
    }

    @Test(arguments: [200, 302, 404, 502]) func `an answer that is not the service's is tried again`(status: Int) {
        let error = ClientError.malformedResponse(reason: "r", status: status, excerpt: "<html>", requestID: nil)
        #expect(error.isRetriable && !error.isRefusal)
        #expect("\(error)" == "malformed answer with status \(status): r: \"<html>\"")
    }

    @Test(arguments: ["ConsumerNotExist", "ConsumerNotExsit", "consumernotexsit", "CONSUMERNOTEXIST"])
    func `codes are compared whatever their case and spelling`(code: String) {
        let error = ClientError.api(APIError(.init(rawValue: code), "text", status: 404), requestID: "R")
        #expect(error.means(.consumerNotExist))
        #expect(!error.means(.consumerNotMatch))
        #expect(ClientError.api(APIError("ShardNotExsit", "text"), requestID: "R").means(.shardNotExist))
    }
}
