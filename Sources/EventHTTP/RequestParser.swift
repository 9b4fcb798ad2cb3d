internal import CHTTPParser

/// Cuts a connection's bytes into requests. Loop thread only.
///
/// http-parser reads heads and chunks. A body of known length never passes through it: `receiveBody` lets it be read
/// from the socket straight into the array that the request will carry.
@safe final class RequestParser {
    /// What the next byte belongs to.
    enum Phase: Equatable {
        case head
        case fixedBody(remaining: Int)
        case chunkedBody
        /// The request is whole: `takeRequest` is due before more is consumed.
        case complete
        /// A `CONNECT` head was read; the next byte is the tunnel's.
        case tunnel
        case failed(HTTPViolation)
    }

    private(set) var phase = Phase.head
    /// Whether a byte of the current request was seen, line ends before it not counted.
    private(set) var hasBegun = false
    /// Whether the client means to send another request on this connection. Valid once the head is read.
    private(set) var keepsAlive = false
    /// Whether the client speaks HTTP/1.0. Valid once the head is read.
    private(set) var isVersion10 = false
    private var expectsContinue = false
    /// Of the current request, or of the last until the next begins; empty before the head is read.
    private(set) var method = ""
    private(set) var target = ""

    private let raw: UnsafeMutablePointer<http_parser>
    private let headByteLimit: Int
    private let bodyByteLimit: Int
    private var head: [UInt8] = []
    private var targetStart = 0
    private var targetEnd = 0
    private var fields: [HTTPHeaders.Field] = []
    private var headers = HTTPHeaders()
    private var body: [UInt8] = []
    /// The address of the bytes http-parser is looking at; callbacks turn its pointers into offsets in the head.
    private var inputAddress: UnsafePointer<CChar>?

    /// - Parameters:
    ///   - headByteLimit: http-parser's own limit of 80 KiB holds as well.
    ///   - bodyByteLimit: For announced lengths and for the sum of chunks.
    init(headByteLimit: Int, bodyByteLimit: Int) {
        self.headByteLimit = headByteLimit
        self.bodyByteLimit = bodyByteLimit
        unsafe raw = .allocate(capacity: 1)
        unsafe raw.initialize(to: http_parser())
        startParser()
    }

    deinit { unsafe raw.deallocate() }

    /// Takes bytes until they are used up or the phase is `complete`, `tunnel` or `failed`.
    ///
    /// - Returns: How many were taken; the rest belongs to whatever comes after this request.
    func consume(_ input: UnsafeRawBufferPointer) -> Int {
        var taken = 0
        while taken < input.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: input[taken...])
            switch phase {
            case .head: unsafe taken += consumeHead(rest)
            case .fixedBody(let remaining):
                let count = min(remaining, input.count - taken)
                unsafe body.append(contentsOf: rest[..<count])
                advanceBody(by: count, of: remaining)
                taken += count
            case .chunkedBody: unsafe taken += consumeChunks(rest)
            case .complete, .tunnel, .failed: return taken
            }
        }
        return taken
    }

    /// Lets the body of known length be read straight into place.
    ///
    /// - Parameter read: Fills the beginning of the given memory, at most as long as what is missing, and returns how
    ///   many bytes it wrote; 0 or less for none.
    /// - Returns: What `read` returned.
    func receiveBody(_ read: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
        guard case .fixedBody(let remaining) = phase else { preconditionFailure("no body is due in \(phase)") }
        // A body beyond the first reservation grows by doubling: an announcement alone takes no memory.
        let free = body.capacity - body.count
        let room = min(remaining, free > 0 ? free : max(body.count, 1))
        var result = 0
        body.append(addingCapacity: room) { span in
            unsafe span.withUnsafeMutableBufferPointer { memory, count in
                result = unsafe read(UnsafeMutableRawBufferPointer(memory))
                count = max(result, 0)
            }
        }
        advanceBody(by: max(result, 0), of: remaining)
        return result
    }

    /// Hands out the whole request and starts on the next.
    func takeRequest(peerAddress: String, localAddress: String, isSecure: Bool) -> HTTPRequest {
        precondition(phase == .complete, "no request is complete in \(phase)")
        let request = HTTPRequest(
            method: method, target: target, headers: headers, body: body, peerAddress: peerAddress,
            localAddress: localAddress, isSecure: isSecure)
        startAfresh()
        return request
    }

    /// Whether the client waits for `100 Continue` before it sends the body; true once per request at most.
    func takeExpectation() -> Bool {
        defer { expectsContinue = false }
        return expectsContinue
    }

    /// Forgets the current request and starts on the next.
    func startAfresh() {
        phase = .head
        hasBegun = false
        head = []
        fields = []
        headers = HTTPHeaders()
        body = []
        targetStart = 0
        targetEnd = 0
        startParser()
    }

    private func startParser() {
        unsafe http_parser_init(raw, HTTP_REQUEST)
        unsafe chttpparser_allow_chunked_length(raw)
        // Not retained: the parser is freed with its owner and calls back only inside `execute`.
        unsafe raw.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    private func advanceBody(by count: Int, of remaining: Int) {
        phase = count == remaining ? .complete : .fixedBody(remaining: remaining - count)
    }
}

