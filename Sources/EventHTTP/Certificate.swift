internal import COpenSSL

/// Shared owner of an X.509 certificate.
// @unchecked Sendable: OpenSSL counts its references, and what is held here never changes.
@safe final class Certificate: @unchecked Sendable {
    let raw: OpaquePointer

    /// Takes over one reference.
    init(owning raw: OpaquePointer) { unsafe self.raw = raw }

    /// Reads the first certificate of a PEM text.
    ///
    /// - Parameter file: Named by the error.
    init(pem: [UInt8], file: String) throws(EventHTTPError) {
        let raw = unsafe PEM.read(pem) { bio in unsafe copenssl_read_certificate(bio) }
        guard let raw = unsafe raw else {
            throw EventHTTPError(.certificate, "\(file) holds no certificate: \(OpenSSLErrors.take())")
        }
        unsafe self.raw = raw
    }

    deinit { unsafe X509_free(raw) }

    /// The certificate as PEM text.
    var pem: [UInt8] { unsafe PEM.write { bio in unsafe PEM_write_bio_X509(bio, raw) } }

    /// Whether the certificate is about that key.
    func matches(_ key: PrivateKey) -> Bool {
        defer { OpenSSLErrors.clear() }
        return unsafe X509_check_private_key(raw, key.raw) == 1
    }

    /// Whether it may sign others.
    var isAuthority: Bool { unsafe X509_check_ca(raw) == 1 }

    /// Whether that moment lies in its validity.
    ///
    /// - Parameter seconds: Since 1970, UTC.
    func isValid(at seconds: Int) -> Bool {
        var time = time_t(seconds)
        return unsafe X509_cmp_time(X509_get0_notBefore(raw), &time) < 0
            && X509_cmp_time(X509_get0_notAfter(raw), &time) > 0
    }
}

/// Shared owner of a private key.
// @unchecked Sendable: OpenSSL counts its references, and signing does not change a key.
@safe final class PrivateKey: @unchecked Sendable {
    let raw: OpaquePointer

    /// Makes a key on the curve P-256.
    init() throws(EventHTTPError) {
        guard let raw = unsafe copenssl_generate_p256_key() else {
            throw EventHTTPError(.library, "cannot make a P-256 key: \(OpenSSLErrors.take())")
        }
        unsafe self.raw = raw
    }

    /// Reads the first private key of a PEM text.
    ///
    /// - Parameter file: Named by the error.
    init(pem: [UInt8], file: String) throws(EventHTTPError) {
        let raw = unsafe PEM.read(pem) { bio in unsafe copenssl_read_private_key(bio) }
        guard let raw = unsafe raw else {
            throw EventHTTPError(.certificate, "\(file) holds no private key: \(OpenSSLErrors.take())")
        }
        unsafe self.raw = raw
    }

    deinit { unsafe EVP_PKEY_free(raw) }

    /// The key as PEM text (PKCS #8), not encrypted.
    var pem: [UInt8] { unsafe PEM.write { bio in unsafe copenssl_write_private_key(bio, raw) } }
}

/// PEM texts in memory.
private enum PEM {
    /// - Parameter read: Gives what it read, or nil with OpenSSL's error set.
    static func read(_ pem: [UInt8], _ read: (OpaquePointer) -> OpaquePointer?) -> OpaquePointer? {
        unsafe pem.withUnsafeBytes { bytes in
            guard let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
            defer { unsafe BIO_free(bio) }
            return unsafe read(bio)
        }
    }

    /// - Parameter write: Returns 1 when it has written.
    static func write(_ write: (OpaquePointer) -> Int32) -> [UInt8] {
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { preconditionFailure("BIO_new failed: out of memory") }
        defer { unsafe BIO_free(bio) }
        let status = unsafe write(bio)
        precondition(status == 1, "OpenSSL cannot write PEM: \(OpenSSLErrors.take())")
        var data: UnsafeMutablePointer<CChar>?
        let count = unsafe copenssl_bio_memory(bio, &data)
        return unsafe Array(UnsafeRawBufferPointer(start: data, count: count))
    }
}

/// OpenSSL's queue of errors of the calling thread.
enum OpenSSLErrors {
    /// The text of the first error; empties the queue.
    static func take() -> String {
        let code = ERR_get_error()
        defer { clear() }
        guard code != 0 else { return "no reason given" }
        if let reason = unsafe ERR_reason_error_string(code) { return unsafe String(cString: reason) }
        return "OpenSSL error \(code)"
    }

    static func clear() { ERR_clear_error() }
}
