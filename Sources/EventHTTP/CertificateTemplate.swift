internal import COpenSSL

/// What a new certificate says, before it is signed.
struct CertificateTemplate {
    /// Cut to the 64 characters X.520 allows.
    var commonName: String
    /// Seconds since 1970, UTC, inclusive.
    var notBefore: Int
    /// Seconds since 1970, UTC, inclusive.
    var notAfter: Int
    /// DNS names the certificate is for: letters, digits, `-`, `_`, `.` and `*` only.
    var names: [String] = []
    /// Numeric addresses the certificate is for.
    var addresses: [String] = []
    var isAuthority = false

    /// Makes the certificate.
    ///
    /// - Parameters:
    ///   - key: Whose public half it is about.
    ///   - issuer: Who signs it; nil for a certificate that signs itself.
    func signed(
        for key: PrivateKey, by issuer: (certificate: Certificate, key: PrivateKey)?
    ) throws(EventHTTPError) -> Certificate {
        guard let raw = unsafe X509_new() else { throw EventHTTPError(.library, "X509_new failed") }
        let certificate = unsafe Certificate(owning: raw)
        var serial: UInt64 = 0
        unsafe withUnsafeMutableBytes(of: &serial) { bytes in
            let status = unsafe RAND_bytes(bytes.baseAddress, Int32(bytes.count))
            precondition(status == 1, "RAND_bytes failed: \(OpenSSLErrors.take())")
        }
        let subject = unsafe X509_get_subject_name(raw)
        // Each call gives 1, or 0 with OpenSSL's error set. The serial number is positive and never 0.
        let isDone =
            unsafe X509_set_version(raw, 2) == 1
            && ASN1_INTEGER_set_uint64(X509_get_serialNumber(raw), serial >> 1 | 1) == 1
            && ASN1_TIME_set(X509_getm_notBefore(raw), notBefore) != nil
            && ASN1_TIME_set(X509_getm_notAfter(raw), notAfter) != nil
            && X509_NAME_add_entry_by_txt(
                subject, "CN", MBSTRING_UTF8, String(commonName.prefix(64)), -1, -1, 0) == 1
            && X509_set_issuer_name(raw, issuer.map { unsafe X509_get_subject_name($0.certificate.raw) } ?? subject)
                == 1
            && X509_set_pubkey(raw, key.raw) == 1
        guard isDone else { throw Self.failure }
        try addExtensions(to: certificate, issuer: issuer?.certificate ?? certificate)
        guard unsafe X509_sign(raw, (issuer?.key ?? key).raw, EVP_sha256()) > 0 else { throw Self.failure }
        return certificate
    }

    private func addExtensions(to certificate: Certificate, issuer: Certificate) throws(EventHTTPError) {
        var context = unsafe X509V3_CTX()
        unsafe X509V3_set_ctx(&context, issuer.raw, certificate.raw, nil, nil, 0)
        for (kind, value) in extensions {
            // The context outlives the call, which copies what it needs.
            guard let made = unsafe X509V3_EXT_conf_nid(nil, &context, kind, value) else { throw Self.failure }
            defer { unsafe X509_EXTENSION_free(made) }
            guard unsafe X509_add_ext(certificate.raw, made, -1) == 1 else { throw Self.failure }
        }
    }

    /// In an order that lets the authority key identifier of a self-signed certificate find the subject's.
    private var extensions: [(Int32, String)] {
        if isAuthority {
            return [
                (NID_basic_constraints, "critical,CA:TRUE"),
                (NID_key_usage, "critical,keyCertSign,cRLSign"),
                (NID_subject_key_identifier, "hash"),
                (NID_authority_key_identifier, "keyid:always"),
            ]
        }
        let subjects = names.map { "DNS:\($0)" } + addresses.map { "IP:\($0)" }
        return [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth"),
            (NID_subject_key_identifier, "hash"),
            (NID_authority_key_identifier, "keyid:always"),
            (NID_subject_alt_name, subjects.joined(separator: ",")),
        ]
    }

    private static var failure: EventHTTPError {
        EventHTTPError(.library, "cannot make a certificate: \(OpenSSLErrors.take())")
    }
}
