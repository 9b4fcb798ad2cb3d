package import SLSClient

/// Lets requests start only while they may: a write while it can end before the lease does, a save while the lease holds.
///
/// The last look before the bytes go out: between a decision to write and the write the process may have been stopped
/// for longer than the lease. It may also be stopped after this look; so the request's time counts from the look on.
package struct FencedTransport: Transport {
    /// Why a request was not sent; never shown.
    private static let refusal = TransportFailure(.cancelled, "the lease leaves no time for it")

    private let transport: any Transport
    private let mayStart: @Sendable () -> Bool

    /// A transport whose requests leave only while `mayStart`.
    package init(_ transport: any Transport, mayStart: @escaping @Sendable () -> Bool) {
        self.transport = transport
        self.mayStart = mayStart
    }

    /// - Throws: `.transport` of kind `.cancelled` when the request was not sent for want of time.
    package func send(_ request: TransportRequest) async throws(ClientError) -> TransportResponse {
        // Before the look at the lease: however long the process is stopped after it, the request then has no time left.
        let deadline = ContinuousClock.now + request.timeout
        guard mayStart() else { throw .transport(Self.refusal) }
        var request = request
        request.deadline = deadline
        return try await transport.send(request)
    }
}
