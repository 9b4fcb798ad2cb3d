import Glibc

/// What came of an attempt to read.
enum ReadOutcome: Equatable {
    /// That many bytes, at least one.
    case bytes(Int)
    /// The other side will send nothing more.
    case endOfStream
    /// Nothing until the socket is readable (or, in the midst of a TLS handshake, writable) again.
    case wouldBlock(untilWritable: Bool)
    /// The connection is broken.
    case failed
}

/// What came of an attempt to write.
enum WriteOutcome: Equatable {
    /// That many bytes went, at least one.
    case bytes(Int)
    /// Nothing until the socket is writable (or, in the midst of a TLS handshake, readable) again.
    case wouldBlock
    /// The connection is broken.
    case failed
}

/// The bytes of a connection: the socket's own, or those inside TLS. Loop thread only.
enum ByteStream {
    case plain(descriptor: Int32)
    case secure(TLSStream)

    /// Reads what is there into the beginning of `memory`, which is not empty.
    func read(into memory: UnsafeMutableRawBufferPointer) -> ReadOutcome {
        switch self {
        case .plain(let descriptor):
            while true {
                let count = unsafe recv(descriptor, memory.baseAddress, memory.count, 0)
                if count > 0 { return .bytes(count) }
                if count == 0 { return .endOfStream }
                if errno == EINTR { continue }
                return errno == EAGAIN ? .wouldBlock(untilWritable: false) : .failed
            }
        case .secure(let session): return unsafe session.read(into: memory)
        }
    }

    /// Writes the beginning of `bytes`, which are not empty.
    ///
    /// - Parameter moreFollows: Whether a further write follows at once.
    func write(_ bytes: UnsafeRawBufferPointer, moreFollows: Bool) -> WriteOutcome {
        switch self {
        case .plain(let descriptor):
            // Without MSG_NOSIGNAL a client that has left would kill the program.
            let flags = Int32(moreFollows ? Int(MSG_NOSIGNAL) | Int(MSG_MORE) : Int(MSG_NOSIGNAL))
            while true {
                let count = unsafe send(descriptor, bytes.baseAddress, bytes.count, flags)
                if count >= 0 { return .bytes(count) }
                if errno == EINTR { continue }
                return errno == EAGAIN ? .wouldBlock : .failed
            }
        case .secure(let session): return unsafe session.write(bytes)
        }
    }

    var isSecure: Bool {
        switch self {
        case .plain: false
        case .secure: true
        }
    }

    /// Whether a TLS handshake, if there is one, is done.
    var isEstablished: Bool {
        switch self {
        case .plain: true
        case .secure(let session): session.isEstablished
        }
    }

    /// Whether bytes wait that the socket does not know of any more.
    var hasBufferedInput: Bool {
        switch self {
        case .plain: false
        case .secure(let session): session.hasBufferedInput
        }
    }

    /// Whether a read that left memory unused has emptied the socket.
    var shortReadMeansEmpty: Bool {
        switch self {
        case .plain: true
        case .secure: false
        }
    }

    /// Tells the other side that nothing more will be sent.
    func endSending() {
        switch self {
        case .plain(let descriptor): _ = shutdown(descriptor, Int32(SHUT_WR))
        case .secure(let session): session.endSending()
        }
    }
}
