/// How long to wait before the next try of something that fails: doubling from 0.2 s to 30 s, with jitter.
///
/// Source: aliyun-log-c-sdk and loongcollector wait so; the figures are those of consumer-group.md 4.3.
public struct Backoff: Equatable, Sendable {
    private let initial: Duration
    private let maximum: Duration
    private var next: Duration

    /// A row of waits from `initial`, doubling up to `maximum`.
    public init(initial: Duration = .milliseconds(200), maximum: Duration = .seconds(30)) {
        self.initial = initial
        self.maximum = maximum
        next = initial
    }

    /// The next wait: the full step less up to a quarter of it, so that those who failed together do not retry together.
    ///
    /// - Parameter generator: Where the jitter comes from.
    public mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let step = next
        next = min(next * 2, maximum)
        return step * Double.random(in: 0.75...1, using: &generator)
    }

    /// Starts over after a success.
    public mutating func reset() { next = initial }
}
