internal import CCurl

/// What an easy handle knows about its transfer once it is over.
struct TransferOutcome {
    var code: CURLcode
    /// libcurl's error buffer; empty if it wrote nothing.
    var text = ""
    /// OpenSSL's `X509_V_…` of the server's certificate; 0 if it never came to that.
    var verifyResult = 0
    /// Status of the proxy's answer to `CONNECT`; 0 without one.
    var connectStatus = 0

    var isSuccess: Bool { code == CURLE_OK }
}

/// OpenSSL's results of a certificate check that are told apart (x509_vfy.h).
private enum Verification {
    static let ok = 0
    /// What libcurl presets; it stays when OpenSSL was content and libcurl was not.
    static let unspecified = 1
    static let notYetValid = 9
    static let expired = 10
    static let hostNameMismatch = 62
    static let addressMismatch = 64
}

extension CurlError {
    /// Tells the kind of a failure from libcurl's code and what stands around it.
    init(_ outcome: TransferOutcome) {
        let standard = unsafe String(cString: curl_easy_strerror(outcome.code))
        self.init(
            kind: Self.kind(of: outcome), code: Int(outcome.code.rawValue),
            message: outcome.text.isEmpty ? standard : outcome.text)
    }

    private static func kind(of outcome: TransferOutcome) -> Kind {
        if outcome.connectStatus >= 300 { return .proxyRefused }
        switch outcome.code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .couldNotResolve
        case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: return .couldNotConnect
        case CURLE_PROXY: return .proxyRefused
        case CURLE_OPERATION_TIMEDOUT: return .timeout
        case CURLE_PEER_FAILED_VERIFICATION: return certificateKind(outcome.verifyResult)
        case CURLE_SSL_CACERT_BADFILE: return .caFile
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED,
            CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_USE_SSL_FAILED:
            return .tlsOther
        // SEND_FAIL_REWIND: a reused connection died before the answer, and libcurl was kept from posting again.
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND:
            return .connectionLost
        case CURLE_FILESIZE_EXCEEDED: return .tooLarge
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: return .invalidRequest
        case CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_BAD_CONTENT_ENCODING: return .malformedResponse
        default: return .other
        }
    }

    private static func certificateKind(_ result: Int) -> Kind {
        switch result {
        case Verification.expired, Verification.notYetValid: .tlsExpired
        // libcurl compares the name itself, after OpenSSL was content.
        case Verification.ok, Verification.unspecified, Verification.hostNameMismatch, Verification.addressMismatch:
            .tlsWrongName
        default: .tlsUntrusted
        }
    }
}
