internal import CCurl

/// Sole owner of a libcurl multi handle.
///
/// The loop thread's only, `wakeup` apart, which libcurl allows from anywhere until `close`.
// @unchecked: the loop thread's only; `TransferLoop` keeps `wakeup` and `close` apart by its lock.
@safe final class MultiHandle: @unchecked Sendable {
    private let raw: UnsafeMutableRawPointer
    private var isOpen = true

    /// libcurl wants this before any thread uses it; a global's first use is that, and happens once.
    private static let libraryState: CURLcode = curl_global_init(Int(CURL_GLOBAL_SSL | CURL_GLOBAL_WIN32))

    init(_ configuration: HTTPClient.Configuration) throws(CurlError) {
        guard Self.libraryState == CURLE_OK else { throw CurlError(TransferOutcome(code: Self.libraryState)) }
        guard let raw = unsafe curl_multi_init() else { throw CurlError(TransferOutcome(code: CURLE_OUT_OF_MEMORY)) }
        unsafe self.raw = raw
        unsafe ccurl_multi_set_long(raw, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        unsafe ccurl_multi_set_long(raw, CURLMOPT_MAX_HOST_CONNECTIONS, max(1, configuration.connectionsPerHost))
        unsafe ccurl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, max(16, configuration.connectionsPerHost * 4))
    }

    deinit { close() }

    /// Closes all connections. Every easy handle must have been removed.
    func close() {
        guard isOpen else { return }
        isOpen = false
        unsafe curl_multi_cleanup(raw)
    }

    func add(_ handle: EasyHandle) throws(CurlError) { try check(unsafe handle.add(to: raw)) }

    /// Ends the handle's transfer, if it still runs, and its connection then too.
    func remove(_ handle: EasyHandle) {
        // Fails only for a handle that is not in here.
        _ = unsafe handle.remove(from: raw)
    }

    /// Moves all transfers on as far as they go without waiting.
    func perform() throws(CurlError) {
        var running: Int32 = 0
        try check(unsafe curl_multi_perform(raw, &running))
    }

    /// The next transfer that is over, by `EasyHandle.id`, and how it ended.
    func nextFinished() -> (id: UInt, code: CURLcode)? {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(raw, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            return unsafe (UInt(bitPattern: message.pointee.easy_handle), ccurl_message_result(message))
        }
        return nil
    }

    /// Waits for sockets, for libcurl's own timers, or for `wakeup`.
    func poll(milliseconds: Int32) { unsafe curl_multi_poll(raw, nil, 0, milliseconds, nil) }

    func wakeup() { unsafe curl_multi_wakeup(raw) }

    private func check(_ code: CURLMcode) throws(CurlError) {
        guard code != CURLM_OK else { return }
        throw CurlError(
            kind: .other, code: Int(code.rawValue), message: unsafe String(cString: curl_multi_strerror(code)))
    }
}