// MARK: - Heads and chunks
extension RequestParser {
    private func consumeHead(_ input: UnsafeRawBufferPointer) -> Int {
        let count = unsafe execute(input)
        let isWhole = unsafe chttpparser_errno(raw) == HPE_PAUSED.rawValue
        // The parser was paused in front of the head's last line end.
        let taken = isWhole ? count + 1 : count
        unsafe head.append(contentsOf: input[..<taken])
        if head.count > headByteLimit {
            fail(.headTooLarge(limit: headByteLimit))
        } else if isWhole {
            unsafe http_parser_pause(raw, 0)
            finishHead()
            // For chunks the parser goes on itself, and wants to see that line end.
            if phase == .chunkedBody { _ = unsafe execute(UnsafeRawBufferPointer(rebasing: input[count..<taken])) }
        } else {
            failIfParserDid()
        }
        return taken
    }

    private func consumeChunks(_ input: UnsafeRawBufferPointer) -> Int {
        let taken = unsafe execute(input)
        if unsafe chttpparser_errno(raw) != HPE_PAUSED.rawValue { failIfParserDid() }
        return taken
    }

    private func execute(_ input: UnsafeRawBufferPointer) -> Int {
        let text = unsafe input.assumingMemoryBound(to: CChar.self)
        unsafe inputAddress = text.baseAddress
        defer { unsafe inputAddress = nil }
        return unsafe http_parser_execute(raw, Self.callbacks, text.baseAddress, text.count)
    }

    private func fail(_ violation: HTTPViolation) {
        // The first violation is the cause of later ones.
        if case .failed = phase { return }
        phase = .failed(violation)
    }

    private func failIfParserDid() {
        let code = unsafe chttpparser_errno(raw)
        guard code != HPE_OK.rawValue else { return }
        if code == HPE_HEADER_OVERFLOW.rawValue { return fail(.headTooLarge(limit: headByteLimit)) }
        if code == HPE_INVALID_TRANSFER_ENCODING.rawValue { return fail(.unsupportedTransferCoding) }
        fail(.malformed(reason: unsafe String(cString: http_errno_description(http_errno(rawValue: code)))))
    }

    /// Decides from the whole head what follows it.
    private func finishHead() {
        unsafe method = String(cString: http_method_str(http_method(rawValue: chttpparser_method(raw))))
        target = String(decoding: head[targetStart..<targetEnd], as: UTF8.self)
        keepsAlive = unsafe http_should_keep_alive(raw) != 0
        let version = unsafe (raw.pointee.http_major, raw.pointee.http_minor)
        isVersion10 = version == (1, 0)
        guard version.0 == 1 else { return fail(.malformed(reason: "only HTTP/1.0 and HTTP/1.1 are understood")) }
        for index in fields.indices {
            // http-parser takes blanks in and after a name, which other readers of the same bytes take otherwise.
            let name = head[fields[index].nameStart..<fields[index].nameEnd]
            if name.contains(0x20) { return fail(.malformed(reason: "blank in a header's name")) }
            while fields[index].valueEnd > fields[index].valueStart
                && (head[fields[index].valueEnd - 1] == 0x20 || head[fields[index].valueEnd - 1] == 0x09)
            { fields[index].valueEnd -= 1 }
        }
        headers = HTTPHeaders(bytes: head, fields: fields)
        head = []
        fields = []
        expectsContinue = !isVersion10 && headers.mentions("100-continue", in: "Expect")
        phase = phaseAfterHead()
    }

