internal import CEvent
import Glibc

/// Sole owner of a listening socket and of libevent's listener on it. Loop thread only, once it is started.
@safe final class Listener {
    let socket: ListeningSocket
    let isSecure: Bool
    private let loop: EventLoop
    private let accepted: (Int32, String) -> Void
    private let failed: (Int32) -> Void
    private var raw: OpaquePointer?
    private var isEnabled = true

    /// - Parameters:
    ///   - accepted: Takes over the descriptor (non-blocking, close-on-exec); gets the client's numeric address.
    ///   - failed: Gets the `errno` of a failed accept; it would come again at once unless accepting is paused.
    init(
        socket: ListeningSocket, isSecure: Bool, loop: EventLoop, accepted: @escaping (Int32, String) -> Void,
        failed: @escaping (Int32) -> Void
    ) throws(EventHTTPError) {
        self.socket = socket
        self.isSecure = isSecure
        self.loop = loop
        self.accepted = accepted
        self.failed = failed
        // Not retained: `deinit` frees libevent's listener, after which nothing calls back.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        // Backlog 0: the socket listens already, and stays ours to close.
        let raw = unsafe loop.withBase { base in
            unsafe evconnlistener_new(
                base,
                { _, descriptor, address, length, context in
                    unsafe Listener.of(context).accept(descriptor, address, socklen_t(length))
                }, context, UInt32(LEV_OPT_CLOSE_ON_EXEC), 0, socket.descriptor)
        }
        guard let raw = unsafe raw else { throw EventHTTPError(.library, "evconnlistener_new failed") }
        unsafe self.raw = raw
        unsafe evconnlistener_set_error_cb(raw) { _, context in
            let code = errno
            unsafe Listener.of(context).failed(code)
        }
    }

    deinit { stop() }

    /// Leaves new connections waiting in the kernel, or takes them again.
    func setEnabled(_ enabled: Bool) {
        guard let raw = unsafe raw, enabled != isEnabled else { return }
        isEnabled = enabled
        if enabled { unsafe evconnlistener_enable(raw) } else { unsafe evconnlistener_disable(raw) }
    }

    /// Stops listening for good.
    func stop() {
        guard let raw = unsafe raw else { return }
        unsafe evconnlistener_free(raw)
        unsafe self.raw = nil
        socket.close()
    }

    private func accept(_ descriptor: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ length: socklen_t) {
        accepted(descriptor, unsafe SocketAddress.numericHost(address, length))
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> Listener {
        guard let context = unsafe context else { preconditionFailure("a listener without its context") }
        return unsafe Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue()
    }
}
