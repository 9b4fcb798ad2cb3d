import SLSClient
import SLSConsumer
import SLSProtocol

/// Lets a shard's requests start only while they can end, by their own timeout, before its lease does.
///
/// The last look before the bytes go out: between a decision to write and the write the process may have been stopped
/// for longer than the lease.
struct FencedTransport: Transport {
    /// Why a request was not sent; never shown.
    private static let refusal = TransportFailure(.cancelled, "the lease leaves no time for a write")

    private let transport: any Transport
    private let held: HeldShard
    private let clock: ConsumerClock

    init(_ transport: any Transport, held: HeldShard, clock: ConsumerClock) {
        self.transport = transport
        self.held = held
        self.clock = clock
    }

    /// - Throws: `.transport` of kind `.cancelled` when the request was not sent for want of time.
    func send(_ request: TransportRequest) async throws(ClientError) -> TransportResponse {
        guard let barrier = held.writeBarrier, clock.now() < barrier else { throw .transport(Self.refusal) }
        return try await transport.send(request)
    }
}
