internal import System

/// An HTTP/1.1 client: connections are kept and used again, certificates are always checked, proxies are taken from
/// `http_proxy`, `https_proxy` and `no_proxy`.
///
/// A request is sent at most once. Where a connection turns out to be dead before the answer, the call fails with
/// `.connectionLost`; a `GET` or `HEAD` alone is sent again by libcurl, once.
///
/// One thread of the client's own runs all its requests. Requests that must not wait behind others need a client of
/// their own. `shutdown` ends the thread; letting go of the last reference does too, without waiting for it.
public final class HTTPClient: Sendable {
    private let configuration: Configuration
    private let loop: TransferLoop

    /// Starts the client's thread; nothing is connected yet, and the CA file is not read before the first use of TLS.
    ///
    /// - Throws: `.other` when the system has no memory or no thread left.
    public init(_ configuration: Configuration = Configuration()) throws(CurlError) {
        self.configuration = configuration
        let loop = try TransferLoop(configuration)
        self.loop = loop
        do throws(SystemError) {
            _ = try Thread.start(name: configuration.threadName) { loop.run() }
        } catch {
            throw CurlError(kind: .other, message: "\(error)")
        }
    }

    deinit { loop.close() }

    /// Connections opened since the start, attempts that failed included.
    public var connectionCount: Int { loop.connectionCount }

    /// Sends one request and waits for its whole answer, whatever its status.
    ///
    /// Cancelling the task ends the transfer at once, wherever it is.
    ///
    /// - Throws: `CurlError`; its kind tells whether anything can have reached the server.
    public func send(_ request: HTTPRequest) async throws(CurlError) -> HTTPResponse {
        try request.validate()
        let transfer = Transfer(request, configuration)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.waits(continuation)
                loop.start(transfer)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
        return try result.get()
    }

    /// Cancels what runs, closes all connections and ends the thread; later requests fail with `.cancelled`.
    public func shutdown() async {
        loop.close()
        await loop.waitForEnd()
    }
}

extension HTTPRequest {
    /// Refuses what could not be sent as it is, or would be read by the server as something else.
    func validate() throws(CurlError) {
        let isToken = { (text: String) in
            !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
        }
        let isLine = { (text: String) in text.utf8.allSatisfy { $0 != 0 && $0 != 0x0A && $0 != 0x0D } }
        guard isToken(method) else { throw invalid("the method is not a word: \(method.debugDescription)") }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { throw invalid("the URL has blanks or controls") }
        guard isLine(connectTo ?? "") else { throw invalid("the address to connect to has line ends") }
        for (name, value) in headers where !isToken(name) || !isLine(value) {
            throw invalid("the header \(name.debugDescription) has a bad name or line ends in its value")
        }
    }

    private func invalid(_ message: String) -> CurlError { CurlError(kind: .invalidRequest, message: message) }
}
