// @unchecked: made by the task that sends; from `TransferLoop.start` on the loop thread alone touches what varies.
/// One request on its way: what is left to send, what has arrived, and who waits for it.
final class Transfer: @unchecked Sendable {
    let request: HTTPRequest
    let deadline: ContinuousClock.Instant
    private let configuration: HTTPClient.Configuration
    private var continuation: CheckedContinuation<Result<HTTPResponse, CurlError>, Never>?

    /// Set when the cancel command came, which may be before the start command.
    var isCancelled = false
    /// The handle this transfer runs on; nil before its start and after its end.
    var handle: EasyHandle?

    private var sentByteCount = 0
    private var headers: [(name: String, value: String)] = []
    private var headerByteCount = 0
    private var body: [UInt8] = []
    /// Why a callback stopped the transfer; libcurl itself then only says that a callback failed.
    private var refusal: CurlError?

    init(_ request: HTTPRequest, _ configuration: HTTPClient.Configuration) {
        self.request = request
        self.configuration = configuration
        let end = ContinuousClock.now + request.timeout
        deadline = min(end, request.deadline ?? end)
    }

    /// Takes the one who waits; before the transfer is handed to the loop.
    func waits(_ continuation: CheckedContinuation<Result<HTTPResponse, CurlError>, Never>) {
        self.continuation = continuation
    }

    /// Gives the result to the one who waits. The only place that does, and the first call alone counts.
    func resume(with result: Result<HTTPResponse, CurlError>) {
        let waiting = continuation
        continuation = nil
        waiting?.resume(returning: result)
    }

    /// What the transfer that libcurl ended with `outcome` means.
    func result(status: Int, _ outcome: TransferOutcome) -> Result<HTTPResponse, CurlError> {
        if let refusal { return .failure(refusal) }
        guard outcome.isSuccess else { return .failure(CurlError(outcome)) }
        return .success(HTTPResponse(status: status, headers: headers, body: body))
    }

    // MARK: - libcurl's callbacks: a count other than the one handed over stops the transfer

    /// Takes one header line with its line end: of the answer, or of a 100-continue or proxy's answer before it.
    func received(headerLine line: UnsafeRawBufferPointer) -> Int {
        headerByteCount += line.count
        if headerByteCount > configuration.headerByteLimit {
            return refuse("the answer's head is over \(configuration.headerByteLimit) bytes")
        }
        if unsafe line.starts(with: "HTTP/".utf8) {
            headers.removeAll(keepingCapacity: true)
            return line.count
        }
        guard let colon = unsafe line.firstIndex(of: UInt8(ascii: ":")) else { return line.count }
        if headers.count == configuration.headerCountLimit {
            return refuse("the answer has over \(configuration.headerCountLimit) header lines")
        }
        unsafe headers.append((text(line[..<colon]), text(line[(colon + 1)...])))
        return line.count
    }

    /// Takes a piece of the answer's body.
    func received(body piece: UnsafeRawBufferPointer) -> Int {
        if piece.count > configuration.bodyByteLimit - body.count {
            return refuse("the answer's body is over \(configuration.bodyByteLimit) bytes")
        }
        if body.isEmpty, let announced = handle?.announcedByteCount {
            body.reserveCapacity(min(announced, configuration.bodyByteLimit))
        }
        unsafe body.append(contentsOf: piece)
        return piece.count
    }

    /// Hands out the next piece of the request's body.
    func give(body room: UnsafeMutableRawBufferPointer) -> Int {
        guard let bytes = request.body else { return 0 }
        let count = min(room.count, bytes.count - sentByteCount)
        guard count > 0 else { return 0 }
        unsafe bytes.withUnsafeBytes { source in
            unsafe room.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: source[sentByteCount..<sentByteCount + count]))
        }
        sentByteCount += count
        return count
    }

    private func refuse(_ message: String) -> Int {
        refusal = CurlError(kind: .tooLarge, message: message)
        return 0
    }

    private func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        guard let first = unsafe bytes.firstIndex(where: { !isBlank($0) }),
            let last = unsafe bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return unsafe String(decoding: bytes[first...last], as: UTF8.self)
    }
}
