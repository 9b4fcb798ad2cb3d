internal import COpenSSL

/// Sole owner of an OpenSSL context for the serving side. Loop thread only, once the server runs.
///
/// TLS 1.2 and 1.3; sessions are resumed by tickets, nothing is kept for them here.
@safe final class TLSContext {
    /// Where certificates come from.
    enum Source {
        /// A leaf for each host that is asked for; for clients that name none, one for these names and addresses.
        case authority(CertificateAuthority, names: [String], addresses: [String])
        case files(HTTPServer.CertificateFiles)
    }

    fileprivate let raw: OpaquePointer
    private let source: Source

    init(_ source: Source) throws(EventHTTPError) {
        guard let raw = unsafe SSL_CTX_new(TLS_server_method()) else {
            throw EventHTTPError(.library, "SSL_CTX_new failed: \(OpenSSLErrors.take())")
        }
        unsafe self.raw = raw
        self.source = source
        unsafe copenssl_set_min_proto_version(raw, TLS1_2_VERSION)
        // Many clients leave without TLS's own goodbye; a request cut short by that is noticed by its length.
        unsafe SSL_CTX_set_options(raw, copenssl_op_ignore_unexpected_eof | copenssl_op_no_renegotiation)
        unsafe copenssl_set_mode(
            raw,
            Int(SSL_MODE_ENABLE_PARTIAL_WRITE) | Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER)
                | Int(SSL_MODE_RELEASE_BUFFERS))
        unsafe copenssl_set_session_cache_mode(raw, Int(SSL_SESS_CACHE_OFF))
        let name = Array("eventhttp".utf8)
        unsafe SSL_CTX_set_session_id_context(raw, name, UInt32(name.count))
        switch source {
        case .files(let files): try load(files)
        case .authority:
            // Not retained: the context is freed with its owner.
            unsafe SSL_CTX_set_cert_cb(
                raw, { session, context in unsafe TLSContext.chooseCertificate(session, context) },
                Unmanaged.passUnretained(self).toOpaque())
        }
    }

    deinit { unsafe SSL_CTX_free(raw) }

    /// A new session; the caller owns it.
    func makeSession() -> OpaquePointer {
        guard let session = unsafe SSL_new(raw) else { preconditionFailure("SSL_new failed: \(OpenSSLErrors.take())") }
        return unsafe session
    }

    private func load(_ files: HTTPServer.CertificateFiles) throws(EventHTTPError) {
        OpenSSLErrors.clear()
        guard unsafe SSL_CTX_use_certificate_chain_file(raw, files.chain) == 1 else {
            throw EventHTTPError(.certificate, "cannot use the certificate \(files.chain): \(OpenSSLErrors.take())")
        }
        guard unsafe SSL_CTX_use_PrivateKey_file(raw, files.key, SSL_FILETYPE_PEM) == 1,
            unsafe SSL_CTX_check_private_key(raw) == 1
        else {
            throw EventHTTPError(
                .certificate, "cannot use the key \(files.key) with \(files.chain): \(OpenSSLErrors.take())")
        }
    }

    /// - Returns: 1, or 0 to end the handshake with an alert.
    private static func chooseCertificate(_ session: OpaquePointer?, _ context: UnsafeMutableRawPointer?) -> Int32 {
        guard let session = unsafe session, let context = unsafe context else { return 0 }
        let owner = unsafe Unmanaged<TLSContext>.fromOpaque(context).takeUnretainedValue()
        guard case .authority(let authority, let names, let addresses) = owner.source else { return 0 }
        let leaf: CertificateAuthority.Leaf?
        if let name = unsafe SSL_get_servername(session, TLSEXT_NAMETYPE_host_name) {
            leaf = unsafe authority.leaf(forHost: String(cString: name))
        } else if let host = unsafe TLSStream.of(session)?.expectedHost {
            leaf = authority.leaf(forHost: host)
        } else {
            leaf = authority.leaf(names: names, addresses: addresses)
        }
        guard let leaf else { return 0 }
        return unsafe SSL_use_cert_and_key(session, leaf.certificate.raw, leaf.key.raw, nil, 1)
    }
}
