import COpenSSL

/// The digests and codes that the protocol signs with, by OpenSSL's libcrypto.
public enum Digest {
    /// The 32 upper-case hexadecimal digits that `Content-MD5` carries.
    public static func md5Hex(_ bytes: [UInt8]) -> String {
        unsafe hex(hash(bytes, EVP_md5()), digits: upperCaseDigits)
    }

    /// The 64 lower-case hexadecimal digits of SHA-256.
    public static func sha256Hex(_ bytes: [UInt8]) -> String { hex(sha256(bytes), digits: lowerCaseDigits) }

    /// The 32 bytes of SHA-256.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] { unsafe hash(bytes, EVP_sha256()) }

    /// The 20 bytes of HMAC-SHA1.
    public static func hmacSHA1(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] { unsafe hmac(key, bytes, EVP_sha1()) }

    /// The 32 bytes of HMAC-SHA256.
    public static func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] { unsafe hmac(key, bytes, EVP_sha256()) }

    /// Lower-case hexadecimal digits, two a byte.
    public static func hex(_ bytes: [UInt8]) -> String { hex(bytes, digits: lowerCaseDigits) }

    /// Whether two texts are equal, in a time that depends on their lengths alone.
    public static func isEqual(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static let upperCaseDigits = Array("0123456789ABCDEF".utf8)
    private static let lowerCaseDigits = Array("0123456789abcdef".utf8)

    private static func hex(_ bytes: [UInt8], digits: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0xF)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func hash(_ bytes: [UInt8], _ algorithm: OpaquePointer?) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { digest, count in
            var written: UInt32 = 0
            let status = unsafe bytes.withUnsafeBytes { source in
                unsafe EVP_Digest(source.baseAddress, source.count, digest.baseAddress, &written, algorithm, nil)
            }
            // It fails only without memory or when the library refuses the algorithm; no signature can be made then.
            precondition(status == 1, "EVP_Digest failed")
            count = Int(written)
        }
    }

    private static func hmac(_ key: [UInt8], _ bytes: [UInt8], _ algorithm: OpaquePointer?) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { code, count in
            var written: UInt32 = 0
            let result = unsafe key.withUnsafeBytes { key in
                unsafe bytes.withUnsafeBytes { source in
                    unsafe HMAC(
                        algorithm, key.baseAddress, Int32(key.count),
                        source.baseAddress?.assumingMemoryBound(to: UInt8.self), source.count, code.baseAddress,
                        &written)
                }
            }
            precondition(unsafe result != nil, "HMAC failed")
            count = Int(written)
        }
    }
}
