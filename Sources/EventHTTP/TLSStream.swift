internal import COpenSSL
import Glibc

/// The serving side of TLS on a connected socket. Loop thread only.
///
/// OpenSSL reaches the socket through a BIO of ours: it gives out first what was read from the socket before TLS began,
/// and its writes raise no SIGPIPE. The handshake is done by the first reads.
@safe final class TLSStream {
    let descriptor: Int32
    /// The host the client asked a tunnel to; used where it names none itself.
    let expectedHost: String?
    private let session: OpaquePointer
    private let context: TLSContext
    private var prefix: ArraySlice<UInt8>
    private var socketHasEnded = false

    /// - Parameter prefix: What was read already.
    init(_ context: TLSContext, descriptor: Int32, prefix: ArraySlice<UInt8> = [], expectedHost: String? = nil) {
        self.context = context
        self.descriptor = descriptor
        self.prefix = prefix
        self.expectedHost = expectedHost
        unsafe session = context.makeSession()
        guard let bio = unsafe BIO_new(Self.method) else { preconditionFailure("BIO_new failed: out of memory") }
        // Not retained: the session, and its BIO with it, is freed with its owner.
        let owner = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe BIO_set_data(bio, owner)
        unsafe BIO_set_init(bio, 1)
        unsafe SSL_set_ex_data(session, 0, owner)
        unsafe SSL_set_bio(session, bio, bio)
        unsafe SSL_set_accept_state(session)
    }

    deinit { unsafe SSL_free(session) }

    /// The stream whose session that is.
    static func of(_ session: OpaquePointer) -> TLSStream? {
        guard let owner = unsafe SSL_get_ex_data(session, 0) else { return nil }
        return unsafe Unmanaged<TLSStream>.fromOpaque(owner).takeUnretainedValue()
    }

    /// Whether the handshake is done.
    var isEstablished: Bool { unsafe SSL_is_init_finished(session) == 1 }

    /// Whether decrypted or unread bytes wait that the socket does not know of any more.
    var hasBufferedInput: Bool { unsafe SSL_has_pending(session) == 1 || !prefix.isEmpty }

    func read(into memory: UnsafeMutableRawBufferPointer) -> ReadOutcome {
        OpenSSLErrors.clear()
        let count = unsafe SSL_read(session, memory.baseAddress, Int32(clamping: memory.count))
        if count > 0 { return .bytes(Int(count)) }
        switch unsafe SSL_get_error(session, count) {
        case SSL_ERROR_WANT_READ: return .wouldBlock(untilWritable: false)
        case SSL_ERROR_WANT_WRITE: return .wouldBlock(untilWritable: true)
        case SSL_ERROR_ZERO_RETURN: return .endOfStream
        default: return .failed
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> WriteOutcome {
        OpenSSLErrors.clear()
        let count = unsafe SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count))
        if count > 0 { return .bytes(Int(count)) }
        switch unsafe SSL_get_error(session, count) {
        // Writing waits for the other side only in a handshake, and answers are written after it: renegotiation is off.
        case SSL_ERROR_WANT_READ: return .failed
        case SSL_ERROR_WANT_WRITE: return .wouldBlock
        default: return .failed
        }
    }

    /// Sends TLS's goodbye, if the socket takes it, and ends sending.
    func endSending() {
        OpenSSLErrors.clear()
        unsafe SSL_shutdown(session)
        shutdown(descriptor, Int32(SHUT_WR))
    }
}

// MARK: - BIO
extension TLSStream {
    // nonisolated(unsafe): written once, here, and never freed; OpenSSL only reads it.
    nonisolated(unsafe) private static let method: OpaquePointer = {
        let kind = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR
        guard let method = unsafe BIO_meth_new(kind, "connection") else {
            preconditionFailure("BIO_meth_new failed: out of memory")
        }
        unsafe BIO_meth_set_read(method) { bio, memory, count in
            guard let bio = unsafe bio, let memory = unsafe memory, let stream = unsafe TLSStream.owner(of: bio) else {
                return -1
            }
            unsafe copenssl_clear_retry_flags(bio)
            return unsafe stream.receive(UnsafeMutableRawBufferPointer(start: memory, count: Int(count)), bio)
        }
        unsafe BIO_meth_set_write(method) { bio, memory, count in
            guard let bio = unsafe bio, let memory = unsafe memory, let stream = unsafe TLSStream.owner(of: bio) else {
                return -1
            }
            unsafe copenssl_clear_retry_flags(bio)
            return unsafe stream.transmit(UnsafeRawBufferPointer(start: memory, count: Int(count)), bio)
        }
        unsafe BIO_meth_set_ctrl(method) { bio, command, _, _ in
            switch command {
            case BIO_CTRL_FLUSH: return 1
            case BIO_CTRL_EOF:
                guard let bio = unsafe bio, let stream = unsafe TLSStream.owner(of: bio) else { return 1 }
                return stream.socketHasEnded ? 1 : 0
            default: return 0
            }
        }
        return unsafe method
    }()

    private static func owner(of bio: OpaquePointer) -> TLSStream? {
        guard let owner = unsafe BIO_get_data(bio) else { return nil }
        return unsafe Unmanaged<TLSStream>.fromOpaque(owner).takeUnretainedValue()
    }

    private func receive(_ memory: UnsafeMutableRawBufferPointer, _ bio: OpaquePointer) -> Int32 {
        if !prefix.isEmpty {
            let count = min(prefix.count, memory.count)
            unsafe memory.copyBytes(from: prefix.prefix(count))
            prefix = count == prefix.count ? [] : prefix.dropFirst(count)
            return Int32(count)
        }
        switch unsafe ByteStream.plain(descriptor: descriptor).read(into: memory) {
        case .bytes(let count): return Int32(count)
        case .endOfStream:
            socketHasEnded = true
            return 0
        case .wouldBlock:
            unsafe copenssl_set_retry_read(bio)
            return -1
        case .failed: return -1
        }
    }

    private func transmit(_ bytes: UnsafeRawBufferPointer, _ bio: OpaquePointer) -> Int32 {
        switch unsafe ByteStream.plain(descriptor: descriptor).write(bytes, moreFollows: false) {
        case .bytes(let count): return Int32(count)
        case .wouldBlock:
            unsafe copenssl_set_retry_write(bio)
            return -1
        case .failed: return -1
        }
    }
}