    private func phaseAfterHead() -> Phase {
        if method == "CONNECT" { return .tunnel }
        if unsafe chttpparser_has_transfer_encoding(raw) != 0 {
            // Beside chunks a Content-Length means nothing: the C++ SDK sends both on every POST.
            let codings = headers.all("Transfer-Encoding")
            let isChunked = unsafe chttpparser_is_chunked(raw) != 0
            guard isChunked, codings.count == 1, codings[0].utf8.count == "chunked".utf8.count else {
                return .failed(.unsupportedTransferCoding)
            }
            return .chunkedBody
        }
        let length = unsafe raw.pointee.content_length
        if length == 0 || length == UInt64.max { return .complete }
        guard length <= UInt64(bodyByteLimit) else { return .failed(.bodyTooLarge(limit: bodyByteLimit)) }
        body.reserveCapacity(min(Int(length), Self.reservationLimit))
        return .fixedBody(remaining: Int(length))
    }

    /// What is set aside at once for an announced body, in bytes.
    private static let reservationLimit = 16 << 20
}

// MARK: - Callbacks
extension RequestParser {
    // nonisolated(unsafe): written once, here, and never freed; http-parser only reads it.
    nonisolated(unsafe) private static let callbacks: UnsafePointer<http_parser_settings> = {
        let settings = UnsafeMutablePointer<http_parser_settings>.allocate(capacity: 1)
        unsafe settings.initialize(to: http_parser_settings())
        unsafe settings.pointee.on_message_begin = { unsafe RequestParser.of($0)?.begin() ?? 0 }
        unsafe settings.pointee.on_url = { unsafe RequestParser.of($0)?.extendTarget($1, $2) ?? 0 }
        unsafe settings.pointee.on_header_field = { unsafe RequestParser.of($0)?.extendName($1, $2) ?? 0 }
        unsafe settings.pointee.on_header_value = { unsafe RequestParser.of($0)?.extendValue($1, $2) ?? 0 }
        unsafe settings.pointee.on_headers_complete = { unsafe RequestParser.pause($0) }
        unsafe settings.pointee.on_chunk_header = { unsafe RequestParser.of($0)?.beginChunk() ?? 0 }
        unsafe settings.pointee.on_body = { unsafe RequestParser.of($0)?.appendChunk($1, $2) ?? 0 }
        unsafe settings.pointee.on_message_complete = { raw in
            unsafe RequestParser.of(raw)?.finishChunks()
            return unsafe RequestParser.pause(raw)
        }
        return unsafe UnsafePointer(settings)
    }()

    private static func of(_ raw: UnsafeMutablePointer<http_parser>?) -> RequestParser? {
        guard let context = unsafe raw?.pointee.data else { return nil }
        return unsafe Unmanaged<RequestParser>.fromOpaque(context).takeUnretainedValue()
    }

    private static func pause(_ raw: UnsafeMutablePointer<http_parser>?) -> Int32 {
        unsafe http_parser_pause(raw, 1)
        return 0
    }

    private func begin() -> Int32 {
        method = ""
        hasBegun = true
        return 0
    }

    /// Where a pointer of http-parser's lies in the head.
    private func offset(_ piece: UnsafePointer<CChar>?) -> Int {
        guard let piece = unsafe piece, let start = unsafe inputAddress else { return head.count }
        return unsafe head.count + (piece - start)
    }

    private func extendTarget(_ piece: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
        let start = unsafe offset(piece)
        if targetEnd == 0 { targetStart = start }
        targetEnd = start + count
        return 0
    }

    private func extendName(_ piece: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
        // Trailers of a chunked body are read and dropped.
        guard phase == .head else { return 0 }
        let start = unsafe offset(piece)
        let end = start + count
        // A piece that begins where a name without a value ends is that name's rest, cut off by the end of a read.
        if let last = fields.indices.last, fields[last].nameEnd == start, fields[last].valueStart < 0 {
            fields[last].nameEnd = end
        } else {
            fields.append(HTTPHeaders.Field(nameStart: start, nameEnd: end, valueStart: -1, valueEnd: -1))
        }
        return 0
    }

    private func extendValue(_ piece: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
        guard phase == .head, let last = fields.indices.last else { return 0 }
        let start = unsafe offset(piece)
        if fields[last].valueStart < 0 { fields[last].valueStart = start }
        fields[last].valueEnd = start + count
        return 0
    }

    /// - Returns: 0, or 1 to stop: a chunk's announced length is held against the limit before its bytes come.
    private func beginChunk() -> Int32 {
        guard unsafe raw.pointee.content_length <= UInt64(bodyByteLimit - body.count) else {
            fail(.bodyTooLarge(limit: bodyByteLimit))
            return 1
        }
        return 0
    }

    private func appendChunk(_ piece: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
        unsafe body.append(contentsOf: UnsafeRawBufferPointer(start: piece, count: count))
        return 0
    }

    private func finishChunks() { if phase == .chunkedBody { phase = .complete } }
}
