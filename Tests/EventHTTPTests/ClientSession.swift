internal import COpenSSL
import Glibc

/// The client side of TLS on a connected, blocking socket; verifies strictly.
@safe final class ClientSession {
    private let context: OpaquePointer
    private let session: OpaquePointer

    enum Version {
        case tls11
        case tls12
        case tls13
    }

    init(authorityFile: String, serverName: String?, host: String, newest: Version) throws {
        ERR_clear_error()
        guard let context = unsafe SSL_CTX_new(TLS_client_method()), let session = unsafe SSL_new(context) else {
            throw RawClient.Failure(description: "SSL_new failed")
        }
        unsafe self.context = context
        unsafe self.session = session
        unsafe SSL_CTX_load_verify_file(context, authorityFile)
        unsafe SSL_set_verify(session, SSL_VERIFY_PEER, nil)
        unsafe X509_VERIFY_PARAM_set_flags(SSL_get0_param(session), UInt(X509_V_FLAG_X509_STRICT))
        let number = newest == .tls11 ? TLS1_1_VERSION : newest == .tls12 ? TLS1_2_VERSION : TLS1_3_VERSION
        unsafe SSL_ctrl(session, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(number), nil)
        // TLS 1.1 is offered on OpenSSL's lowest security level only.
        if newest == .tls11 { unsafe SSL_set_security_level(session, 0) }
        if let serverName { unsafe copenssl_set_server_name(session, serverName) }
        // OpenSSL takes a numeric address for one.
        unsafe SSL_set1_host(session, host)
    }

    /// The first bytes of the handshake, which `connect` then continues.
    func hello() -> [UInt8] {
        let (input, output) = unsafe (BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))
        unsafe SSL_set_bio(session, input, output)
        unsafe SSL_connect(session)
        var data: UnsafeMutablePointer<CChar>?
        guard let output = unsafe output else { return [] }
        let count = unsafe copenssl_bio_memory(output, &data)
        return unsafe Array(UnsafeRawBufferPointer(start: data, count: count))
    }

    /// Does the handshake on a socket.
    ///
    /// - Throws: `Failure` with OpenSSL's reason, that of the verification first.
    func connect(_ descriptor: Int32) throws {
        unsafe SSL_set_fd(session, descriptor)
        guard unsafe SSL_connect(session) == 1 else {
            let reason = unsafe SSL_get_verify_result(session)
            if reason != X509_V_OK {
                throw unsafe RawClient.Failure(description: String(cString: X509_verify_cert_error_string(reason)))
            }
            throw RawClient.Failure(description: Self.reason())
        }
    }

    deinit {
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
    }

    var version: String { unsafe String(cString: SSL_get_version(session)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { memory in
                unsafe SSL_write(session, memory.baseAddress?.advanced(by: sent), Int32(memory.count - sent))
            }
            guard count > 0 else { throw RawClient.Failure(description: "SSL_write: \(Self.reason())") }
            sent += Int(count)
        }
    }

    /// - Returns: 0 at the end of the stream, which the server must have announced.
    func receive(_ buffer: inout [UInt8]) throws -> Int {
        ERR_clear_error()
        let count = unsafe SSL_read(session, &buffer, Int32(buffer.count))
        if count > 0 { return Int(count) }
        guard unsafe SSL_get_error(session, count) == SSL_ERROR_ZERO_RETURN else {
            throw RawClient.Failure(description: "SSL_read: \(Self.reason())")
        }
        return 0
    }

    private static func reason() -> String {
        guard let text = unsafe ERR_reason_error_string(ERR_get_error()) else { return "errno \(errno)" }
        return unsafe String(cString: text)
    }
}
